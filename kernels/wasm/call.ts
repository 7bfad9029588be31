/** Planned calls: which kernel, its arguments, and the outputs that threads may share. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Layout } from '../../src/core/layout.ts';
import type { BuildKernels, Engine } from './engine.ts';
import type { SharedModule } from './threads.ts';

/** An array on the heap: element i of its storage lies i elements behind `address`. */
export interface HeapArray {
  readonly address: number;
  readonly layout: Layout;
  readonly dtype: Dtype;
}

/**
 * A call of the function `name` of a module. Its last two parameters, beside `args`, are the first unit of output to
 * compute and the one behind the last: any cut into shares gives the same bits.
 */
export interface Call {
  /** The module's key: what it computes. */
  readonly key: string;
  readonly build: BuildKernels;
  readonly name: string;
  readonly args: readonly number[];
  readonly units: number;
  /** About how many elements are touched: whether threads are worth it. */
  readonly work: number;
}

/** A call of a function on one thread, that gives a number and writes nothing. */
export type Question = Omit<Call, 'units' | 'work'>;

/** The answer of a question. */
export function ask(engine: Engine, { key, build, name, args }: Question): number {
  return engine.kernels(key, build)[name]!(...args);
}

const leastWork = 50_000; // elements that are worth waking a thread

/** Runs a call on as many threads as it is worth. */
export function runCall(engine: Engine, call: Call): void {
  const { module, lists } = sharesOf(engine, call, leastWork);
  if (lists.length === 1) module.kernels[call.name]!(...lists[0]!);
  else engine.threads.run(module, call.name, lists);
}

/**
 * The same, made ready to be run again and again.
 * @param least work that is worth a share: less than for a single call, as threads are awake while a program runs.
 */
export function prepareCall(engine: Engine, call: Call, least: number = leastWork): () => void {
  const { name } = call;
  const { threads } = engine;
  let count = threads.count;
  let { module, lists } = sharesOf(engine, call, least);
  let kernel = module.kernels[name]!;
  let [args] = lists as readonly [readonly number[]];
  return () => {
    if (count !== threads.count) {
      count = threads.count;
      ({ module, lists } = sharesOf(engine, call, least));
      kernel = module.kernels[name]!;
      [args] = lists as readonly [readonly number[]];
    }
    if (lists.length === 1) kernel(...args);
    else threads.run(module, name, lists);
  };
}

/** The arguments of each share. */
function sharesOf(
  engine: Engine,
  { key, build, args, units, work }: Call,
  least: number,
): { readonly module: SharedModule; readonly lists: readonly (readonly number[])[] } {
  const module = engine.module(key, build);
  const shares = Math.max(1, Math.min(engine.threads.count, units, Math.floor(work / least)));
  const cut = (i: number): number => Math.floor((units * i) / shares);
  return { module, lists: Array.from({ length: shares }, (_, i) => [...args, cut(i), cut(i + 1)]) };
}
