/** C: a training step of the convolutional network, upload of the batch included. */
import { manualSeed, optim } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { lenet } from '../models/lenet.ts';
import { trainer, trainingModes } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

export const lenetWorks: readonly Work[] = trainingModes.flatMap((mode) =>
  [4, 32, 128].map((batch) => ({
    name: `C lenet b${batch}`,
    mode,
    prepare: () => {
      manualSeed(0);
      const model = lenet();
      const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3, momentum: 0.9 });
      const train = trainer(model, optimizer, [batch, 3, 32, 32], mode);
      const next = rotate(imageBatches(8, batch, 3 * 32 * 32, 10));
      return { step: () => train(next()).item() };
    },
  })),
);
