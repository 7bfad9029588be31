/** Runs the command line as a process of its own, on a small folder of digits. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { drawDigits, writeIdx } from '../../src/data/index.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What a process said and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** How to run a command. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Sends Ctrl-C when this text has come on standard output. */
  readonly interruptAt?: string;
}

/** Runs `tsgrad` with these words. */
export function tsgrad(words: readonly string[], options: RunOptions): Promise<Outcome> {
  const { TSGRAD_DATA: _data, DEBUG: _debug, ...inherited } = process.env;
  const child = spawn(process.execPath, [main, ...words], { cwd: options.cwd, env: { ...inherited, ...options.env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    const before = out;
    out += chunk.toString();
    const { interruptAt } = options;
    if (interruptAt !== undefined && out.includes(interruptAt) && !before.includes(interruptAt)) child.kill('SIGINT');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** Writes the four files of MNIST, with drawn digits in them, into `folder`/mnist. */
export async function writeDigits(folder: string, train: number, test: number): Promise<void> {
  await mkdir(join(folder, 'mnist'), { recursive: true });
  for (const [part, count, seed] of [
    ['train', train, 1],
    ['t10k', test, 2],
  ] as const) {
    const { images, shape, labels } = drawDigits({ count, seed });
    await writeFile(join(folder, 'mnist', `${part}-images-idx3-ubyte`), writeIdx({ shape, data: images }));
    await writeFile(join(folder, 'mnist', `${part}-labels-idx1-ubyte`), writeIdx({ shape: [count], data: labels }));
  }
}
