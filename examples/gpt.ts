/** A small GPT: attention over the characters of Shakespeare, or of names, and texts written with cached keys and values. */
import { Generator, manualSeed, nn, optim, Tensor } from '../src/index.ts';
import { meanLoss, names, shakespeare } from './support/corpus.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const given = options({
  data: ['shakespeare', 'names'],
  size: ['small', 'large'],
  steps: 0, // as many as the size takes
  letters: 500,
  passages: 10_000, // to validate on, at most
  seed: 0,
});
/** `length` is that of the windows. The large one gets the steps of half an hour, not those that it could use. */
const sizes = {
  small: { width: 128, blocks: 2, heads: 4, length: 64, batchSize: 16, steps: 1500, dropout: 0, warmup: 0 },
  large: { width: 256, blocks: 4, heads: 8, length: 128, batchSize: 8, steps: 1000, dropout: 0.1, warmup: 100 },
} as const;
const { width, blocks, heads, dropout, warmup, ...size } = sizes[given.size];
const steps = given.steps || size.steps;
const tasks = {
  shakespeare: { ...size, prompts: ['ROMEO:\n'], letters: given.letters, end: undefined, atMost: 2.05 },
  names: { length: 16, batchSize: 64, prompts: Array<string>(20).fill('\n'), letters: 15, end: 0, atMost: 2.1 },
};
const { length, batchSize, prompts, letters, end, atMost } = tasks[given.data];
const { symbols, draw, held, known } = await { shakespeare, names }[given.data](length);

/** Symbols [B, T] → logits of what follows each of them, [B, T, V]. */
class GPT extends nn.Module {
  // as small as the positions, or these would not be heard for long
  readonly symbols = new nn.Embedding(symbols.count, width, {
    initializer: (s, o) => nn.init.normal(s, { ...o, std: 0.02 }),
  });
  readonly positions = new nn.LearnedPositions(length, width);
  readonly body: nn.TransformerEncoder;
  readonly head = new nn.Dense(symbols.count, { inFeatures: width });

  constructor() {
    super();
    const block = { ffFeatures: 4 * width, activation: 'geluTanh', normFirst: true, causal: true, dropout } as const;
    const layers = Array.from({ length: blocks }, () => new nn.TransformerEncoderLayer(width, heads, block));
    this.body = new nn.TransformerEncoder(layers, { norm: new nn.LayerNorm(width) });
  }

  /** With a cache, `x` is what follows the symbols that it has seen. */
  override forward(x: Tensor, cache?: nn.KeyValueCache): Tensor {
    const embedded = this.positions.forward(this.symbols.forward(x), { offset: cache?.length ?? 0 });
    return this.head.forward(this.body.forward(embedded, { cache }));
  }
}

manualSeed(given.seed);
const model = new GPT();
const optimizer = warmup
  ? new optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.1 })
  : new optim.Adam(model.parameters(), { lr: 1e-3 });
const fall = new optim.CosineAnnealingLR({ steps: Math.max(1, steps - warmup), etaMin: 1e-4 });
const schedule = warmup ? new optim.WarmupLR(optimizer, { steps: warmup, next: fall }) : undefined;
const start = performance.now();
let total = 0;
for (let step = 1; step <= steps; step++) {
  const { x, y } = draw(batchSize);
  const loss = nn.crossEntropy(model.forward(x).flatten(0, 1), y.flatten());
  loss.backward();
  if (schedule) optim.clipGradNorm(model.parameters(), 1);
  optimizer.step();
  optimizer.zeroGrad();
  schedule?.step();
  total += loss.item();
  if (step % 100 > 0 && step < steps) continue;
  const mean = total / (((step - 1) % 100) + 1);
  console.log(`step ${step}: loss ${mean.toFixed(3)}, ${Math.round((performance.now() - start) / 1000)} s`);
  total = 0;
}
model.eval();

interface Context {
  readonly seen: Tensor;
  readonly cache: nn.KeyValueCache;
}

/** One text per prompt. Where the window is full, it goes on from the window's last half. */
async function write(cached: boolean): Promise<{ readonly texts: readonly string[]; readonly seconds: number }> {
  const start = performance.now();
  const step: nn.DecodingStep<Context> = (fresh, { seen, cache }) => {
    const all = Tensor.concat([seen, fresh], 1);
    const full = all.shape[1]! > length;
    const state = full
      ? { seen: all.narrow(1, -length / 2, length / 2), cache: new nn.KeyValueCache() }
      : { seen: all, cache };
    const y = cached ? model.forward(full ? state.seen : fresh, state.cache) : model.forward(state.seen);
    return { logits: y.select(1, -1), state };
  };
  const generator = new Generator(given.seed);
  const written = await nn.generate(step, {
    start: prompts.map((prompt) => [...symbols.encode(prompt)]),
    state: { seen: Tensor.zeros([prompts.length, 0], { dtype: 'int32' }), cache: new nn.KeyValueCache() },
    maxLength: letters,
    end,
    choose: (logits) => nn.sample(logits, { temperature: 0.8, generator }),
  });
  const texts = written.map((text, i) => prompts[i] + symbols.decode(text));
  return { texts, seconds: (performance.now() - start) / 1000 };
}

const [cached, uncached] = [await write(true), await write(false)];
console.log(`\nIt writes:\n\n${cached.texts.map((text) => text.trim()).join('\n')}\n`);
if (known) {
  const fresh = cached.texts.filter((text) => !known.has(text.trim()));
  console.log(`${fresh.length} of ${cached.texts.length} names are new`);
}
const equal = cached.texts.every((text, i) => text === uncached.texts[i]) ? 'the same' : 'another';
console.log(
  `without the cache it writes ${equal} text, in ${uncached.seconds.toFixed(2)} s instead of ${cached.seconds.toFixed(2)}`,
);
const loss = meanLoss(held, given.passages, (x) => model.forward(x));
const ofSize = { small: 'PyTorch 1.840', large: 'the small one 1.845' }[given.size];
const reference = given.data === 'names' ? 'makemore about 1.92, after many more steps' : ofSize;
result('validation loss', loss, { atMost, digits: 3, reference });
