/** The promise that the plain loops are fast enough to work with where WebAssembly is missing. */
import { engineHost } from '../../src/backend/engine.ts';
import { measure, type Timing } from '../measure.ts';
import { atLeast, atMost, type Proof } from '../proof.ts';
import { timeText } from '../row.ts';
import { workOf } from '../timed-proof.ts';
import type { Work } from '../work.ts';
import { matmulWorks } from '../works/matmul.ts';
import { mlpWorks } from '../works/mlp.ts';

export const plainLoops: Proof = {
  name: 'plain-loops',
  title: 'without WebAssembly, a matmul of 512³ reaches 2 GFLOP/s, an MLP step at batch 32 takes at most 25 ms',
  run: async (report) => {
    forbidEngine();
    const product = await timingOf(matmulWorks, 'A matmul 512x512x512');
    const rate = (2 * 512 ** 3) / (product.min * 1e6);
    report.check(atLeast('matmul 512x512x512', rate, 2, (x) => `${x.toFixed(2)} GFLOP/s`));
    report.note(`       least ${timeText(product.min)}, median ${timeText(product.median)}`);
    const step = await timingOf(mlpWorks, 'B mlp b32');
    report.check(atMost('MLP step, batch 32', step.min, 25, timeText));
    report.note(`       median ${timeText(step.median)}`);
  },
};

/** Takes WebAssembly away before the library looks for it. */
function forbidEngine(): void {
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  if (engineHost()) throw new Error('plain-loops: the engine runs already; start this proof in a process of its own');
}

async function timingOf(works: readonly Work[], name: string): Promise<Timing> {
  const work = workOf(works, name, 'eager');
  const { step } = await work.prepare();
  return measure(step, work.calls);
}
