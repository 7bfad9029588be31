/** B: a training step of the multilayer perceptron, upload of the batch included. */
import { manualSeed, optim } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { mlp } from '../models/mlp.ts';
import { trainStep } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

export const mlpWorks: readonly Work[] = [32, 128].map((batch) => ({
  name: `B mlp b${batch}`,
  mode: 'eager',
  prepare: () => {
    manualSeed(0);
    const model = mlp();
    const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
    const next = rotate(imageBatches(16, batch, 784, 10));
    return { step: () => trainStep(model, optimizer, next(), [batch, 784]) };
  },
}));
