/** The promise that tiny operations are cheap. */
import { measure } from '../measure.ts';
import { atMost, type Proof } from '../proof.ts';
import { timeText } from '../row.ts';
import { overheadWorks } from '../works/overhead.ts';

const limits: readonly (readonly [work: string, what: string, µs: number])[] = [
  ['I add', 'add of [4]', 0.2],
  ['I add tape', 'add of [4] with the tape', 0.4],
  ['I broadcast', 'add of [8, 4] and [4]', 1],
];

export const overhead: Proof = {
  name: 'overhead',
  title: 'an add of [4] takes at most 0.2 µs, 0.4 with the tape, a broadcast add of [8, 4] and [4] at most 1 µs',
  run: async (report) => {
    for (const [name, what, µs] of limits) {
      const work = overheadWorks.find((w) => w.name === name)!;
      const { step } = await work.prepare();
      const { min, median } = measure(step, work.calls);
      report.check(atMost(what, min, µs / 1000, timeText));
      report.note(`       median ${timeText(median)}`);
    }
  },
};
