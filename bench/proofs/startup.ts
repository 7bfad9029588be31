/** The promise that a script gets its first result at once. */
import { setTimeout as pause } from 'node:timers/promises';
import { atMost, type Proof } from '../proof.ts';
import { timeText } from '../row.ts';
import { prepareStartup } from '../works/startup.ts';

const limit = 60; // ms
const fewest = 20;
const most = 100;

export const startup: Proof = {
  name: 'startup',
  title: 'a fresh process prints a product of two matrices within 60 ms, by plain loops or by the engine',
  run: async (report) => {
    for (const [size, by] of [
      [2, 'plain loops'],
      [64, 'the engine'],
    ] as const) {
      const { step, close } = await prepareStartup(size);
      try {
        let least = Number.POSITIVE_INFINITY;
        for (let n = 0; n < fewest || (n < most && least > limit); n++) {
          const start = performance.now();
          step();
          least = Math.min(least, performance.now() - start);
          await pause(20);
        }
        report.check(atMost(`${size}×${size}, by ${by}`, least, limit, timeText));
      } finally {
        await close?.();
      }
    }
  },
};
