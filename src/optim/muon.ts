/** Muon: matrices move by an orthogonal matrix close to their momentum; all else by AdamW. */
import { ArgumentError } from '../core/errors.ts';
import { input, mul, sub } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { adam, adamNumbers } from './adam.ts';
import { completeMoments, type MomentHyper, type MomentOptions } from './adam-options.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import { belowOne } from './hyper.ts';
import type { Cells } from './lockstep.ts';
import { blend, spread } from './moment.ts';
import { type CellStart, type CommonNumbers, counter, type ParameterState, UpdateRule, zeros } from './update-rule.ts';

/** Options of Muon. `betas` and `eps` are AdamW's; weight decay is decoupled for all. */
export interface MuonOptions extends MomentOptions {
  readonly momentum?: number;
  /** Looks ahead along the momentum. */
  readonly nesterov?: boolean;
  /** How many Newton–Schulz steps make the momentum orthogonal. */
  readonly newtonSchulzSteps?: number;
  /** Steps as large as AdamW's, 0.2·√max(rows, columns), so that one rate suits all; else √max(1, rows / columns). */
  readonly matchAdamW?: boolean;
  /** Whether AdamW updates this group's matrices too, as is good for embeddings and the last layer. */
  readonly adamW?: boolean;
}

type Hyper = Required<Omit<MuonOptions, 'lr'>>;

const moved = sub(input(0), mul(input(2), input(1)));

/**
 * Orthogonalised momentum for weights of two dims or more, the first against the rest (Jordan et al. 2024); AdamW for
 * vectors, numbers and the groups that ask for it.
 * @example
 * new optim.Muon([
 *   { params: body.parameters() }, // matrices by Muon, biases by AdamW
 *   { params: [...embedding.parameters(), ...head.parameters()], adamW: true, lr: 3e-4 },
 * ], { lr: 1e-3 });
 */
export class Muon extends UpdateRule<Hyper> {
  readonly type = 'Muon';

  constructor(params: ParametersOrGroups<MuonOptions>, options: MuonOptions = {}) {
    super(params, options, 1e-3);
  }

  /** @internal */
  protected cells({ adamW }: Hyper, p: Tensor): Readonly<Record<string, CellStart>> {
    return adamW || p.rank < 2 ? { exp_avg: zeros, exp_avg_sq: zeros } : { momentum_buffer: zeros };
  }

  /** @internal */
  protected override shared(): Cells {
    return counter();
  }

  /** @internal */
  protected override advance(shared: Cells, group: ParameterGroup<Hyper>): CommonNumbers {
    const { fixed } = group;
    return adamNumbers(shared, group, fixed, fixed.betas[0], true);
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<Hyper>,
    common: CommonNumbers,
  ): Tensor {
    const { share, fixed } = group;
    const velocity = state.momentum_buffer;
    if (!velocity) return adam(p, gradient, state, fixed, fixed.betas[0], common);
    const g = fixed.maximize ? gradient.neg() : gradient;
    velocity.assign(blend(velocity, g, share));
    const direction = fixed.nesterov ? blend(velocity, g, share) : velocity;
    const [rows, columns] = [p.shape[0]!, p.size / p.shape[0]!];
    const step = orthogonal(direction.reshape([rows, columns]), fixed.newtonSchulzSteps).reshape(p.shape);
    const scale = fixed.matchAdamW ? 0.2 * Math.sqrt(Math.max(rows, columns)) : Math.sqrt(Math.max(1, rows / columns));
    const from = common.kept ? p.mul(spread(common.kept, p)) : p;
    return from.map(moved, [step, spread(group.rate.mul(scale), p)]);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { momentum = 0.95, nesterov = true, newtonSchulzSteps = 5, matchAdamW = true, adamW = false } = options;
    belowOne('Muon', 'momentum', momentum);
    if (!Number.isInteger(newtonSchulzSteps) || newtonSchulzSteps < 1) {
      throw new ArgumentError(`Muon: newtonSchulzSteps must be a whole number of at least 1; got ${newtonSchulzSteps}`);
    }
    const moments: MomentHyper = completeMoments('Muon', options, { weightDecay: 0.1 });
    return { ...moments, momentum, nesterov, newtonSchulzSteps, matchAdamW, adamW };
  }
}

const [a, b, c] = [3.4445, -4.775, 2.0315];

/** A matrix with the singular vectors of x and singular values near 1, by the steps X ← a·X + (b·A + c·A²)·X, A = X·Xᵀ. */
function orthogonal(x: Tensor, steps: number): Tensor {
  const tall = x.shape[0]! > x.shape[1]!;
  let X = tall ? x.transpose(0, 1) : x;
  X = X.div(X.square().sum().sqrt().clamp(1e-7, Infinity));
  for (let i = 0; i < steps; i++) {
    const A = X.matmul(X.transpose(0, 1));
    X = X.mul(a).add(A.mul(b).add(A.matmul(A).mul(c)).matmul(X));
  }
  return tall ? X.transpose(0, 1) : X;
}
