/** The promise that the plain loops are fast enough to work with. */
import { measure, type Timing } from '../measure.ts';
import { atLeast, atMost, type Proof } from '../proof.ts';
import { timeText } from '../row.ts';
import type { Work } from '../work.ts';
import { matmulWorks } from '../works/matmul.ts';
import { mlpWorks } from '../works/mlp.ts';

export const plainLoops: Proof = {
  name: 'plain-loops',
  title: 'a matmul of 512³ reaches at least 2 GFLOP/s, an MLP step at batch 32 takes at most 25 ms',
  run: async (report) => {
    const product = await timingOf(matmulWorks, 'A matmul 512x512x512');
    const rate = (2 * 512 ** 3) / (product.min * 1e6);
    report.check(atLeast('matmul 512x512x512', rate, 2, (x) => `${x.toFixed(2)} GFLOP/s`));
    report.note(`       least ${timeText(product.min)}, median ${timeText(product.median)}`);
    const step = await timingOf(mlpWorks, 'B mlp b32');
    report.check(atMost('MLP step, batch 32', step.min, 25, timeText));
    report.note(`       median ${timeText(step.median)}`);
  },
};

async function timingOf(works: readonly Work[], name: string): Promise<Timing> {
  const work = works.find((w) => w.name === name)!;
  const { step } = await work.prepare();
  return measure(step, work.calls);
}
