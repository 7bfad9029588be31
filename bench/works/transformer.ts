/** E: a training step of a small transformer. */
import { manualSeed, optim } from '../../src/index.ts';
import { symbolBatches } from '../models/batches.ts';
import { trainer, trainingModes } from '../models/training.ts';
import { Transformer } from '../models/transformer.ts';
import { rotate, type Work } from '../work.ts';

const vocabulary = 65;
const batch = 16;
const time = 64;

export const transformerWorks: readonly Work[] = trainingModes.map((mode) => ({
  name: 'E transformer',
  mode,
  prepare: () => {
    manualSeed(0);
    const model = new Transformer(vocabulary, time).build([batch, time], { dtype: 'int32' });
    const train = trainer(model, new optim.Adam(model.parameters(), { lr: 1e-3 }), [batch, time], mode);
    const next = rotate(symbolBatches(8, batch * time, vocabulary));
    return { step: () => train(next()).item() };
  },
}));
