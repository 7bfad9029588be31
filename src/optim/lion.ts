/** Lion: steps of one size, by the sign of a momentum. */
import { input, mul, sub, unary } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { completeMoments, type MomentOptions } from './adam-options.ts';
import { shrinkage } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import type { Cells } from './lockstep.ts';
import { blend, spread } from './moment.ts';
import { type CellStart, type CommonNumbers, type ParameterState, UpdateRule, zeros } from './update-rule.ts';

/** Options of Lion; weight decay is decoupled. */
export type LionOptions = Omit<MomentOptions, 'eps'>;

type Hyper = Required<Omit<LionOptions, 'lr'>>;

const moved = sub(input(0), mul(input(2), unary('sign', input(1))));

/** p ← p·(1 − lr·weightDecay) − lr·sign(β₁·m + (1 − β₁)·gradient), then m ← β₂·m + (1 − β₂)·gradient (Chen et al. 2023). */
export class Lion extends UpdateRule<Hyper> {
  readonly type = 'Lion';

  constructor(params: ParametersOrGroups<LionOptions>, options: LionOptions = {}) {
    super(params, options, 1e-4);
  }

  /** @internal */
  protected cells(): Readonly<Record<string, CellStart>> {
    return { exp_avg: zeros };
  }

  /** @internal */
  protected override advance(_shared: Cells, { rate, fixed }: ParameterGroup<Hyper>): CommonNumbers {
    return { rate, ...(fixed.weightDecay !== 0 && { kept: shrinkage(rate, fixed.weightDecay) }) };
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<Hyper>,
    common: CommonNumbers,
  ): Tensor {
    const { betas, maximize } = group.fixed;
    const m = state.exp_avg!;
    const g = maximize ? gradient.neg() : gradient;
    const from = common.kept ? p.mul(spread(common.kept, p)) : p;
    const next = from.map(moved, [blend(m, g, group.share), spread(common.rate!, p)]);
    m.assign(blend(m, g, betas[1]));
    return next;
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { betas, weightDecay, maximize } = completeMoments('Lion', options, { betas: [0.9, 0.99] });
    return { betas, weightDecay, maximize };
  }
}
