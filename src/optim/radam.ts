/** RAdam: Adam that steps by momentum alone until its second moment can be trusted. */
import { add, div, input, lt, mul, pow, scalar, sub, unary, where } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { completeMoments, type MomentOptions } from './adam-options.ts';
import { decay, shrinkage } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import type { Cells } from './lockstep.ts';
import { biasCorrection, blend, blendSquare, spread } from './moment.ts';
import {
  type CellStart,
  type CommonNumbers,
  counted,
  counter,
  type ParameterState,
  UpdateRule,
  zeros,
} from './update-rule.ts';

/** Options of RAdam. */
export interface RAdamOptions extends MomentOptions {
  /** Whether p shrinks by lr·weightDecay, apart from the gradient. */
  readonly decoupledWeightDecay?: boolean;
}

type Hyper = Required<Omit<RAdamOptions, 'lr'>>;

/** How many gradients the second moment is worth after t steps: ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ). t; scalars β₂, ρ∞. */
const power = pow(scalar(0), input(0));
const worth = sub(scalar(1), div(mul(mul(2, input(0)), power), sub(1, power)));
/** √(1 − β₂ᵗ) times the rectification where it is worth more than 5, else 0. */
const rectified = where(
  lt(5, worth),
  unary(
    'sqrt',
    mul(
      sub(1, power),
      div(mul(mul(sub(worth, 4), sub(worth, 2)), scalar(1)), mul(mul(sub(scalar(1), 4), sub(scalar(1), 2)), worth)),
    ),
  ),
  0,
);
const stepSize = div(input(0), input(1));
// p, m, v, step size, rectification; scalar eps
const moved = sub(
  input(0),
  where(
    lt(0, input(4)),
    mul(mul(input(3), input(4)), div(input(1), add(unary('sqrt', input(2)), scalar(0)))),
    mul(input(3), input(1)),
  ),
);

/** Adam whose adaptive steps are rectified for the variance of a young second moment (Liu et al. 2020). */
export class RAdam extends UpdateRule<Hyper> {
  readonly type = 'RAdam';

  constructor(params: ParametersOrGroups<RAdamOptions>, options: RAdamOptions = {}) {
    super(params, options, 1e-3);
  }

  /** @internal */
  protected cells(): Readonly<Record<string, CellStart>> {
    return { exp_avg: zeros, exp_avg_sq: zeros };
  }

  /** @internal */
  protected override shared(): Cells {
    return counter();
  }

  /** @internal */
  protected override advance(shared: Cells, { rate, share, fixed }: ParameterGroup<Hyper>): CommonNumbers {
    const { betas, weightDecay, decoupledWeightDecay } = fixed;
    const count = counted(shared);
    return {
      size: rate.map(stepSize, [biasCorrection(count, share)]),
      rectification: count.map(rectified, [], [betas[1], 2 / (1 - betas[1]) - 1]),
      ...(decoupledWeightDecay && { kept: shrinkage(rate, weightDecay) }),
    };
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<Hyper>,
    common: CommonNumbers,
  ): Tensor {
    const { betas, eps, weightDecay, decoupledWeightDecay, maximize } = group.fixed;
    const { size, rectification, kept } = common;
    const [m, v] = [state.exp_avg!, state.exp_avg_sq!];
    const g = decay(gradient, p, decoupledWeightDecay ? 0 : weightDecay, maximize);
    m.assign(blend(m, g, group.share));
    v.assign(blendSquare(v, g, betas[1]));
    const from = kept ? p.mul(spread(kept, p)) : p;
    return from.map(moved, [m, v, spread(size!, p), spread(rectification!, p)], [eps]);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { decoupledWeightDecay = false } = options;
    return { ...completeMoments('RAdam', options), decoupledWeightDecay };
  }
}
