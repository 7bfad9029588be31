/** E: a training step of a small transformer. */
import { manualSeed, optim } from '../../src/index.ts';
import { symbolBatches } from '../models/batches.ts';
import { trainStep } from '../models/training.ts';
import { Transformer } from '../models/transformer.ts';
import { rotate, type Work } from '../work.ts';

const vocabulary = 65;
const batch = 16;
const time = 64;

export const transformerWorks: readonly Work[] = [
  {
    name: 'E transformer',
    mode: 'eager',
    prepare: () => {
      manualSeed(0);
      const model = new Transformer(vocabulary, time).build([batch, time], { dtype: 'int32' });
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
      const next = rotate(symbolBatches(8, batch * time, vocabulary));
      return { step: () => trainStep(model, optimizer, next(), [batch, time]) };
    },
  },
];
