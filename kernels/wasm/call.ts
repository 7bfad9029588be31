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

/**
 * Several calls that may run in any order, made ready to be run again and again: those of one function are one job for the
 * threads, so that small ones need none of their own.
 */
export function prepareCalls(engine: Engine, calls: readonly Call[], least: number = leastWork): () => void {
  const kinds = new Map<string, Call[]>();
  for (const call of calls) kinds.set(call.key, [...(kinds.get(call.key) ?? []), call]);
  const jobs = [...kinds.values()].map((same) => prepareJob(engine, same, least));
  return () => {
    for (const job of jobs) job();
  };
}

function prepareJob(engine: Engine, calls: readonly Call[], least: number): () => void {
  const [{ key, build, name }] = calls as readonly [Call];
  const { threads } = engine;
  const module = engine.module(key, build);
  const kernel = module.kernels[name]!;
  let count = threads.count;
  let { shared, lists } = jobOf(calls, count, least);
  return () => {
    if (count !== threads.count) {
      count = threads.count;
      ({ shared, lists } = jobOf(calls, count, least));
    }
    if (shared) threads.run(module, name, lists);
    else for (const args of lists) kernel(...args);
  };
}

const partsPerThread = 2; // of a job: they take unequal time

/** The arguments of all shares of some calls, and whether threads are worth it. */
function jobOf(
  calls: readonly Call[],
  threads: number,
  least: number,
): { readonly shared: boolean; readonly lists: Lists } {
  const work = calls.reduce((sum, call) => sum + call.work, 0);
  const shared = threads > 1 && work >= 2 * least;
  const part = Math.max(least, work / (threads * partsPerThread));
  const lists = calls.flatMap((call) => cut(call, shared ? Math.ceil(call.work / part) : 1));
  return { shared, lists };
}

/** Arguments, share by share. */
type Lists = readonly (readonly number[])[];

/** The arguments of each share. */
function sharesOf(engine: Engine, call: Call, least: number): { readonly module: SharedModule; readonly lists: Lists } {
  const module = engine.module(call.key, call.build);
  return { module, lists: cut(call, Math.min(engine.threads.count, Math.floor(call.work / least))) };
}

function cut({ args, units }: Call, most: number): Lists {
  const shares = Math.max(1, Math.min(most, units));
  const from = (i: number): number => Math.floor((units * i) / shares);
  return Array.from({ length: shares }, (_, i) => [...args, from(i), from(i + 1)]);
}
