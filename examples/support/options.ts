/** The command line of an example: numbers and choices by name, each with its default. */
import { parseArgs } from 'node:util';

/** What an option may be: a number, its default; or one of several words, the first by default. */
type Choices = Readonly<Record<string, number | readonly string[]>>;
type Chosen<T extends Choices> = { readonly [K in keyof T]: T[K] extends readonly (infer Word)[] ? Word : number };

/**
 * The options as given (`--epochs 2 --cell lstm`), else their defaults; `--help` lists them and ends.
 * @example const { epochs, cell } = options({ epochs: 5, cell: ['rnn', 'lstm'] });
 */
export function options<const T extends Choices>(defaults: T): Chosen<T> {
  const names = Object.keys(defaults);
  const texts = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  const { help, ...values }: Readonly<Record<string, string | boolean | undefined>> = parseArgs({
    options: { ...texts, help: { type: 'boolean', short: 'h' } },
  }).values;
  if (help) {
    const lines = names.map((name) => `  --${name} ${[defaults[name]].flat().join(' | ')}`);
    console.log(`node ${process.argv[1]}\n${lines.join('\n')}`);
    process.exit(0);
  }
  return Object.fromEntries(names.map((name) => [name, choose(name, defaults[name]!, values[name])])) as Chosen<T>;
}

function choose(name: string, by: number | readonly string[], text: string | boolean | undefined): number | string {
  if (typeof text !== 'string') return typeof by === 'number' ? by : by[0]!;
  if (typeof by !== 'number') {
    if (by.includes(text)) return text;
    throw new Error(`--${name}: must be ${by.join(' or ')}; got ${text}`);
  }
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) throw new Error(`--${name}: must be a number; got ${text}`);
  return number;
}
