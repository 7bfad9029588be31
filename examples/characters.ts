/** Shakespeare letter by letter: recurrent layers learn which character follows, and write a scene of their own. */
import { manualSeed, nn, optim, type Tensor } from '../src/index.ts';
import { meanLoss, shakespeare } from './support/corpus.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { cell, steps, letters, passages, seed } = options({
  cell: ['both', 'rnn', 'lstm'],
  steps: 1000,
  letters: 500,
  passages: 10_000, // to validate on, at most
  seed: 0,
});
const { symbols, draw, held } = await shakespeare(64);

/** Symbols [B, T] → logits of what follows each of them, [B, T, V], and the state at the end. */
class CharacterModel<S> extends nn.Module {
  readonly embedding = new nn.Embedding(symbols.count, 64);
  readonly recurrent: nn.Recurrent<S>;
  readonly head = new nn.Dense(symbols.count);

  constructor(recurrent: nn.Recurrent<S>) {
    super();
    this.recurrent = recurrent;
  }

  override forward(x: Tensor, initial?: S): { logits: Tensor; state: S } {
    const { output, state } = this.recurrent.forwardWithState(this.embedding.forward(x), { initial });
    return { logits: this.head.forward(output), state };
  }

  /** What follows, with the state carried from character to character. */
  async write(start: string, count: number): Promise<string> {
    const step: nn.DecodingStep<S | undefined> = (x, before) => {
      const { logits, state } = this.forward(x, before);
      return { logits: logits.select(1, -1), state };
    };
    const choose = (logits: Tensor) => nn.sample(logits, { temperature: 0.8 });
    const prompt = [[...symbols.encode(start)]];
    const [next] = await nn.generate(step, { start: prompt, state: undefined, maxLength: count, choose });
    return start + symbols.decode(next!);
  }
}

/** The loss of each step, as it was before the step. */
async function learn<S>(name: string, recurrent: nn.Recurrent<S>): Promise<readonly number[]> {
  const model = new CharacterModel(recurrent).build([1, 1], { dtype: 'int32' });
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const losses: number[] = [];
  const start = performance.now();
  for (let step = 1; step <= steps; step++) {
    const { x, y } = draw(32);
    const loss = nn.crossEntropy(model.forward(x).logits.flatten(0, 1), y.flatten()); // each starts from the state 0
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    losses.push(loss.item());
    if (step % 100 === 0 || step === steps) {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${name}, step ${step}: loss ${lastMean(losses, step).toFixed(3)}, ${seconds} s`);
    }
  }
  const validation = meanLoss(held, passages, (x) => model.forward(x).logits);
  console.log(`${name}: validation loss ${validation.toFixed(3)}. It writes:\n`);
  console.log(`${await model.write('ROMEO:\n', letters)}\n`);
  return losses;
}

/** The mean loss of the last 50 of so many steps. */
function lastMean(losses: readonly number[], count: number): number {
  const last = losses.slice(0, count).slice(-50);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}

const sequences = { returnSequences: true } as const;
manualSeed(seed);
const rnn = cell === 'lstm' ? undefined : await learn('RNN', new nn.SimpleRNN(128, sequences));
manualSeed(seed);
const lstm = cell === 'rnn' ? undefined : await learn('LSTM', new nn.LSTM(128, sequences));
const what = (name: string, count: number) => `mean training loss of the ${name}'s last 50 of ${count} steps`;
if (rnn) {
  result(what('RNN', steps), lastMean(rnn, steps), { atMost: 1.86, digits: 3, reference: 'PyTorch 1.836 after 1000' });
}
if (lstm) {
  result(what('LSTM', steps), lastMean(lstm, steps), { atMost: 1.86, digits: 3 });
  const count = Math.min(300, steps);
  result(what('LSTM', count), lastMean(lstm, count), { atMost: 2.2, digits: 3, reference: 'PyTorch 2.184 after 300' });
}
