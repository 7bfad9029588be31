/** Averages of a module's weights over the steps of its training, to evaluate or to serve with. */

import { isFloat } from '../core/dtype.ts';
import { ArgumentError, StateError } from '../core/errors.ts';
import { add, div, eq, input, min, mul, scalar, sub, where } from '../core/expression.ts';
import { depending, reversible } from '../core/guard.ts';
import { checkOptions } from '../core/options.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { follow } from '../tensor/follower.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import { outside } from '../tensor/value.ts';
import { belowOne } from './hyper.ts';
import { spread } from './moment.ts';

/** What has weights to average: a module, built by the first update. */
export interface Averaged {
  namedParameters(): readonly (readonly [name: string, parameter: Tensor])[];
  namedBuffers(): readonly (readonly [name: string, buffer: Tensor])[];
}

/** Options of EMA and SWA. */
export interface AverageOptions {
  /** Whether float buffers, such as running statistics, are averaged with the parameters; else they stay the module's; default false. */
  readonly buffers?: boolean;
}

/** All that an average knows. */
export interface AverageState {
  /** The class. */
  readonly type: string;
  /** How many updates there were. */
  readonly updates: number;
  /** The averages by the names of the module's parameters and buffers. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

// average, weight now, how far the average goes towards it, whether this is the first update
const nearer = where(input(3), input(1), add(input(0), mul(input(2), sub(input(1), input(0)))));
const begins = eq(input(0), 0);

/** Averages of weights: `update` after each step, then `using` to compute with them. */
export abstract class WeightAverage {
  /** The name of the average in saved states. */
  abstract readonly type: string;
  private readonly source: Averaged;
  private readonly buffers: boolean;
  private readonly count: Tensor = Tensor.zeros([], { dtype: 'float64' });
  private readonly means = new Map<Tensor, Tensor>();
  /** What the module had before `apply`. */
  private replaced: readonly (readonly [cell: Tensor, value: Tensor])[] | undefined;

  protected constructor(type: string, source: Averaged, { buffers = false }: AverageOptions) {
    if (typeof source?.namedParameters !== 'function') {
      throw new ArgumentError(
        `${type}: averages the weights of a module; got ${source === null ? 'null' : typeof source}`,
      );
    }
    this.source = source;
    this.buffers = buffers;
  }

  /** @internal How far the averages go towards the weights of now, given how many updates there were. */
  protected abstract share(updates: Tensor): Tensor;

  /** How many updates there were. */
  get updates(): number {
    return this.count.item();
  }

  /** Whether the module has the averages now. */
  get isApplied(): boolean {
    return this.replaced !== undefined;
  }

  private get cells(): (readonly [name: string, cell: Tensor])[] {
    const buffers = this.buffers ? this.source.namedBuffers().filter(([, cell]) => isFloat(cell.dtype)) : [];
    return [...this.source.namedParameters(), ...buffers];
  }

  /** Takes in the weights of now; the first ones are the average by themselves. */
  update(): void {
    this.requireOwn('update');
    noGrad(() => {
      const share = this.share(this.count);
      const first = this.count.map(begins);
      for (const [, cell] of this.cells) {
        const mean = this.meanOf(cell);
        mean.assign(mean.map(nearer, [cell.detach(), spread(share, mean), spread(first, mean)]));
      }
      this.count.assign(this.count.add(1));
    });
  }

  private meanOf(cell: Tensor): Tensor {
    let mean = this.means.get(cell);
    if (!mean) {
      mean = outside(() => Tensor.zerosLike(cell));
      follow(cell, mean);
      this.means.set(cell, mean);
      reversible(() => this.means.delete(cell));
    }
    depending(() => this.means.get(cell)); // a checkpoint puts another in its place
    return mean;
  }

  /** Gives the module the averages in place of its weights. @throws StateError before the first update, or where it has them. */
  apply(): void {
    this.requireOwn('apply');
    if (this.means.size === 0) throw new StateError(`${this.type}.apply: there is no average yet; call update() first`);
    const all = [...this.source.namedParameters(), ...this.source.namedBuffers()];
    this.replaced = all.map(([, cell]) => [cell, cell.detach()]);
    for (const [cell, mean] of this.means) cell.assign(mean.detach());
  }

  /** Gives the module its own weights and buffers back, as they were before `apply`. */
  restore(): void {
    const { replaced } = this;
    if (!replaced) throw new StateError(`${this.type}.restore: the module has its own weights; call apply() first`);
    for (const [cell, value] of replaced) cell.assign(value);
    this.replaced = undefined;
  }

  /**
   * Runs `f` while the module has the averages, and gives it its own weights back however that ends.
   * @example const scores = await ema.using(() => model.evaluate(test));
   */
  async using<R>(f: () => R | Promise<R>): Promise<R> {
    this.apply();
    try {
      return await f();
    } finally {
      this.restore();
    }
  }

  private requireOwn(method: string): void {
    if (!this.replaced) return;
    throw new StateError(`${this.type}.${method}: the module has the averages now; call restore() first`);
  }

  /** All that it knows now. */
  stateDict(): AverageState {
    const tensors = this.cells.flatMap(([name, cell]): [string, Tensor][] => {
      const mean = this.means.get(cell);
      return mean ? [[name, mean.detach()]] : [];
    });
    return { type: this.type, updates: this.updates, tensors: Object.fromEntries(tensors) };
  }

  /**
   * Takes over a state, all of it or, where an error is thrown, nothing.
   * @throws StateError where it is of another average or another module.
   */
  loadStateDict({ type, updates, tensors }: AverageState): void {
    const where = `${this.type}.loadStateDict`;
    this.requireOwn('loadStateDict');
    if (type !== this.type) throw new StateError(`${where}: the state is of another average; got ${type}`);
    if (!Number.isSafeInteger(updates) || updates < 0) {
      throw new StateError(`${where}: updates must be a whole number of at least 0; got ${updates}`);
    }
    const { cells } = this;
    const names = cells.map(([name]) => name);
    const strange = Object.keys(tensors).filter((name) => !names.includes(name));
    const missing = updates === 0 ? [] : names.filter((name) => !Object.hasOwn(tensors, name));
    if (strange.length > 0 || missing.length > 0) {
      throw new StateError(
        `${where}: the state does not fit; got ${strange.join(', ') || 'no name'} that is unexpected, and ${missing.join(', ') || 'none'} missing`,
      );
    }
    for (const [name, cell] of cells) {
      const shape = tensors[name]?.shape ?? cell.shape;
      if (sameShape(shape, cell.shape)) continue;
      throw new StateError(`${where}: ${name} has another shape; got ${shapeText(shape)} for ${shapeText(cell.shape)}`);
    }
    this.means.clear();
    for (const [name, cell] of cells) {
      const saved = tensors[name];
      if (!saved) continue;
      const mean = saved.detach().cast(cell.dtype).to(cell.device);
      follow(cell, mean);
      this.means.set(cell, mean);
    }
    this.count.assign(Tensor.full([], updates, { dtype: 'float64' }));
  }
}

/** Options of EMA. */
export interface EMAOptions extends AverageOptions {
  /** How much of the average stays at each update; default 0.999. */
  readonly decay?: number;
  /** Whether less stays at first, (1 + t) / (10 + t) after t updates, so that the first weights are soon forgotten; default false. */
  readonly warmup?: boolean;
}

const steady = sub(1, scalar(0));
const warming = sub(1, min(scalar(0), div(add(1, input(0)), add(10, input(0)))));

/**
 * An exponential moving average: a ← decay·a + (1 − decay)·w.
 * @example
 * const ema = new optim.EMA(net, { decay: 0.99 });
 * for (…) { …; optimizer.step(); ema.update(); }
 */
export class EMA extends WeightAverage {
  readonly type = 'EMA';
  private readonly decay: number;
  private readonly warmup: boolean;

  constructor(source: Averaged, options: EMAOptions = {}) {
    super('EMA', source, options);
    checkOptions('EMA', options, { decay: true, warmup: true, buffers: true });
    const { decay = 0.999, warmup = false } = options;
    this.decay = belowOne('EMA', 'decay', decay);
    this.warmup = warmup;
  }

  /** @internal */
  protected share(updates: Tensor): Tensor {
    return updates.map(this.warmup ? warming : steady, [], [this.decay]);
  }
}

const inverse = div(1, add(1, input(0)));

/**
 * Stochastic weight averaging: the plain mean of the weights at each update, usually once an epoch late in training
 * (Izmailov et al. 2018). Running statistics do not fit averaged weights: average them too (`buffers`), or compute them
 * anew with `updateBatchNorm`.
 */
export class SWA extends WeightAverage {
  readonly type = 'SWA';

  constructor(source: Averaged, options: AverageOptions = {}) {
    super('SWA', source, options);
    checkOptions('SWA', options, { buffers: true });
  }

  /** @internal */
  protected share(updates: Tensor): Tensor {
    return updates.map(inverse);
  }
}
