/** Spam among text messages: a bag of embeddings of words, and an LSTM that reads them in order. */
import { readFile } from 'node:fs/promises';
import { data, Model, manualSeed, metrics, nn, optim, Tensor } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { epochs, seeds, messages, longest, on } = options({
  epochs: 8,
  seeds: 3,
  messages: 5574,
  longest: 60,
  on: ['test', 'validation'],
});
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

// every fifth message is for the test; to try another recipe, `--on validation` scores on every fifth of the others
const every5th = (of: readonly Message[]) =>
  [of.filter((_, i) => i % 5 === 0), of.filter((_, i) => i % 5 > 0)] as const;
const [test, others] = every5th(all);
const [held, learned] = on === 'test' ? [test, others] : every5th(others);

/** Words that occur at least twice in what is learned from have numbers from 2; 1 is any other, 0 padding. */
const counts = new Map<string, number>();
for (const word of learned.flatMap(({ words }) => words)) counts.set(word, (counts.get(word) ?? 0) + 1);
const frequent = [...counts].filter(([, count]) => count > 1);
const numbers = new Map(frequent.map(([word], i) => [word, i + 2]));
const vocabulary = numbers.size + 2;

/** x [N, longest], y [N], 1 for spam: all of one length, so that one program serves nearly every batch. */
function tensors(of: readonly Message[]): data.Batch {
  const rows = of.map(({ words }) => words.map((word) => numbers.get(word) ?? 1));
  return {
    x: data.padSequences(rows, { length: longest }),
    y: Tensor.from(Int32Array.from(of, ({ isSpam }) => Number(isSpam))),
  };
}

class Bag extends nn.Module {
  readonly words = new nn.EmbeddingBag(vocabulary, 64, { paddingIndex: 0, mode: 'max', initializer: small });
  readonly dropout = new nn.Dropout(0.3);
  readonly out = new nn.Dense(2);

  override forward(x: Tensor): Tensor {
    return this.out.forward(this.dropout.forward(this.words.forward(x)));
  }
}

class Reader extends nn.Module {
  readonly words = new nn.Embedding(vocabulary, 32, { paddingIndex: 0, initializer: small });
  readonly lstm = new nn.LSTM(32, { bidirectional: true, returnSequences: true });
  readonly dropout = new nn.Dropout(0.3);
  readonly out = new nn.Dense(2);

  override forward(x: Tensor): Tensor {
    const mask = x.ne(0); // [B, T]
    const read = this.lstm.forward(this.dropout.forward(this.words.forward(x)), { mask }); // [B, T, 64]
    const most = read.maskedFill(mask.logicalNot().unsqueeze(2), -1).amax({ dim: 1 }); // [B, 64]
    return this.out.forward(this.dropout.forward(most));
  }
}

/** Standard normal numbers would hide for long what is learned, where the greatest counts above all. */
function small(shape: readonly number[], more: nn.InitOptions = {}): Tensor {
  return nn.init.normal(shape, { ...more, std: 0.1 });
}

/** The F1 of spam among the messages held back. */
async function score(model: Model): Promise<number> {
  const { x, y } = tensors(held);
  const logits = await model.predict(x);
  const [precision, recall, f1] = [metrics.precision, metrics.recall, metrics.f1].map((of) =>
    of(logits, y, { average: 'none' }).select(0, 1).item(),
  );
  const confusion = metrics.confusionMatrix(logits, y).toArray();
  const scores = `precision ${precision!.toFixed(3)}, recall ${recall!.toFixed(3)}, F1 ${f1!.toFixed(3)}`;
  console.log(`${on}: ${scores}; right and named classes ${JSON.stringify(confusion)}`);
  return f1!;
}

for (const [Kind, lr] of [
  [Bag, 1e-2], // a maximum teaches few words at each step
  [Reader, 3e-3],
] as const) {
  let total = 0;
  for (let seed = 0; seed < seeds; seed++) {
    manualSeed(seed);
    const optimizer = (parameters: readonly Tensor[]) => new optim.Adam(parameters, { lr });
    const model = new Model(new Kind(), { optimizer, loss: 'crossEntropy' });
    // at rates that fall to nothing the last epochs hardly differ: nobody needs to choose among them
    const schedule = new optim.CosineAnnealingLR({ steps: epochs });
    await model.fit(tensors(learned), { epochs, batchSize: 32, schedule, verbose: false });
    total += await score(model);
  }
  const bar = { atLeast: 0.93, digits: 3, reference: 'naive Bayes 0.933' };
  result(`F1 of spam by a ${Kind.name}, mean of ${seeds} trainings`, total / seeds, bar);
}
