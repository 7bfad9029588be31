/** When weights are averaged while a model trains, and how averages are kept in a checkpoint. */
import { ArgumentError, StateError } from '../core/errors.ts';
import type { OptimizerRecord } from '../io/checkpoint.ts';
import { type AverageState, SWA, WeightAverage } from '../optim/averaging.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tidy } from '../tensor/tidy.ts';
import { Compilation } from './compilation.ts';

/** Options of `fit` that concern the average. */
interface Options {
  readonly average?: WeightAverage;
  readonly averageEvery?: 'epoch' | 'batch';
  readonly averageFrom?: number;
}

/** An average, and when it takes in the weights. */
export class AveragePlan {
  readonly average: WeightAverage;
  private readonly every: 'epoch' | 'batch';
  private readonly from: number;
  private readonly taking: Compilation<[], void>;

  private constructor(average: WeightAverage, every: 'epoch' | 'batch', from: number, jit: boolean) {
    this.average = average;
    // where it cannot be compiled, the step before has said so
    this.taking = new Compilation(
      () => average.update(),
      jit,
      () => undefined,
    );
    this.every = every;
    this.from = from;
  }

  /** @throws ArgumentError for what is no average, or options that it leaves no use for. */
  static of({ average, averageEvery, averageFrom }: Options, jit: boolean): AveragePlan | undefined {
    if (average === undefined) {
      for (const [name, value] of Object.entries({ averageEvery, averageFrom })) {
        if (value !== undefined) throw new ArgumentError(`fit: ${name} needs an average; got ${value} without one`);
      }
      return undefined;
    }
    if (!(average instanceof WeightAverage)) {
      throw new ArgumentError(`fit: average must be an EMA or SWA; got ${average === null ? 'null' : typeof average}`);
    }
    if (average.isApplied) throw new StateError('fit: the module has the averages now; call average.restore() first');
    const every = averageEvery ?? (average instanceof SWA ? 'epoch' : 'batch');
    if (every !== 'epoch' && every !== 'batch') {
      throw new ArgumentError(`fit: averageEvery must be 'epoch' or 'batch'; got ${JSON.stringify(every)}`);
    }
    const from = averageFrom ?? 1;
    if (!Number.isSafeInteger(from) || from < 1) {
      throw new ArgumentError(`fit: averageFrom must be a whole number of at least 1; got ${from}`);
    }
    return new AveragePlan(average, every, from, jit);
  }

  /** Before the first batch. @param saved the state in the checkpoint that the model came from. */
  begin(saved: AverageState | undefined): void {
    if (saved?.type === this.average.type && this.average.updates === 0) this.average.loadStateDict(saved);
  }

  /** After each update. */
  batchDone(epoch: number): void {
    if (this.every === 'batch' && epoch >= this.from) this.update();
  }

  /** After the batches of each epoch. */
  epochDone(epoch: number): void {
    if (this.every === 'epoch' && epoch >= this.from) this.update();
  }

  private update(): void {
    tidy(() => this.taking.run([]));
  }

  /** Runs `f` with the averages in place, once there are some. */
  async using<R>(f: () => Promise<R>): Promise<R> {
    return this.average.updates > 0 ? this.average.using(f) : f();
  }
}

/** In front of the averages among the optimizer's tensors: both are what only training needs. */
const prefix = 'average.';

/** The record with the averages added. */
export function withAverages(record: OptimizerRecord, average: AverageState | undefined): OptimizerRecord {
  const tensors = Object.entries(average?.tensors ?? {}).map(([name, x]) => [prefix + name, x]);
  return { ...record, tensors: { ...record.tensors, ...Object.fromEntries(tensors) } };
}

/** The record as the optimizer takes it, and the averages in it. */
export function splitAverages(
  record: OptimizerRecord,
): [optimizer: OptimizerRecord, averages: Readonly<Record<string, Tensor>>] {
  const entries = Object.entries(record.tensors);
  const averages = entries.filter(([name]) => name.startsWith(prefix));
  const own = entries.filter(([name]) => !name.startsWith(prefix));
  return [
    { ...record, tensors: Object.fromEntries(own) },
    Object.fromEntries(averages.map(([name, x]) => [name.slice(prefix.length), x])),
  ];
}
