/** Prints how long the first call of a compiled transformer step takes in a new process, and the last of some calls. */
import { manualSeed, optim, setThreads } from '../../src/index.ts';
import { symbolBatches } from '../models/batches.ts';
import { trainer } from '../models/training.ts';
import { Transformer } from '../models/transformer.ts';

const [vocabulary, batch, time] = [65, 16, 64];

setThreads(1);
manualSeed(0);
const model = new Transformer(vocabulary, time).build([batch, time], { dtype: 'int32' });
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
const train = trainer(model, optimizer, [batch, time], 'jit');
const [data] = symbolBatches(1, batch * time, vocabulary);

function timed(): number {
  const start = performance.now();
  train(data!);
  return performance.now() - start;
}

const first = timed();
const later = Array.from({ length: 5 }, timed);
console.log(first, later.at(-1));
