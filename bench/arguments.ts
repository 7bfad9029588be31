/** The benchmark's command line: what may be asked for, and how a mistake in it is told. */
import { parseArgs } from 'node:util';
import type { Missing, Work } from './work.ts';

/** What was asked for. */
export interface Arguments {
  /** Only works whose name contains this, whatever the case. */
  readonly only: string | undefined;
  readonly threads: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** A command line that cannot be understood; the message says why and what to do. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

export const help: string = `npm run bench -- [options]

Measures the library's speed: one row per work, with the least and the median time of many runs.

  --only NAME    only works whose name contains NAME, such as "matmul" or "B mlp b32"
  --threads N    threads of the engine (default 1)
  --json         one JSON object per line instead of a table
  --help         this text and the names of all works

A mode says what is in the time: "eager" everything that user code pays for, "kernel" the bare kernel, "jit" a
compiled program.
`;

/** Reads the arguments that follow the script's name. */
export function readArguments(args: readonly string[]): Arguments {
  const values = parse(args);
  const threads = values.threads ?? '1';
  if (!/^[1-9]\d*$/.test(threads) || Number(threads) > 256) {
    throw new UsageError(`--threads: must be a whole number from 1 to 256; got ${JSON.stringify(threads)}`);
  }
  return { only: values.only, threads: Number(threads), json: values.json, help: values.help };
}

function parse(args: readonly string[]): { only?: string; threads?: string; json: boolean; help: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        threads: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`${error.message} (see --help)`) : error;
  }
}

/** The works that `only` names; all of them without it. */
export function choose<W extends Work | Missing>(works: readonly W[], only: string | undefined): W[] {
  if (only === undefined) return [...works];
  const wanted = only.trim().toLowerCase();
  const chosen = works.filter(({ name }) => wanted !== '' && name.toLowerCase().includes(wanted));
  if (chosen.length > 0) return chosen;
  throw new UsageError(
    `--only: no work has this in its name; got ${JSON.stringify(only)}; the works are\n${nameList(works)}`,
  );
}

/** The names of works, one a line. */
export function nameList(works: readonly (Work | Missing)[]): string {
  return [...new Set(works.map(({ name }) => `  ${name}`))].join('\n');
}
