/** The command line of an example: numbers by name, each with its default. */
import { parseArgs } from 'node:util';

/**
 * The numbers as given (`--epochs 2`), else their defaults; `--help` lists them and ends.
 * @example const { epochs, seed } = options({ epochs: 5, seed: 0 });
 */
export function options<T extends Readonly<Record<string, number>>>(defaults: T): T {
  const names = Object.keys(defaults);
  const numbers = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  const { help, ...values }: Readonly<Record<string, string | boolean | undefined>> = parseArgs({
    options: { ...numbers, help: { type: 'boolean', short: 'h' } },
  }).values;
  if (help) {
    console.log(`node ${process.argv[1]}\n${names.map((name) => `  --${name} ${defaults[name]}`).join('\n')}`);
    process.exit(0);
  }
  const out: Record<string, number> = { ...defaults };
  for (const name of names) {
    const text = values[name];
    if (typeof text !== 'string') continue;
    out[name] = Number(text);
    if (text === '' || !Number.isFinite(out[name])) throw new Error(`--${name}: must be a number; got ${text}`);
  }
  return out as T;
}
