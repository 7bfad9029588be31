/** The examples that write texts run from end to end, in a few steps: what they reach takes longer. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const folder = process.env.TSGRAD_DATA ?? path('../shared/data');
const absent = ['tinyshakespeare', 'names'].filter((name) => !existsSync(`${folder}/${name}`));

async function outputOf(example: string, ...given: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [path(`examples/${example}`), ...given], { timeout: 60_000 });
  return stdout;
}

describe.skipIf(absent.length > 0)(`examples of texts${absent.map((name) => `; ${name} is not there`)}`, () => {
  it('characters.ts trains both cells and writes with each', async () => {
    const output = await outputOf('characters.ts', '--steps', '8', '--letters', '30', '--passages', '8');
    for (const name of ['RNN', 'LSTM']) {
      expect(output).toMatch(new RegExp(`^${name}, step 8: loss [34][.][0-9]+, `, 'm')); // log 65 is 4.17
    }
    const texts = output.matchAll(/validation loss [34]\.\d+\. It writes:\n\n(ROMEO:\n[\s\S]{30})\n/g);
    expect(new Set([...texts].map(([, text]) => text)).size).toBe(2);
    const [rnn, lstm, early] = output.split('\n').filter((line) => line.startsWith('result: '));
    expect(rnn).toMatch(/RNN.* \(at most 1\.86; /);
    expect(lstm).toMatch(/LSTM.* \(at most 1\.86\)$/);
    expect(early).toMatch(/LSTM.* \(at most 2\.2; /);
  });

  it('gpt.ts writes the same text with its cache and without, past the end of its window', async () => {
    const output = await outputOf('gpt.ts', '--steps', '3', '--letters', '150', '--passages', '8');
    expect(output).toMatch(/It writes:\n\nROMEO:\n/);
    expect(output).toContain('without the cache it writes the same text');
    expect(output).toMatch(/result: validation loss [34]\.\d+ \(at most 2\.05; PyTorch 1\.840\)/);
  });

  it('gpt.ts writes names, each to its end', async () => {
    const output = await outputOf('gpt.ts', '--data', 'names', '--steps', '8', '--passages', '64');
    expect(/It writes:\n\n([\s\S]*?)\n\n/.exec(output)?.[1]?.split('\n')).toHaveLength(20);
    expect(output).toMatch(/\d+ of 20 names are new\nwithout the cache it writes the same text/);
    expect(output).toMatch(/result: validation loss [23]\.\d+ /);
  });

  it('a choice that there is not is refused with those that there are', async () => {
    await expect(outputOf('gpt.ts', '--size', 'huge')).rejects.toThrow('--size: must be small or large; got huge');
  });
});
