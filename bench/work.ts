/** What a benchmark is: a named piece of work, and how to make it ready. */

/** What runs: `eager` with allocation and staging, `kernel` alone on operands that are in place, or a `jit` program. */
export type Mode = 'eager' | 'kernel' | 'jit';

/** One run of a work; whatever it returns is dropped. */
export type Step = () => unknown;

/** A work that is ready to be measured. */
export interface Prepared {
  readonly step: Step;
  /** Further numbers of the row, asked after the last run, such as `rssMB`. */
  readonly extra?: () => Readonly<Record<string, number>>;
  /** Gives back what `prepare` took. */
  readonly close?: () => void | Promise<void>;
}

/** A row of the benchmark. */
export interface Work {
  /** The name in every report, such as `B mlp b32`. */
  readonly name: string;
  readonly mode: Mode;
  /** Floating-point operations of one run, where the rate says something. */
  readonly flops?: number;
  /** Calls of `step` that make one run, where a single one is too short for the clock; times are per call. */
  readonly calls?: number;
  prepare(): Prepared | Promise<Prepared>;
}

/** A row of the benchmark that cannot run yet. */
export interface Missing {
  readonly name: string;
  readonly mode: Mode;
  /** What is missing, as a sentence without its full stop. */
  readonly skipped: string;
}

/** Hands out items in turn, over and over, so that no run repeats the data of the one before. */
export function rotate<T>(items: readonly T[]): () => T {
  if (items.length === 0) throw new RangeError('rotate: needs at least one item; got none');
  let next = 0;
  return () => {
    const item = items[next]!;
    next = (next + 1) % items.length;
    return item;
  };
}
