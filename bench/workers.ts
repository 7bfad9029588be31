/** Brings an engine's workers up, so that what follows is measured or compared on all of its threads. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../kernels/wasm/engine.ts';
import { matmul } from '../kernels/wasm/matmul.ts';
import { cell } from '../kernels/wasm/worker.ts';

const size = 128;
const longestWait = 10_000; // ms

/** Waits until every worker is up; throws where one does not come. */
export async function wakeWorkers(engine: Engine): Promise<void> {
  const wanted = engine.threads.count - 1;
  const until = performance.now() + longestWait;
  while (workersOf(engine) < wanted) {
    if (performance.now() > until) {
      throw new Error(`workers: ${wanted} should be up after ${longestWait} ms; got ${workersOf(engine)}`);
    }
    sharedWork(engine);
    await pause(5);
  }
}

/** The workers that are up, asleep or not. */
function workersOf(engine: Engine): number {
  return Atomics.load(new Int32Array(engine.heap.memory.buffer, 0, cell.ready + 1), cell.ready);
}

/** A product that is large enough for threads. */
function sharedWork(engine: Engine): void {
  const [a, b, c] = [0, 1, 2].map(() => engine.heap.allocate(4 * size * size + 64)) as [number, number, number];
  const strides = { aRow: 4 * size, aTerm: 4, bTerm: 4 * size, bColumn: 4, cRow: 4 * size };
  matmul(engine, { dtype: 'float32', m: size, n: size, k: size, a: [a], b: [b], c: [c], ...strides });
  for (const address of [a, b, c]) engine.heap.release(address);
}
