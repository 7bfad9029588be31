/** What commands see of the process they run in. */
import process from 'node:process';
import type { io } from '../index.ts';

/** Where a command reads and writes. */
export interface Shell {
  /** Results. */
  readonly out: io.TextWriter;
  /** Progress and messages. */
  readonly err: io.TextWriter;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All that stands on standard input; undefined where that is a terminal. */
  input(): Promise<string> | undefined;
  /** Calls `stop` at the first Ctrl-C; a second one ends the process at once. */
  onInterrupt(stop: () => void): void;
}

/** The shell of this process. */
export const processShell: Shell = {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  input: () => (process.stdin.isTTY ? undefined : readAll()),
  onInterrupt(stop) {
    process.once('SIGINT', stop);
  },
};

async function readAll(): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of process.stdin)
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** Colours of a terminal. */
export type Colour = 'green' | 'red' | 'dim';

const codes: Readonly<Record<Colour, number>> = { green: 32, red: 31, dim: 2 };

/** Text in a colour, where results go to a terminal that shows them and NO_COLOR is not set. */
export function paint(shell: Shell, colour: Colour, text: string): string {
  const plain = shell.out.isTTY !== true || (shell.env.NO_COLOR ?? '') !== '' || shell.env.TERM === 'dumb';
  return plain ? text : `\x1b[${codes[colour]}m${text}\x1b[0m`;
}

/** Writes lines to standard output. */
export function print(shell: Shell, ...lines: readonly string[]): void {
  shell.out.write(`${lines.join('\n')}\n`);
}
