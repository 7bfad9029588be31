/** B: a training step of the multilayer perceptron, upload of the batch included. */
import { manualSeed, optim } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { mlp } from '../models/mlp.ts';
import { trainer, trainingModes } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

export const mlpWorks: readonly Work[] = trainingModes.flatMap((mode) =>
  [32, 128].map((batch) => ({
    name: `B mlp b${batch}`,
    mode,
    prepare: () => {
      manualSeed(0);
      const model = mlp();
      const train = trainer(model, new optim.Adam(model.parameters(), { lr: 1e-3 }), [batch, 784], mode);
      const next = rotate(imageBatches(16, batch, 784, 10));
      return { step: () => train(next()).item() };
    },
  })),
);
