/** Trains a small model through the engine, `eager` or `jit`, for 10,000 steps and prints what memory holds now and then; needs --expose-gc. */
import { engineHost } from '../../src/backend/engine.ts';
import { manualSeed, nn, optim, setThreads } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { trainer, trainingModes } from '../models/training.ts';
import { rotate } from '../work.ts';

const steps = 10_000;
const readings = 10;
const batch = 16;
const image = [2, 10, 10];

if (typeof globalThis.gc !== 'function') throw new Error('engine-memory: run it with --expose-gc');
const collect: () => unknown = globalThis.gc;
const mode = trainingModes.find((name) => name === process.argv[2]) ?? 'eager';

setThreads(1);
manualSeed(0);
const model = new nn.Sequential(
  new nn.Conv2D(8, 3, { inChannels: 2, activation: 'relu' }), // [16, 8, 8, 8], 147,456 multiplications
  new nn.MaxPool2D(2),
  new nn.Flatten(),
  new nn.Dense(64, { inFeatures: 128, activation: 'relu' }),
  new nn.Dropout(0.2),
  new nn.Dense(4, { inFeatures: 64 }),
);
const optimizer = new optim.Adam(model.parameters());
const next = rotate(imageBatches(4, batch, 200, 4));

const train = trainer(model, optimizer, [batch, ...image], mode);

for (let step = 1; step <= steps; step++) {
  train(next());
  if (step % 100 === 0) collect(); // so that what is resident is not what waits for a collection
  if (step % (steps / readings) === 0) await print(step);
}

/** The step, and the bytes in use and held by the engine's heap, in use by JavaScript, and resident. */
async function print(step: number): Promise<void> {
  collect();
  await new Promise((resolve) => setImmediate(resolve)); // finalizers run between turns
  collect();
  const heap = engineHost()?.engine.heap;
  if (!heap || heap.used === 0) throw new Error('engine-memory: the engine did not run');
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  console.log(step, heap.used, heap.size, heapUsed + arrayBuffers, rss);
}
