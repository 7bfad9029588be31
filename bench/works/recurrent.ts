/** D: a training step of the character model over 64 steps of time. */
import { manualSeed, optim } from '../../src/index.ts';
import { symbolBatches } from '../models/batches.ts';
import { CharacterModel, vocabulary } from '../models/characters.ts';
import { trainStep } from '../models/training.ts';
import { type Missing, rotate, type Work } from '../work.ts';

const batch = 32;
const time = 64;

export const recurrentWorks: readonly (Work | Missing)[] = [
  {
    name: 'D rnn',
    mode: 'eager',
    prepare: () => {
      manualSeed(0);
      const model = new CharacterModel().build([batch, time], { dtype: 'int32' });
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
      const next = rotate(symbolBatches(8, batch * time, vocabulary));
      return { step: () => trainStep(model, optimizer, next(), [batch, time]) };
    },
  },
  { name: 'D lstm', mode: 'eager', skipped: 'there is no LSTM layer yet' },
];
