/** D: a training step of the character model over 64 steps of time. */
import { manualSeed, nn, optim } from '../../src/index.ts';
import { symbolBatches } from '../models/batches.ts';
import { CharacterModel, hidden, vocabulary } from '../models/characters.ts';
import { trainStep } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

const batch = 32;
const time = 64;

export const recurrentWorks: readonly Work[] = [
  work('D rnn', () => new nn.SimpleRNN(hidden, { returnSequences: true })),
  work('D lstm', () => new nn.LSTM(hidden, { returnSequences: true })),
];

function work(name: string, recurrent: () => nn.Layer): Work {
  return {
    name,
    mode: 'eager',
    prepare: () => {
      manualSeed(0);
      const model = new CharacterModel(recurrent()).build([batch, time], { dtype: 'int32' });
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
      const next = rotate(symbolBatches(8, batch * time, vocabulary));
      return { step: () => trainStep(model, optimizer, next(), [batch, time]) };
    },
  };
}
