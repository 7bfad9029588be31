/** Least times over rounds: each step gets its own, and more rounds only while they do not suffice. */
import { expect, test } from 'vitest';
import { leastTimes } from '../../bench/patience.ts';

test('every step is measured in every round, and rounds end when the least suffices', async () => {
  let asked = 0;
  const calls = [0, 0];
  const steps = calls.map((_, i) => ({ step: () => void calls[i]!++, calls: 100_000 }));
  const least = await leastTimes(steps, (times) => {
    asked++;
    return times.every((ms) => ms < 1000);
  });
  expect(asked).toBe(1);
  expect(least).toHaveLength(2);
  for (const [i, ms] of least.entries()) {
    expect(ms).toBeGreaterThan(0);
    expect(calls[i]).toBeGreaterThanOrEqual(400_000);
  }
}, 20_000);
