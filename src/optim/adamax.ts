/** Adamax: Adam by the greatest recent gradient instead of the mean square. */
import { add, div, input, max, mul, scalar, sub, unary } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { completeMoments, type MomentHyper, type MomentOptions } from './adam-options.ts';
import { decay } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import type { Cells } from './lockstep.ts';
import { biasCorrection, blend, spread } from './moment.ts';
import {
  type CellStart,
  type CommonNumbers,
  counted,
  counter,
  type ParameterState,
  UpdateRule,
  zeros,
} from './update-rule.ts';

/** Options of Adamax. */
export type AdamaxOptions = MomentOptions;

// old, g; scalars beta, eps
const greatest = max(mul(scalar(0), input(0)), add(unary('abs', input(1)), scalar(1)));
const stepSize = div(input(0), input(1));
const moved = sub(input(0), mul(input(3), div(input(1), input(2))));

/** p ← p − lr·m̂ / u, u being the greatest of β₂·u and |gradient| + eps (Kingma and Ba 2015, section 7.1). */
export class Adamax extends UpdateRule<MomentHyper> {
  readonly type = 'Adamax';

  constructor(params: ParametersOrGroups<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(params, options, 2e-3);
  }

  /** @internal */
  protected cells(): Readonly<Record<string, CellStart>> {
    return { exp_avg: zeros, exp_inf: zeros };
  }

  /** @internal */
  protected override shared(): Cells {
    return counter();
  }

  /** @internal */
  protected override advance(shared: Cells, { rate, share }: ParameterGroup<MomentHyper>): CommonNumbers {
    return { size: rate.map(stepSize, [biasCorrection(counted(shared), share)]) };
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<MomentHyper>,
    common: CommonNumbers,
  ): Tensor {
    const { betas, eps, weightDecay, maximize } = group.fixed;
    const [m, u] = [state.exp_avg!, state.exp_inf!];
    const g = decay(gradient, p, weightDecay, maximize);
    m.assign(blend(m, g, group.share));
    u.assign(u.map(greatest, [g], [betas[1], eps]));
    return p.map(moved, [m, u, spread(common.size!, p)]);
  }

  /** @internal */
  protected complete(options: Partial<MomentHyper>): MomentHyper {
    return completeMoments('Adamax', options);
  }
}
