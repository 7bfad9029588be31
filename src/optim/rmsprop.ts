/** RMSprop: steps scaled by a running mean of the squared gradient. */
import { add, div, input, mul, scalar, sub, unary } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { decay } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import { atLeastZero } from './hyper.ts';
import type { Cells } from './lockstep.ts';
import { blend, blendSquare, gather, spread } from './moment.ts';
import {
  type CellStart,
  type CommonNumbers,
  type ParameterState,
  type RateOptions,
  UpdateRule,
  zeros,
} from './update-rule.ts';

/** Options of RMSprop. */
export interface RMSpropOptions extends RateOptions {
  /** How much of the running means stays at each step. */
  readonly alpha?: number;
  /** Added to the root. */
  readonly eps?: number;
  /** weightDecay·p is added to the gradient. */
  readonly weightDecay?: number;
  readonly momentum?: number;
  /** Divides by the deviation from the running mean instead of by the root of the mean square. */
  readonly centered?: boolean;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

type Hyper = Required<Omit<RMSpropOptions, 'lr'>>;

// g, v and, centered, the mean; scalar eps
const scaled = div(input(0), add(unary('sqrt', input(1)), scalar(0)));
const scaledCentered = div(input(0), add(unary('sqrt', sub(input(1), mul(input(2), input(2)))), scalar(0)));
const moved = sub(input(0), mul(input(2), input(1)));

/** p ← p − lr·gradient / (√v + eps), v being a running mean of the squared gradient (Tieleman and Hinton 2012). */
export class RMSprop extends UpdateRule<Hyper> {
  readonly type = 'RMSprop';

  constructor(params: ParametersOrGroups<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(params, options, 1e-2);
  }

  /** @internal */
  protected cells({ momentum, centered }: Hyper): Readonly<Record<string, CellStart>> {
    return {
      square_avg: zeros,
      ...(centered && { grad_avg: zeros }),
      ...(momentum > 0 && { momentum_buffer: zeros }),
    };
  }

  /** @internal */
  protected override advance(_shared: Cells, { rate }: ParameterGroup<Hyper>): CommonNumbers {
    return { rate };
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<Hyper>,
    common: CommonNumbers,
  ): Tensor {
    const { alpha, eps, weightDecay, maximize } = group.fixed;
    const [v, mean, velocity] = [state.square_avg!, state.grad_avg, state.momentum_buffer];
    const g = decay(gradient, p, weightDecay, maximize);
    v.assign(blendSquare(v, g, alpha));
    if (mean) mean.assign(blend(mean, g, alpha));
    let step = mean ? g.map(scaledCentered, [v, mean], [eps]) : g.map(scaled, [v], [eps]);
    if (velocity) step = velocity.assign(gather(velocity, step, group.share));
    return p.map(moved, [step, spread(common.rate!, p)]);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false, maximize = false } = options;
    atLeastZero('RMSprop', 'alpha', alpha);
    atLeastZero('RMSprop', 'eps', eps);
    atLeastZero('RMSprop', 'weightDecay', weightDecay);
    atLeastZero('RMSprop', 'momentum', momentum);
    return { alpha, eps, weightDecay, momentum, centered, maximize };
  }
}
