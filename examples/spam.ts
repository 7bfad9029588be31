/** Spam among text messages: a bag of embeddings of words, and an LSTM that reads them in order. */
import { readFile } from 'node:fs/promises';
import { data, EarlyStopping, Model, manualSeed, metrics, nn, noGrad, optim, Tensor } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { epochs, seeds, messages, longest } = options({ epochs: 15, seeds: 3, messages: 5574, longest: 60 });
const text = await readFile(dataPath('sms-spam', 'sms.tsv'), 'utf8');
const lines = text.trim().split('\n').slice(0, messages);

/** Words in small letters, all digits as 0, and signs by themselves: 'Call 0906!' → call 0000 ! */
function wordsOf(line: string): readonly string[] {
  const plain = line.toLowerCase().replaceAll(/\d/g, '0');
  return plain.match(/[\p{L}\d']+|[^\s\p{L}\d']/gu)?.slice(0, longest) ?? [];
}
const all = lines.map((line) => {
  const [label, message] = line.split('\t');
  return { isSpam: label === 'spam', words: wordsOf(message!) };
});
type Message = (typeof all)[number];

// every fifth message is for the test; of the others every fifth tells, in a first training, how many epochs are best
const every5th = (of: readonly Message[]) =>
  [of.filter((_, i) => i % 5 === 0), of.filter((_, i) => i % 5 > 0)] as const;
const [test, others] = every5th(all);
const [validation, training] = every5th(others);

/** Words that occur at least twice outside the test have numbers from 2; 1 is any other, 0 padding. */
const counts = new Map<string, number>();
for (const word of others.flatMap(({ words }) => words)) counts.set(word, (counts.get(word) ?? 0) + 1);
const frequent = [...counts].filter(([, count]) => count > 1);
const numbers = new Map(frequent.map(([word], i) => [word, i + 2]));
const vocabulary = numbers.size + 2;

/** Batches as long as their longest message: x [B, T], y [B], 1 for spam. */
function batches(of: readonly Message[], shuffle = false): data.Loader<Message> {
  const collate = (some: readonly Message[]) => ({
    x: data.padSequences(some.map(({ words }) => words.map((word) => numbers.get(word) ?? 1))),
    y: Tensor.from(Int32Array.from(some, ({ isSpam }) => Number(isSpam))),
  });
  return new data.Loader(of, { batchSize: 32, shuffle, collate });
}

class Bag extends nn.Module {
  readonly words = new nn.EmbeddingBag(vocabulary, 32, { paddingIndex: 0, mode: 'max', initializer: small });
  readonly dropout = new nn.Dropout(0.3);
  readonly out = new nn.Dense(2);

  override forward(x: Tensor): Tensor {
    return this.out.forward(this.dropout.forward(this.words.forward(x)));
  }
}

class Reader extends nn.Module {
  readonly words = new nn.Embedding(vocabulary, 32, { paddingIndex: 0 });
  readonly lstm = new nn.LSTM(32, { bidirectional: true });
  readonly dropout = new nn.Dropout(0.3);
  readonly out = new nn.Dense(2);

  override forward(x: Tensor): Tensor {
    const read = this.lstm.forward(this.dropout.forward(this.words.forward(x)), { mask: x.ne(0) }); // [B, 64]
    return this.out.forward(this.dropout.forward(read));
  }
}

/** A maximum over standard normal numbers would hide for long what is learned. */
function small(shape: readonly number[], more: nn.InitOptions = {}): Tensor {
  return nn.init.normal(shape, { ...more, std: 0.1 });
}

function modelOf(module: nn.Layer, seed: number): Model {
  manualSeed(seed);
  return new Model(module, {
    optimizer: (parameters) => new optim.Adam(parameters, { lr: 3e-3 }),
    loss: 'crossEntropy',
    metrics: ['accuracy'],
  });
}

/** The F1 of spam in the test. */
function score(module: nn.Layer): number {
  module.eval();
  const scored = noGrad(() => [...batches(test)].map(({ x, y }) => ({ logits: module.forward(x), y })));
  const logits = Tensor.concat(scored.map((batch) => batch.logits));
  const labels = Tensor.concat(scored.map(({ y }) => y));
  const [precision, recall, f1] = [metrics.precision, metrics.recall, metrics.f1].map((of) =>
    of(logits, labels, { average: 'none' }).select(0, 1).item(),
  );
  const confusion = metrics.confusionMatrix(logits, labels).toArray();
  const scores = `precision ${precision!.toFixed(3)}, recall ${recall!.toFixed(3)}, F1 ${f1!.toFixed(3)}`;
  console.log(`test: ${scores}; right and named classes ${JSON.stringify(confusion)}`);
  return f1!;
}

for (const Kind of [Bag, Reader]) {
  const stopping = new EarlyStopping({ patience: 2 });
  const first = modelOf(new Kind(), seeds);
  await first.fit(batches(training, true), { epochs, validation: batches(validation), callbacks: [stopping] });
  console.log(`${Kind.name}: best after ${stopping.bestEpoch} epochs`);
  let total = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const model = modelOf(new Kind(), seed);
    await model.fit(batches(others, true), { epochs: stopping.bestEpoch!, verbose: false });
    total += score(model.module);
  }
  const bar = { atLeast: 0.93, digits: 3, reference: 'naive Bayes 0.933' };
  result(`F1 of spam by a ${Kind.name}, mean of ${seeds} trainings`, total / seeds, bar);
}
