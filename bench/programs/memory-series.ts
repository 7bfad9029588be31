/** Trains a small model for 20,000 steps and prints a step and the bytes in use now and then; needs --expose-gc. */
import { manualSeed, nn, optim, Tensor } from '../../src/index.ts';
import { trainer } from '../models/training.ts';

const steps = 20_000;
const readings = 10;

if (typeof globalThis.gc !== 'function') throw new Error('memory-series: run it with --expose-gc');
const collect: () => unknown = globalThis.gc;

manualSeed(0);
const model = new nn.Sequential(
  new nn.Dense(32, { inFeatures: 16, activation: 'relu' }),
  new nn.Dropout(0.2),
  new nn.Dense(4, { inFeatures: 32 }),
);
const optimizer = new optim.Adam(model.parameters());

for (let step = 1; step <= steps; step++) {
  const inputs = Float32Array.from({ length: 8 * 16 }, () => Math.random());
  const labels = Int32Array.from({ length: 8 }, () => Math.floor(Math.random() * 4));
  trainer(model, optimizer, [8, 16], 'eager')({ inputs, labels });
  if (step % (steps / readings) === 0) {
    collect();
    await new Promise((resolve) => setImmediate(resolve)); // finalizers run between turns
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    console.log(step, heapUsed + arrayBuffers);
  }
}

// Everything that a step made must be gone, and the model must still be there.
if (
  !Number.isFinite(
    model
      .forward(Tensor.zeros([1, 16]))
      .sum()
      .item(),
  )
)
  throw new Error('memory-series: the model broke');
