/** LAMB: Adam whose step for each parameter is as long as the parameter, for very large batches. */
import { add, and, div, input, lt, mul, scalar, sub, unary, where } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { completeMoments, type MomentHyper, type MomentOptions } from './adam-options.ts';
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

/** Options of LAMB; weight decay is part of the step. */
export type LAMBOptions = MomentOptions;

// m, v, p, bias corrections; scalars eps, weightDecay
const adaptive = add(
  div(div(input(0), input(3)), add(unary('sqrt', div(input(1), input(4))), scalar(0))),
  mul(scalar(1), input(2)),
);
/** lr·‖p‖ / ‖step‖, or lr where one of both is 0. */
const trusted = where(and(lt(0, input(1)), lt(0, input(2))), mul(input(0), div(input(1), input(2))), input(0));
const moved = sub(input(0), mul(input(2), input(1)));

/** p ← p − lr·‖p‖/‖r‖·r with r = m̂ / (√v̂ + eps) + weightDecay·p, norms being of the whole parameter (You et al. 2020). */
export class LAMB extends UpdateRule<MomentHyper> {
  readonly type = 'LAMB';

  constructor(params: ParametersOrGroups<LAMBOptions>, options: LAMBOptions = {}) {
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
  protected override advance(shared: Cells, { share, fixed }: ParameterGroup<MomentHyper>): CommonNumbers {
    const count = counted(shared);
    return { first: biasCorrection(count, share), second: biasCorrection(count, fixed.betas[1]) };
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
    const [m, v] = [state.exp_avg!, state.exp_avg_sq!];
    const g = maximize ? gradient.neg() : gradient;
    m.assign(blend(m, g, group.share));
    v.assign(blendSquare(v, g, betas[1]));
    const corrections = [spread(common.first!, p), spread(common.second!, p)];
    const step = m.map(adaptive, [v, p, ...corrections], [eps, weightDecay]);
    const size = group.rate.map(trusted, [norm(p), norm(step)]);
    return p.map(moved, [step, spread(size, p)]);
  }

  /** @internal */
  protected complete(options: Partial<MomentHyper>): MomentHyper {
    return completeMoments('LAMB', options, { eps: 1e-6 });
  }
}

function norm(x: Tensor): Tensor {
  return x.square().sum().float64().sqrt();
}
