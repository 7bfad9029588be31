/** Adam and AdamW: steps scaled by running moments of the gradient. */
import { add, div, type Expr, input, max, mul, scalar, sub, unary } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { decay } from './decay.ts';
import type { ParametersOrGroups } from './group.ts';
import { atLeastZero, belowOne } from './hyper.ts';
import { biasCorrection, Optimizer, type ParameterState, type RateOptions, spread } from './optimizer.ts';

/** Options of Adam and AdamW. */
export interface AdamOptions extends RateOptions {
  /** How much of the first and the second moment stays at each step. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly eps?: number;
  /** Adam: weightDecay·p is added to the gradient. AdamW: p shrinks by lr·weightDecay. */
  readonly weightDecay?: number;
  /** Uses the greatest second moment so far (Reddi et al. 2018). */
  readonly amsgrad?: boolean;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

type Hyper = Required<Omit<AdamOptions, 'lr'>>;

// moments: old, g; scalars beta, 1 − beta
const firstMoment = add(mul(scalar(0), input(0)), mul(scalar(1), input(1)));
const secondMoment = add(mul(scalar(0), input(0)), mul(scalar(1), mul(input(1), input(1))));
// p, m, v, lr / (1 − β₁ᵗ), √(1 − β₂ᵗ); scalar eps
const step = mul(input(3), div(input(1), add(div(unary('sqrt', input(2)), input(4)), scalar(0))));
const moved = sub(input(0), step);
// the same with p shrunk by 1 − lr·weightDecay, input 5
const shrunkAndMoved = sub(mul(input(0), input(5)), step);
const stepSize = div(input(0), input(1));
const shrinkage = sub(1, mul(input(0), scalar(0)));
const greater: Expr = max(input(0), input(1));

abstract class Moments extends Optimizer<Hyper> {
  /** Whether weight decay shrinks the parameters instead of changing the gradient. */
  protected abstract readonly decoupled: boolean;

  /** @internal */
  protected cells({ amsgrad }: Hyper): readonly string[] {
    return amsgrad ? ['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'] : ['step', 'exp_avg', 'exp_avg_sq'];
  }

  /** @internal */
  protected update(p: Tensor, gradient: Tensor, state: ParameterState, rate: Tensor, hyper: Hyper): Tensor {
    const { betas, eps, weightDecay, maximize } = hyper;
    const [count, m, v, greatest] = [state.step!, state.exp_avg!, state.exp_avg_sq!, state.max_exp_avg_sq];
    const g = decay(gradient, p, this.decoupled ? 0 : weightDecay, maximize);
    count.assign(count.add(1));
    m.assign(m.map(firstMoment, [g], [betas[0], 1 - betas[0]]));
    v.assign(v.map(secondMoment, [g], [betas[1], 1 - betas[1]]));
    if (greatest) greatest.assign(greatest.map(greater, [v]));
    // the few numbers that all elements share are computed in float64
    const size = spread(rate.map(stepSize, [biasCorrection(count, betas[0])]), p);
    const root = spread(biasCorrection(count, betas[1], true), p);
    const inputs = [m, greatest ?? v, size, root];
    if (!this.decoupled || weightDecay === 0) return p.map(moved, inputs, [eps]);
    return p.map(shrunkAndMoved, [...inputs, spread(rate.map(shrinkage, [], [weightDecay]), p)], [eps]);
  }
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

function complete(where: string, options: Partial<Hyper>, standardDecay: number): Hyper {
  const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = standardDecay, amsgrad = false, maximize = false } = options;
  belowOne(where, 'betas[0]', betas[0]);
  belowOne(where, 'betas[1]', betas[1]);
  atLeastZero(where, 'eps', eps);
  atLeastZero(where, 'weightDecay', weightDecay);
  return { betas, eps, weightDecay, amsgrad, maximize };
}
