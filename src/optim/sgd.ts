/** Stochastic gradient descent, plain or with momentum. */
import { ArgumentError } from '../core/errors.ts';
import { eq, input, mul, scalar, sub, where } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { decay } from './decay.ts';
import type { ParameterGroup, ParametersOrGroups } from './group.ts';
import { atLeastZero } from './hyper.ts';
import type { Cells } from './lockstep.ts';
import { gather, spread } from './moment.ts';
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

/** Options of SGD. */
export interface SGDOptions extends RateOptions {
  readonly momentum?: number;
  /** How much of a new gradient is held back from the momentum. */
  readonly dampening?: number;
  /** weightDecay·p is added to the gradient. */
  readonly weightDecay?: number;
  /** Looks ahead along the momentum; needs momentum and no dampening. */
  readonly nesterov?: boolean;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

type Hyper = Required<Omit<SGDOptions, 'lr'>>;

// p, g or momentum, lr
const plain = sub(input(0), mul(input(2), input(1)));
/** With dampening the first gradient counts in full, later ones by a share. */
const shareAt = where(eq(input(0), 1), 1, scalar(0));

/**
 * p ← p − lr·v with v ← momentum·v + (1 − dampening)·gradient (Sutskever et al. 2013, in PyTorch's form).
 * @example const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends UpdateRule<Hyper> {
  readonly type = 'SGD';

  constructor(params: ParametersOrGroups<SGDOptions>, options: SGDOptions = {}) {
    super(params, options, 1e-3);
  }

  /** @internal */
  protected cells({ momentum }: Hyper): Readonly<Record<string, CellStart>> {
    return momentum === 0 ? {} : { momentum_buffer: zeros };
  }

  /** @internal */
  protected override shared({ momentum, dampening }: Hyper): Cells {
    return momentum === 0 || dampening === 0 ? {} : counter();
  }

  /** @internal */
  protected override advance(shared: Cells, { rate, fixed }: ParameterGroup<Hyper>): CommonNumbers {
    return { rate, ...(shared.step && { taken: counted(shared).map(shareAt, [], [1 - fixed.dampening]) }) };
  }

  /** @internal */
  protected update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<Hyper>,
    common: CommonNumbers,
  ): Tensor {
    const { nesterov, weightDecay, maximize } = group.fixed;
    const g = decay(gradient, p, weightDecay, maximize);
    const lr = spread(common.rate!, p);
    const velocity = state.momentum_buffer;
    if (!velocity) return p.map(plain, [g, lr]);
    velocity.assign(gather(velocity, common.taken ? g.mul(spread(common.taken, p)) : g, group.share));
    return p.map(plain, [nesterov ? gather(velocity, g, group.share) : velocity, lr]);
  }

  /** @internal */
  protected complete(options: Partial<Hyper>): Hyper {
    const { momentum = 0, dampening = 0, weightDecay = 0, nesterov = false, maximize = false } = options;
    atLeastZero('SGD', 'momentum', momentum);
    atLeastZero('SGD', 'weightDecay', weightDecay);
    if (!Number.isFinite(dampening)) throw new ArgumentError(`SGD: dampening must be a number; got ${dampening}`);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        `SGD: nesterov needs momentum above 0 and no dampening; got momentum ${momentum} and dampening ${dampening}`,
      );
    }
    return { momentum, dampening, weightDecay, nesterov, maximize };
  }
}
