/** NAdam: Adam with Nesterov's momentum. */
import { add, div, input, mul, pow, scalar, sub, unary } from '../core/expression.ts';
import { Tensor } from '../tensor/tensor.ts';
import { completeMoments, type MomentOptions } from './adam-options.ts';
import { decay, shrinkage } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import { atLeastZero } from './hyper.ts';
import { biasCorrection, blend, blendSquare, spread } from './moment.ts';
import { type CellStart, counter, type ParameterState, UpdateRule, zeros } from './update-rule.ts';

/** Options of NAdam. */
export interface NAdamOptions extends MomentOptions {
  /** How fast the momentum grows to betas[0]. */
  readonly momentumDecay?: number;
  /** Whether p shrinks by lr·weightDecay, apart from the gradient. */
  readonly decoupledWeightDecay?: boolean;
}

type Hyper = Required<Omit<NAdamOptions, 'lr'>>;

const one: CellStart = () => Tensor.ones([], { dtype: 'float64' });

// t, β₁; scalar momentumDecay
const momentum = mul(input(1), sub(1, mul(0.5, pow(0.96, mul(input(0), scalar(0))))));
const nextMomentum = mul(input(1), sub(1, mul(0.5, pow(0.96, mul(add(input(0), 1), scalar(0))))));
// lr, μ, Π μ
const gradientSize = div(mul(input(0), sub(1, input(1))), sub(1, input(2)));
// lr, next μ, Π μ, μ, which PyTorch 1.13 counts twice here
const momentSize = div(mul(input(0), input(1)), sub(1, mul(mul(input(2), input(3)), input(1))));
// v, its bias correction; scalar eps
const divisor = add(unary('sqrt', div(input(0), input(1))), scalar(0));
// p, g, m, divisor, and the sizes of both
const moved = sub(sub(input(0), mul(input(4), div(input(1), input(3)))), mul(input(5), div(input(2), input(3))));

/** Adam that looks ahead along its momentum μₜ = β₁·(1 − ½·0.96^(t·momentumDecay)) (Dozat 2016). */
export class NAdam extends UpdateRule<Hyper> {
  readonly type = 'NAdam';

  constructor(params: ParametersOrGroups<NAdamOptions>, options: NAdamOptions = {}) {
    super(params, options, 2e-3);
  }

  /** @internal */
  protected cells(): Readonly<Record<string, CellStart>> {
    return { step: counter, exp_avg: zeros, exp_avg_sq: zeros, mu_product: one };
  }

  /** @internal */
  protected update(p: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup<Hyper>): Tensor {
    const { rate, share, hyper } = group;
    const { betas, eps, weightDecay, momentumDecay, decoupledWeightDecay, maximize } = hyper;
    const [count, m, v, product] = [state.step!, state.exp_avg!, state.exp_avg_sq!, state.mu_product!];
    const g = decay(gradient, p, decoupledWeightDecay ? 0 : weightDecay, maximize);
    count.assign(count.add(1));
    const beta = typeof share === 'number' ? Tensor.full([], share, { dtype: 'float64' }) : share;
    const mu = count.map(momentum, [beta], [momentumDecay]);
    const next = count.map(nextMomentum, [beta], [momentumDecay]);
    product.assign(product.mul(mu));
    m.assign(blend(m, g, share));
    v.assign(blendSquare(v, g, betas[1]));
    const below = v.map(divisor, [spread(biasCorrection(count, betas[1]), v)], [eps]);
    const sizes = [rate.map(gradientSize, [mu, product]), rate.map(momentSize, [next, product, mu])];
    const from = decoupledWeightDecay ? p.mul(shrinkage(p, rate, weightDecay)) : p;
    return from.map(moved, [g, m, below, ...sizes.map((size) => spread(size, p))]);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { momentumDecay = 4e-3, decoupledWeightDecay = false } = options;
    atLeastZero('NAdam', 'momentumDecay', momentumDecay);
    return { ...completeMoments('NAdam', options), momentumDecay, decoupledWeightDecay };
  }
}
