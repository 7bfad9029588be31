/** Times a step over as many runs as its speed allows, and says what they took. */
import type { Step } from './work.ts';

/** How long to measure. */
export interface Budget {
  /** Runs before the clock counts, for at least this many milliseconds. */
  readonly warmMs: number;
  /** Counted runs, at least, and for at least `minMs` milliseconds. */
  readonly minRuns: number;
  readonly minMs: number;
  /** No further run starts after this many milliseconds, but for the first three. */
  readonly maxMs: number;
}

export const usualBudget: Budget = { warmMs: 300, minRuns: 10, minMs: 1000, maxMs: 4000 };
const fewestRuns = 3;

/** What a step took, in milliseconds per call. */
export interface Timing {
  readonly min: number;
  readonly median: number;
  readonly runs: number;
}

/** A clock in milliseconds. */
export type Clock = () => number;

/** Measures `step`; each run is `calls` calls, and times are per call. */
export function measure(
  step: Step,
  calls: number = 1,
  budget: Budget = usualBudget,
  now: Clock = () => performance.now(),
): Timing {
  const run = (): number => {
    const start = now();
    for (let i = 0; i < calls; i++) step();
    return (now() - start) / calls;
  };
  const warmEnd = now() + budget.warmMs;
  do run();
  while (now() < warmEnd);
  const times: number[] = [];
  const start = now();
  while (wantsMore(times.length, now() - start, budget)) times.push(run());
  return { ...summarize(times), runs: times.length };
}

function wantsMore(runs: number, elapsedMs: number, budget: Budget): boolean {
  if (runs < fewestRuns) return true;
  if (elapsedMs >= budget.maxMs) return false;
  return runs < budget.minRuns || elapsedMs < budget.minMs;
}

/** The least and the median of some times; of an even count the mean of the middle two. */
export function summarize(times: readonly number[]): { readonly min: number; readonly median: number } {
  if (times.length === 0) throw new RangeError('summarize: needs at least one time; got none');
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median };
}
