/** D: a training step of the character model over 64 steps of time. */
import { manualSeed, nn, optim } from '../../src/index.ts';
import { symbolBatches } from '../models/batches.ts';
import { CharacterModel, hidden, vocabulary } from '../models/characters.ts';
import { trainer, trainingModes } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

const batch = 32;
const time = 64;

export const recurrentWorks: readonly Work[] = trainingModes.flatMap((mode) => [
  work('D rnn', mode, () => new nn.SimpleRNN(hidden, { returnSequences: true })),
  work('D lstm', mode, () => new nn.LSTM(hidden, { returnSequences: true })),
]);

function work(name: string, mode: (typeof trainingModes)[number], recurrent: () => nn.Layer): Work {
  return {
    name,
    mode,
    prepare: () => {
      manualSeed(0);
      const model = new CharacterModel(recurrent()).build([batch, time], { dtype: 'int32' });
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
      const next = rotate(symbolBatches(8, batch * time, vocabulary));
      const train = trainer(model, optimizer, [batch, time], mode);
      return { step: () => train(next()).item() };
    },
  };
}
