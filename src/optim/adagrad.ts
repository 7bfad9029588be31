/** Adagrad and Adadelta: steps scaled by all squared gradients so far, or by running means of them. */
import { ArgumentError } from '../core/errors.ts';
import { add, div, input, mul, scalar, sub, unary } from '../core/expression.ts';
import { Tensor } from '../tensor/tensor.ts';
import { decay } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import { atLeastZero } from './hyper.ts';
import type { Cells } from './lockstep.ts';
import { blendSquare, spread } from './moment.ts';
import {
  type CellStart,
  type CommonNumbers,
  counted,
  counter,
  type ParameterState,
  type RateOptions,
  UpdateRule,
  zeros,
} from './update-rule.ts';

/** Options of Adagrad. */
export interface AdagradOptions extends RateOptions {
  /** The rate of step t is lr / (1 + (t − 1)·lrDecay). */
  readonly lrDecay?: number;
  /** weightDecay·p is added to the gradient. */
  readonly weightDecay?: number;
  /** What the sum of squares starts at. */
  readonly initialAccumulatorValue?: number;
  /** Added to the root. */
  readonly eps?: number;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

type AdagradHyper = Required<Omit<AdagradOptions, 'lr'>>;

const summed = add(input(0), mul(input(1), input(1)));
// lr, t; scalar lrDecay
const decayedRate = div(input(0), add(1, mul(sub(input(1), 1), scalar(0))));
// p, g, sum, rate; scalar eps
const scaled = sub(input(0), mul(input(3), div(input(1), add(unary('sqrt', input(2)), scalar(0)))));

/** p ← p − lr·gradient / (√s + eps), s being the sum of all squared gradients (Duchi et al. 2011). */
export class Adagrad extends UpdateRule<AdagradHyper> {
  readonly type = 'Adagrad';

  constructor(params: ParametersOrGroups<AdagradOptions>, options: AdagradOptions = {}) {
    super(params, options, 1e-2);
  }

  /** @internal */
  protected cells({ initialAccumulatorValue }: AdagradHyper): Readonly<Record<string, CellStart>> {
    return { sum: (p) => Tensor.fullLike(p, initialAccumulatorValue) };
  }

  /** @internal */
  protected override shared(): Cells {
    return counter();
  }

  /** @internal */
  protected override advance(shared: Cells, { rate, fixed }: ParameterGroup<AdagradHyper>): CommonNumbers {
    return { rate: rate.map(decayedRate, [counted(shared)], [fixed.lrDecay]) };
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<AdagradHyper>,
    common: CommonNumbers,
  ): Tensor {
    const { weightDecay, eps, maximize } = group.fixed;
    const sum = state.sum!;
    const g = decay(gradient, p, weightDecay, maximize);
    sum.assign(sum.map(summed, [g]));
    return p.map(scaled, [g, sum, spread(common.rate!, p)], [eps]);
  }

  /** @internal */
  protected complete(options: Partial<AdagradHyper>): AdagradHyper {
    const { lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, eps = 1e-10, maximize = false } = options;
    atLeastZero('Adagrad', 'lrDecay', lrDecay);
    atLeastZero('Adagrad', 'weightDecay', weightDecay);
    atLeastZero('Adagrad', 'initialAccumulatorValue', initialAccumulatorValue);
    atLeastZero('Adagrad', 'eps', eps);
    return { lrDecay, weightDecay, initialAccumulatorValue, eps, maximize };
  }
}

/** Options of Adadelta. */
export interface AdadeltaOptions extends RateOptions {
  /** How much of the running means stays at each step. */
  readonly rho?: number;
  /** Added under both roots. */
  readonly eps?: number;
  /** weightDecay·p is added to the gradient. */
  readonly weightDecay?: number;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

type AdadeltaHyper = Required<Omit<AdadeltaOptions, 'lr'>>;

// g, mean of squared steps, mean of squared gradients; scalar eps
const delta = mul(div(unary('sqrt', add(input(1), scalar(0))), unary('sqrt', add(input(2), scalar(0)))), input(0));
const moved = sub(input(0), mul(input(2), input(1)));

/** p ← p − lr·gradient·√(u + eps) / √(v + eps): v and u are running means of squared gradients and steps (Zeiler 2012). */
export class Adadelta extends UpdateRule<AdadeltaHyper> {
  readonly type = 'Adadelta';

  constructor(params: ParametersOrGroups<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(params, options, 1);
  }

  /** @internal */
  protected cells(): Readonly<Record<string, CellStart>> {
    return { square_avg: zeros, acc_delta: zeros };
  }

  /** @internal */
  protected override advance(_shared: Cells, { rate }: ParameterGroup<AdadeltaHyper>): CommonNumbers {
    return { rate };
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<AdadeltaHyper>,
    common: CommonNumbers,
  ): Tensor {
    const { rho, eps, weightDecay, maximize } = group.fixed;
    const [v, u] = [state.square_avg!, state.acc_delta!];
    const g = decay(gradient, p, weightDecay, maximize);
    v.assign(blendSquare(v, g, rho));
    const step = g.map(delta, [u, v], [eps]);
    u.assign(blendSquare(u, step, rho));
    return p.map(moved, [step, spread(common.rate!, p)]);
  }

  /** @internal */
  protected complete(options: Partial<AdadeltaHyper>): AdadeltaHyper {
    const { rho = 0.9, eps = 1e-6, weightDecay = 0, maximize = false } = options;
    if (!(rho >= 0 && rho <= 1)) throw new ArgumentError(`Adadelta: rho must be from 0 to 1; got ${rho}`);
    atLeastZero('Adadelta', 'eps', eps);
    atLeastZero('Adadelta', 'weightDecay', weightDecay);
    return { rho, eps, weightDecay, maximize };
  }
}
