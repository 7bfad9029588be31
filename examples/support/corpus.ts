/** Texts for models of characters: the plays of Shakespeare in windows, and names in rows. */
import { readFile } from 'node:fs/promises';
import { Generator, nn, noGrad, Tensor } from '../../src/index.ts';
import { dataPath } from './data-folder.ts';

/** Some texts and, of each of their symbols, what follows: both int32 [B, T]. */
export interface Passages {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** What a model learns from, and what is held back. */
export interface Corpus {
  readonly symbols: Symbols;
  /** Random passages to learn from. */
  draw(count: number): Passages;
  readonly held: Passages;
  /** All texts, where they are many. */
  readonly known?: ReadonlySet<string>;
}

/** Characters as numbers: their places in the sorted set of those that a text has. */
export class Symbols {
  readonly characters: readonly string[];
  private readonly numbers: ReadonlyMap<string, number>;

  constructor(text: string) {
    this.characters = [...new Set(text)].sort();
    this.numbers = new Map(this.characters.map((character, i) => [character, i]));
  }

  get count(): number {
    return this.characters.length;
  }

  encode(text: string): Int32Array {
    return Int32Array.from(text, (character) => {
      const number = this.numbers.get(character);
      if (number === undefined) throw new Error(`the text has no ${JSON.stringify(character)}`);
      return number;
    });
  }

  decode(numbers: readonly number[]): string {
    return numbers.map((i) => this.characters[i]).join('');
  }
}

/** All plays as one text: random windows of its first 90 % to learn from, the rest in windows side by side. */
export async function shakespeare(length: number): Promise<Corpus> {
  const text = await readFile(dataPath('tinyshakespeare', 'input.txt'), 'utf8');
  const symbols = new Symbols(text);
  const all = Tensor.from(symbols.encode(text));
  const border = Math.floor(0.9 * all.size);
  const count = Math.floor((all.size - 1 - border) / length);
  const rest = (from: number) => all.narrow(0, border + from, count * length).reshape([count, length]);
  const draw = (count: number) => {
    const starts = Tensor.randint(0, border - length, [count, 1]);
    const at = starts.add(Tensor.arange(length + 1, { dtype: 'int32' })); // [count, length + 1]
    const windows = all.gather(0, at.flatten()).reshape(at.shape);
    return { x: windows.narrow(1, 0, length), y: windows.narrow(1, 1, length) };
  };
  return { symbols, draw, held: { x: rest(0), y: rest(1) } };
}

/** Names, a line break before and behind each; a tenth is held back. What follows the end is -100, which losses ignore. */
export async function names(length: number): Promise<Corpus> {
  const lines = (await readFile(dataPath('names', 'names.txt'), 'utf8')).trim().split('\n');
  const symbols = new Symbols(`\n${lines.join('')}`);
  const rows = lines.map((name) => symbols.encode(`\n${name}\n`));
  const padded = (from: number, filling: number) =>
    Tensor.from(
      rows.map((row) => Array.from({ length }, (_, i) => (i + from < row.length ? row[i + from]! : filling))),
      {
        dtype: 'int32',
      },
    );
  const [x, y] = [padded(0, 0), padded(1, -100)]; // [N, length]
  const pick = (rows: Tensor) => ({ x: x.indexSelect(0, rows), y: y.indexSelect(0, rows) });
  const order = Tensor.randperm(lines.length, { generator: new Generator(0) });
  const border = Math.floor(0.9 * lines.length);
  const draw = (count: number) => pick(order.gather(0, Tensor.randint(0, border, [count])));
  return { symbols, draw, held: pick(order.narrow(0, border, lines.length - border)), known: new Set(lines) };
}

/** The mean loss of all symbols that follow, over the first passages at most; `logits` are [B, T, V]. */
export function meanLoss({ x, y }: Passages, most: number, logits: (x: Tensor) => Tensor): number {
  const count = Math.min(most, x.shape[0]!);
  const targets = y.narrow(0, 0, count).split(128);
  const parts = x.narrow(0, 0, count).split(128);
  const sums = parts.map((part, i) =>
    noGrad(() => nn.crossEntropy(logits(part).flatten(0, 1), targets[i]!.flatten(), { reduction: 'sum' })).item(),
  );
  return sums.reduce((a, b) => a + b, 0) / y.narrow(0, 0, count).ge(0).sum().item();
}
