/** Least times on a machine that has other things to do: many short rounds with pauses between. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Budget, measure } from './measure.ts';
import type { Step } from './work.ts';

const round: Budget = { warmMs: 60, minRuns: 3, minMs: 250, maxMs: 1000 };
const fewestRounds = 4;
const mostRounds = 24;
const pauseMs = 150;

/** A step and how many calls of it make one run. */
export interface Timed {
  readonly step: Step;
  readonly calls?: number | undefined;
}

/**
 * The least milliseconds per call of each step, measured in turn: a few rounds, and more of them while `enough` does not
 * hold, since only the least says what the code costs.
 */
export async function leastTimes(
  steps: readonly Timed[],
  enough: (least: readonly number[]) => boolean,
): Promise<number[]> {
  const least = steps.map(() => Number.POSITIVE_INFINITY);
  for (let n = 0; n < mostRounds && (n < fewestRounds || !enough(least)); n++) {
    for (const [i, { step, calls }] of steps.entries()) {
      least[i] = Math.min(least[i]!, measure(step, calls, round).min);
      await pause(pauseMs);
    }
  }
  return least;
}
