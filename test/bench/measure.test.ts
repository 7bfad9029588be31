/** Measuring, by a clock that the test turns: how many runs, and what is made of their times. */
import { expect, test } from 'vitest';
import { type Budget, measure, summarize } from '../../bench/measure.ts';
import { rotate } from '../../bench/work.ts';

const budget: Budget = { warmMs: 100, minRuns: 10, minMs: 1000, maxMs: 4000 };

/** Measures a step whose n-th call takes `cost(n)` ms. */
function timed(cost: (call: number) => number, calls: number = 1): ReturnType<typeof measure> & { called: number } {
  let time = 0;
  let called = 0;
  const step = (): void => {
    time += cost(called++);
  };
  return { ...measure(step, calls, budget, () => time), called };
}

test('the least and the median, in any order of times', () => {
  expect(summarize([5, 1, 4])).toEqual({ min: 1, median: 4 });
  expect(summarize([10, 1, 4, 2])).toEqual({ min: 1, median: 3 });
  expect(summarize([7])).toEqual({ min: 7, median: 7 });
  expect(() => summarize([])).toThrow(RangeError);
});

test('a quick step runs until the least time is over', () => {
  expect(timed(() => 10)).toEqual({ min: 10, median: 10, runs: 100, called: 110 });
});

test('a slow step runs the least number of times, or until the greatest time is over', () => {
  expect(timed(() => 200).runs).toBe(10);
  expect(timed(() => 1000).runs).toBe(4);
  expect(timed(() => 5000)).toMatchObject({ runs: 3, called: 4 });
});

test('warm-up is not counted', () => {
  const { min, median } = timed((call) => (call < 10 ? 50 : 10));
  expect(min).toBe(10);
  expect(median).toBe(10);
});

test('times are per call', () => {
  expect(timed(() => 2, 25)).toMatchObject({ min: 2, median: 2, runs: 20 });
});

test('items come in turn', () => {
  const next = rotate(['a', 'b', 'c']);
  expect([next(), next(), next(), next()]).toEqual(['a', 'b', 'c', 'a']);
  expect(() => rotate([])).toThrow(RangeError);
});
