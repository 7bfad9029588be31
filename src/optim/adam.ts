/** Adam and AdamW: steps scaled by running moments of the gradient. */
import { add, div, type Expr, input, max, mul, scalar, sub, unary } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { completeMoments, type MomentOptions } from './adam-options.ts';
import { decay, shrinkage } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import type { Cells } from './lockstep.ts';
import { biasCorrection, biasCorrectionRoot, blend, blendSquare, type Share, spread } from './moment.ts';
import {
  type CellStart,
  type CommonNumbers,
  counted,
  counter,
  type ParameterState,
  UpdateRule,
  zeros,
} from './update-rule.ts';

/** Options of Adam and AdamW; the weight decay of AdamW is decoupled, 0.01 if left out. */
export interface AdamOptions extends MomentOptions {
  /** Uses the greatest second moment so far (Reddi et al. 2018). */
  readonly amsgrad?: boolean;
}

type Hyper = Required<Omit<AdamOptions, 'lr'>>;

// p, m, v, lr / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ); scalar eps: one division an element
const step = mul(input(3), div(input(1), add(mul(unary('sqrt', input(2)), input(4)), scalar(0))));
const moved = sub(input(0), step);
// the same with p shrunk by 1 − lr·weightDecay, input 5
const shrunkAndMoved = sub(mul(input(0), input(5)), step);
const stepSize = div(input(0), input(1));
const greater: Expr = max(input(0), input(1));

abstract class Moments extends UpdateRule<Hyper> {
  /** Whether weight decay shrinks the parameters instead of changing the gradient. */
  protected abstract readonly decoupled: boolean;

  /** @internal */
  protected cells({ amsgrad }: Hyper): Readonly<Record<string, CellStart>> {
    const moments = { exp_avg: zeros, exp_avg_sq: zeros };
    return amsgrad ? { ...moments, max_exp_avg_sq: zeros } : moments;
  }

  /** @internal */
  protected override shared(): Cells {
    return counter();
  }

  /** @internal */
  protected override advance(shared: Cells, group: ParameterGroup<Hyper>): CommonNumbers {
    return adamNumbers(shared, group, group.fixed, group.share, this.decoupled);
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<Hyper>,
    common: CommonNumbers,
  ): Tensor {
    return adam(p, gradient, state, group.fixed, group.share, common);
  }
}

type AdamHyper = Omit<Hyper, 'amsgrad'>;

/** @internal What all elements share, computed in float64; `share` is what stays of the first moment. */
export function adamNumbers(
  shared: Cells,
  { rate }: Pick<ParameterGroup, 'rate'>,
  { betas, weightDecay }: AdamHyper,
  share: Share,
  decoupled: boolean,
): CommonNumbers {
  const count = counted(shared);
  return {
    size: rate.map(stepSize, [biasCorrection(count, share)]),
    root: biasCorrectionRoot(count, betas[1]),
    ...(decoupled && weightDecay !== 0 && { kept: shrinkage(rate, weightDecay) }),
  };
}

/** @internal The new number of a parameter: decoupled decay if there is a number for it, else that of the gradient. */
export function adam(
  p: Tensor,
  gradient: Tensor,
  state: ParameterState,
  { betas, eps, weightDecay, maximize }: AdamHyper,
  share: Share,
  { size, root, kept }: CommonNumbers,
): Tensor {
  const [m, v, greatest] = [state.exp_avg!, state.exp_avg_sq!, state.max_exp_avg_sq];
  const g = decay(gradient, p, kept ? 0 : weightDecay, maximize);
  m.assign(blend(m, g, share));
  v.assign(blendSquare(v, g, betas[1]));
  if (greatest) greatest.assign(greatest.map(greater, [v]));
  const inputs = [m, greatest ?? v, spread(size!, p), spread(root!, p)];
  return kept ? p.map(shrunkAndMoved, [...inputs, spread(kept, p)], [eps]) : p.map(moved, inputs, [eps]);
}

/**
 * p ← p − lr·m̂ / (√v̂ + eps), m and v being running means of the gradient and of its square (Kingma and Ba 2015).
 * @example const optimizer = new optim.Adam(net.parameters(), { lr: 3e-4 });
 */
export class Adam extends Moments {
  readonly type = 'Adam';
  /** @internal */
  protected readonly decoupled = false;

  constructor(params: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(params, options, 1e-3);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    return complete('Adam', options, 0);
  }
}

/** Adam whose weight decay shrinks the parameters by themselves, apart from the moments (Loshchilov and Hutter 2019). */
export class AdamW extends Moments {
  readonly type = 'AdamW';
  /** @internal */
  protected readonly decoupled = true;

  constructor(params: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(params, options, 1e-3);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    return complete('AdamW', options, 0.01);
  }
}

function complete(where: string, options: Partial<Hyper>, weightDecay: number): Hyper {
  return { ...completeMoments(where, options, { weightDecay }), amsgrad: options.amsgrad ?? false };
}
