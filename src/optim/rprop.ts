/** Rprop: steps by the signs of gradients alone, for gradients of all data at once. */
import { ArgumentError } from '../core/errors.ts';
import { input, lt, max, min, mul, scalar, sub, unary, where } from '../core/expression.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import { spread } from './moment.ts';
import { type CellStart, type ParameterState, type RateOptions, UpdateRule, zeros } from './update-rule.ts';

/** Options of Rprop. Its `lr` is the size of each parameter's first step. */
export interface RpropOptions extends RateOptions {
  /** What a step is multiplied by where the gradient's sign has changed, and where it has not. */
  readonly etas?: readonly [number, number];
  /** The least and the greatest step. */
  readonly stepSizes?: readonly [number, number];
  /** Goes uphill. */
  readonly maximize?: boolean;
}

type Hyper = Required<Omit<RpropOptions, 'lr'>>;

const firstStep: CellStart = (p, { rate }) => Tensor.zerosLike(p).add(spread(rate, p));

const turn = mul(input(1), input(2));
// step, g, g before; scalars: both factors, both bounds
const factor = where(lt(turn, 0), scalar(0), where(lt(0, turn), scalar(1), 1));
const resized = min(max(mul(input(0), factor), scalar(2)), scalar(3));
/** Where the sign has changed nothing moves, and the next step counts as without a change. g, g before. */
const held = where(lt(mul(input(0), input(1)), 0), 0, input(0));
const moved = sub(input(0), mul(unary('sign', input(1)), input(2)));

/** Resilient backpropagation: each element has a step of its own, which grows until the sign turns (Riedmiller and Braun 1993). */
export class Rprop extends UpdateRule<Hyper> {
  readonly type = 'Rprop';

  constructor(params: ParametersOrGroups<RpropOptions>, options: RpropOptions = {}) {
    super(params, options, 1e-2);
  }

  /** @internal */
  protected cells(): Readonly<Record<string, CellStart>> {
    return { prev: zeros, step_size: firstStep };
  }

  /** @internal */
  protected update(p: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup<Hyper>): Tensor {
    const { etas, stepSizes, maximize } = group.fixed;
    const [before, size] = [state.prev!, state.step_size!];
    const g = maximize ? gradient.neg() : gradient;
    size.assign(size.map(resized, [g, before], [...etas, ...stepSizes]));
    before.assign(g.map(held, [before]));
    return p.map(moved, [before, size]);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { etas = [0.5, 1.2], stepSizes = [1e-6, 50], maximize = false } = options;
    if (!(etas[0] > 0 && etas[0] < 1 && etas[1] > 1 && etas[1] < Infinity)) {
      throw new ArgumentError(`Rprop: etas must be a factor below 1 and one above; got ${etas.join(', ')}`);
    }
    if (!(stepSizes[0] >= 0 && stepSizes[0] <= stepSizes[1])) {
      throw new ArgumentError(`Rprop: stepSizes must be the least and the greatest step; got ${stepSizes.join(', ')}`);
    }
    return { etas, stepSizes, maximize };
  }
}
