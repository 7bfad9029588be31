/** Every example runs from end to end, on little data and in a few steps: what they reach takes longer. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { data } from '../../src/index.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..', '..');
const real = process.env.TSGRAD_DATA ?? join(root, '..', 'shared', 'data');
let little: string;

async function outputOf(name: string, ...given: readonly string[]): Promise<string> {
  const env = { ...process.env, TSGRAD_DATA: little, TMPDIR: little };
  const path = join(root, 'examples', 'main.ts');
  const { stdout } = await run(process.execPath, [path, name, ...given], { timeout: 60_000, env });
  return stdout;
}

/** The lines that begin with `result:`, their numbers as #. */
async function resultsOf(name: string, ...given: readonly string[]): Promise<string[]> {
  const lines = (await outputOf(name, ...given)).split('\n').filter((line) => line.startsWith('result: '));
  expect(lines.join()).not.toContain('NaN');
  return lines.map((line) => line.replace(/ \(at (?:least|most) .*\)$/, '').replaceAll(/\d+\.\d+/g, '#'));
}

/** Pictures in the formats and under the names of MNIST and of the CIFAR subset, and what else there is. */
beforeAll(async () => {
  little = await mkdtemp(join(tmpdir(), 'tsgrad-examples-'));
  await Promise.all(['mnist', 'cifar10-subset'].map((folder) => mkdir(join(little, folder))));
  for (const [part, seed] of [
    ['train', 1],
    ['t10k', 2],
  ] as const) {
    const { images, labels, shape } = data.drawDigits({ count: 1000, seed });
    const write = (name: string, bytes: Uint8Array) => writeFile(join(little, 'mnist', `${part}-${name}`), bytes);
    await write('images-idx3-ubyte', data.writeIdx({ shape, data: images }));
    await write('labels-idx1-ubyte', data.writeIdx({ shape: [1000], data: labels }));
  }
  for (const [name, count] of [
    ['train_4000', 64],
    ['test_1000', 32],
  ] as const) {
    const records = Uint8Array.from({ length: count * 3073 }, (_, i) =>
      i % 3073 === 0 ? (i / 3073) % 10 : (i * 7) % 256,
    );
    await writeFile(join(little, 'cifar10-subset', `${name}.bin.gz`), gzipSync(records));
  }
  for (const folder of ['sklearn', 'sms-spam'].filter((name) => existsSync(join(real, name)))) {
    await symlink(resolve(real, folder), join(little, folder));
  }
});
afterAll(() => rm(little, { recursive: true }));

/** What needs the data sets that nobody can draw. */
function withReal(folder: string) {
  const absent = !existsSync(join(real, folder));
  if (absent) console.warn(`${join(real, folder)} is not there: examples that read it are not tested; set TSGRAD_DATA`);
  return it.skipIf(absent);
}

describe('examples, shortly', () => {
  it('mnist-mlp', async () => {
    expect(await resultsOf('mnist-mlp', '--epochs', '1')).toEqual(['result: test accuracy # %']);
  });

  it('mnist-lenet', async () => {
    expect(await resultsOf('mnist-lenet', '--epochs', '1')).toEqual([
      'result: test accuracy by SGD with momentum # %',
      'result: test accuracy by Adam # %',
    ]);
  });

  it('cifar-cnn', async () => {
    expect(await resultsOf('cifar-cnn', '--epochs', '1')).toEqual(['result: test accuracy # %']);
  });

  it('autoencoder', async () => {
    expect(await resultsOf('autoencoder', '--epochs', '1')).toEqual([
      'result: error of the autoencoder #',
      'result: error of the variational one #',
    ]);
  });

  it('gan', async () => {
    expect(await resultsOf('gan', '--epochs', '1')).toEqual(['result: samples that the classifier reads as asked # %']);
  });

  it('recommender', async () => {
    expect(await resultsOf('recommender', '--epochs', '1', '--ratings', '2000')).toEqual([
      'result: Factorisation: test RMSE / noise #',
      'result: Neural: test RMSE / noise #',
    ]);
  });

  it('dates', async () => {
    const [steps, size] = [
      ['--steps', '5'],
      ['--tests', '10', '--batchSize', '8', '--beams', '3'],
    ];
    expect(await resultsOf('dates', ...steps!, ...size!)).toEqual([
      'result: dates never seen, exact by greedy search # %',
      'result: dates never seen, exact by 3 beams # %',
    ]);
  });

  withReal('sms-spam')('spam', async () => {
    expect(await resultsOf('spam', '--epochs', '1', '--seeds', '1', '--messages', '300', '--longest', '8')).toEqual([
      'result: F1 of spam by a Bag, mean of 1 trainings #',
      'result: F1 of spam by a Reader, mean of 1 trainings #',
    ]);
  });

  withReal('sklearn')('iris', async () => {
    expect(await resultsOf('iris', '--epochs', '2')).toEqual(['result: mean accuracy # %']);
  });

  withReal('sklearn')('digits-two-branches', async () => {
    expect(await resultsOf('digits-two-branches', '--epochs', '1')).toEqual(['result: test accuracy # %']);
  });
});

describe('npm run example', () => {
  it('lists every example with what it shows', async () => {
    const path = join(root, 'examples', 'main.ts');
    const listed = (await run(process.execPath, [path])).stdout.split('\n\n')[0]!.split('\n');
    const files = (await readdir(join(root, 'examples'))).filter((file) => /\.ts$/.test(file) && file !== 'main.ts');
    expect(listed.map((line) => line.split(' ')[0])).toEqual(files.map((file) => file.slice(0, -3)).sort());
    for (const line of listed) expect(line).toMatch(/^[a-z-]+ +[A-Z].{20,}[.]$/);
  });

  it('refuses a name that is none, and lists those that there are', async () => {
    await expect(outputOf('irs')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('irs: no such example'),
      stdout: expect.stringContaining('\niris '),
    });
  });
});
