/** Planned calls: which kernel, its arguments, and the outputs that threads may share. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Layout } from '../../src/core/layout.ts';
import type { BuildKernels, Engine } from './engine.ts';

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
export function runCall(engine: Engine, { key, build, name, args, units, work }: Call): void {
  const module = engine.module(key, build);
  const shares = Math.min(engine.threads.count, units, Math.floor(work / leastWork));
  if (shares < 2) module.kernels[name]!(...args, 0, units);
  else {
    const cut = (i: number): number => Math.floor((units * i) / shares);
    engine.threads.run(
      module,
      name,
      Array.from({ length: shares }, (_, i) => [...args, cut(i), cut(i + 1)]),
    );
  }
}
