/** NAdam: Adam with Nesterov's momentum. */
import { add, div, input, mul, pow, scalar, sub, unary } from '../core/expression.ts';
import { Tensor } from '../tensor/tensor.ts';
import { completeMoments, type MomentOptions } from './adam-options.ts';
import { decay, shrinkage } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import { atLeastZero } from './hyper.ts';
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

/** Options of NAdam. */
export interface NAdamOptions extends MomentOptions {
  /** How fast the momentum grows to betas[0]. */
  readonly momentumDecay?: number;
  /** Whether p shrinks by lr·weightDecay, apart from the gradient. */
  readonly decoupledWeightDecay?: boolean;
}

type Hyper = Required<Omit<NAdamOptions, 'lr'>>;

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
    return { exp_avg: zeros, exp_avg_sq: zeros };
  }

  /** @internal */
  protected override shared(): Cells {
    return { ...counter(), mu_product: Tensor.ones([], { dtype: 'float64' }) };
  }

  /** @internal */
  protected override advance(shared: Cells, { rate, share, fixed }: ParameterGroup<Hyper>): CommonNumbers {
    const { betas, weightDecay, momentumDecay, decoupledWeightDecay } = fixed;
    const [count, product] = [counted(shared), shared.mu_product!];
    const beta = typeof share === 'number' ? Tensor.full([], share, { dtype: 'float64' }) : share;
    const mu = count.map(momentum, [beta], [momentumDecay]);
    const next = count.map(nextMomentum, [beta], [momentumDecay]);
    product.assign(product.mul(mu));
    return {
      correction: biasCorrection(count, betas[1]),
      ofGradient: rate.map(gradientSize, [mu, product]),
      ofMoment: rate.map(momentSize, [next, product, mu]),
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
    const { correction, ofGradient, ofMoment, kept } = common;
    const [m, v] = [state.exp_avg!, state.exp_avg_sq!];
    const g = decay(gradient, p, decoupledWeightDecay ? 0 : weightDecay, maximize);
    m.assign(blend(m, g, group.share));
    v.assign(blendSquare(v, g, betas[1]));
    const below = v.map(divisor, [spread(correction!, v)], [eps]);
    const from = kept ? p.mul(spread(kept, p)) : p;
    return from.map(moved, [g, m, below, spread(ofGradient!, p), spread(ofMoment!, p)]);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { momentumDecay = 4e-3, decoupledWeightDecay = false } = options;
    atLeastZero('NAdam', 'momentumDecay', momentumDecay);
    return { ...completeMoments('NAdam', options), momentumDecay, decoupledWeightDecay };
  }
}
