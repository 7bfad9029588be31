/** The promise that the number of threads changes no bit of a training. */
import { engineHost } from '../../src/backend/engine.ts';
import { manualSeed, optim, setThreads } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { lenet } from '../models/lenet.ts';
import { trainer } from '../models/training.ts';
import type { Proof } from '../proof.ts';
import { wakeWorkers } from '../workers.ts';

const steps = 20;
const batch = 32;

export const threadsBits: Proof = {
  name: 'threads-bits',
  title: '20 steps of LeNet give the same bits on 1, 2 and 4 threads',
  run: async (report) => {
    const expected = await train(1);
    report.note(`       ${expected.length} losses, weights and momenta`);
    for (const threads of [2, 4]) {
      const got = await train(threads);
      const apart = got.filter((x, i) => !Object.is(x, expected[i])).length;
      report.check({
        what: `${threads} threads`,
        measured: `${apart} numbers differ`,
        limit: 'none',
        holds: got.length === expected.length && apart === 0,
      });
    }
  },
};

/** The losses of each step, and every number of the model and the optimizer at the end. */
async function train(threads: number): Promise<number[]> {
  setThreads(threads);
  const host = engineHost();
  if (!host) throw new Error('threads-bits: there is no engine here; WebAssembly SIMD is needed');
  await wakeWorkers(host.engine);
  manualSeed(0);
  const model = lenet();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const batches = imageBatches(4, batch, 3 * 32 * 32, 10);
  const losses = Array.from({ length: steps }, (_, i) =>
    trainer(model, optimizer, [batch, 3, 32, 32], 'eager')(batches[i % batches.length]!).item(),
  );
  if (!losses.every(Number.isFinite)) throw new Error(`threads-bits: the training diverged; got losses ${losses}`);
  return [...losses, ...Object.values(model.stateDict()).flatMap((x) => [...x.dataSync()])];
}
