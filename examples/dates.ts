/** Sequence to sequence with attention (Bahdanau et al. 2015): dates as people write them, to ISO dates. */
import { data, Generator, manualSeed, nn, noGrad, optim, Tensor } from '../src/index.ts';
import { calendar, inWords, iso } from './support/calendar.ts';
import { options } from './support/options.ts';
import { shade } from './support/picture.ts';
import { result } from './support/result.ts';

const { steps, batchSize, seed, beams, tests } = options({ steps: 800, batchSize: 64, seed: 0, beams: 4, tests: 1000 });
manualSeed(seed);

/** Symbols count from 1: 0 is padding in texts, and stands for the start of an ISO date. */
const letters = [..." ',-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];
const signs = [...'-0123456789'];
const end = signs.length + 1;
const symbolsOf = (text: string, alphabet: readonly string[]) => [...text].map((c) => alphabet.indexOf(c) + 1);
const textOf = (symbols: readonly number[]) => symbols.map((symbol) => signs[symbol - 1] ?? '?').join('');

/** What has been read, and how far the writer is. */
interface State {
  readonly memory: Tensor; // [B, Tin, 128]
  readonly padding: Tensor; // [B, Tin], true where nothing stands
  readonly cache: nn.KeyValueCache; // of the attention to the memory
  readonly hidden: Tensor; // [1, B, 128], the writer's state
}

class Translator extends nn.Module {
  readonly letters = new nn.Embedding(letters.length + 1, 32);
  readonly reader = new nn.GRU(64, { returnSequences: true, bidirectional: true });
  readonly signs = new nn.Embedding(end + 1, 32);
  readonly writer = new nn.GRU(128, { returnSequences: true });
  readonly attention = new nn.MultiHeadAttention(128, 1);
  readonly out = new nn.Dense(end + 1);

  /** Reads texts [B, Tin]. */
  read(texts: Tensor): State {
    const mask = texts.ne(0);
    const { output, state } = this.reader.forwardWithState(this.letters.forward(texts), { mask });
    const hidden = state.transpose(0, 1).reshape([1, -1, 128]); // both directions, [2, B, 64]
    return { memory: output, padding: mask.logicalNot(), cache: new nn.KeyValueCache(), hidden };
  }

  /** Of what follows each of these signs [B, T]: logits [B, T, V], and where the writer looked, [B, 1, T, Tin]. */
  write(symbols: Tensor, state: State) {
    const { memory, padding, cache } = state;
    const next = this.writer.forwardWithState(this.signs.forward(symbols), { initial: state.hidden });
    const options = { keyPaddingMask: padding, memoryCache: cache };
    const { output, weights } = this.attention.forwardWithWeights(next.output, memory, memory, options);
    const logits = this.out.forward(Tensor.concat([next.output, output], 2).tanh());
    return { logits, weights, state: { ...state, hidden: next.state } };
  }

  forward(texts: Tensor, symbols: Tensor): Tensor {
    return this.write(symbols, this.read(texts)).logits;
  }
}

// no date of the test is ever trained with, in any format
const order = Tensor.randperm(calendar.length, { generator: new Generator(seed) }).dataSync();
const shuffled = Array.from(order, (i) => calendar[i]!);
const [test, training] = [shuffled.slice(0, tests), shuffled.slice(tests)];
const textsOf = (words: readonly string[]) => data.padSequences(words.map((text) => symbolsOf(text, letters)));

const net = new Translator();
noGrad(() => net.forward(textsOf(['today']), Tensor.zeros([1, 1], { dtype: 'int32' }))); // sizes the layers
const optimizer = new optim.Adam(net.parameters(), { lr: 4e-3 });
const schedule = new optim.CosineAnnealingLR(optimizer, { steps });
for (let i = 1, total = 0; i <= steps; i++) {
  const dates = Array.from(Tensor.randint(0, training.length, [batchSize]).dataSync(), (k) => training[k]!);
  const target = data.padSequences(dates.map((date) => [0, ...symbolsOf(iso(date), signs), end])); // [B, 12]
  const logits = net.forward(textsOf(inWords(dates)), target.narrow(1, 0, 11)); // the right signs before each
  const loss = nn.crossEntropy(logits.transpose(), target.narrow(1, 1, 11));
  loss.backward();
  optim.clipGradNorm(net.parameters(), 1);
  optimizer.step();
  optimizer.zeroGrad();
  schedule.step();
  total += loss.item();
  if (i % 100 > 0 && i < steps) continue;
  console.log(`step ${i}: loss ${(total / (i % 100 || 100)).toFixed(4)}`);
  total = 0;
}

net.eval();
const step: nn.DecodingStep<State> = (symbols, before) => {
  const { logits, state } = net.write(symbols, before);
  return { logits: logits.select(1, -1), state };
};
const select = ({ memory, padding, cache, hidden }: State, rows: Tensor): State => ({
  memory: memory.indexSelect(0, rows),
  padding: padding.indexSelect(0, rows),
  cache: cache.select(rows),
  hidden: hidden.indexSelect(1, rows),
});
const right = { greedy: 0, beams: 0 };
for (let i = 0; i < tests; i += 100) {
  const dates = test.slice(i, i + 100);
  const words = inWords(dates);
  const state = noGrad(() => net.read(textsOf(words)));
  const decoding = { start: dates.map(() => [0]), state, maxLength: 11, end };
  const greedy = (await nn.generate(step, decoding)).map(textOf);
  const found = await nn.beamSearch(step, { ...decoding, beams, select });
  for (const [k, date] of dates.entries()) {
    const ranked = found[k]!.map(({ symbols, score }) => ({ text: textOf(symbols), p: Math.exp(score).toFixed(3) }));
    const [ok, okByBeams] = [greedy[k], ranked[0]!.text].map((text) => text === iso(date));
    if (ok) right.greedy++;
    if (okByBeams) right.beams++;
    if (i + k >= 10 && (i + k >= 200 || (ok && okByBeams))) continue; // shows some, and what is wrong among 200
    const candidates = ranked.slice(0, 2).map(({ text, p }) => `${text} (p ${p})`);
    console.log(`${words[k]!.padEnd(40)} ${greedy[k]} ${ok ? 'right' : 'WRONG'}; beams: ${candidates.join(', ')}`);
  }
}

const [longest] = inWords(test.slice(0, 20)).sort((a, b) => b.length - a.length);
const state = noGrad(() => net.read(textsOf([longest!])));
const [written] = await nn.generate(step, { start: [[0]], state, maxLength: 11, end });
const { weights } = noGrad(() => net.write(Tensor.from([[0, ...written!]], { dtype: 'int32' }), state)); // [1, 1, T, Tin]
console.log(`where the translator looks as it writes each sign:\n  ${longest}`);
for (const [t, looked] of weights.squeeze().unbind().entries()) {
  console.log(`${textOf(written!)[t] ?? ' '} ${Array.from(looked.dataSync(), shade).join('').trimEnd()}`);
}
const bar = { atLeast: 98, unit: ' %', digits: 1 };
result('dates never seen, exact by greedy search', (100 * right.greedy) / tests, bar);
result(`dates never seen, exact by ${beams} beams`, (100 * right.beams) / tests, bar);
