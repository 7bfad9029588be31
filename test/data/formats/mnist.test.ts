/** MNIST folders: where the files may lie, what is said when they are missing or do not fit. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileError, FormatError } from '../../../src/core/errors.ts';
import { writeIdx } from '../../../src/data/formats/idx.ts';
import { loadMnist } from '../../../src/data/formats/mnist.ts';
import { hasRealData, realData } from '../real-data.ts';

const images = writeIdx({ shape: [2, 1, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
const labels = writeIdx({ shape: [2], data: Uint8Array.of(7, 9) });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsgrad-mnist-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function fill(at: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await mkdir(at, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(at, name), bytes);
}

const complete = {
  'train-images-idx3-ubyte': images,
  'train-labels-idx1-ubyte.gz': gzipSync(labels),
  't10k-images-idx3-ubyte.gz': gzipSync(images),
  't10k-labels-idx1-ubyte': labels,
};

describe('loadMnist', () => {
  it.each(['.', 'mnist'])('finds packed and unpacked files in %s', async (child) => {
    await fill(join(folder, child), complete);
    const sets = await loadMnist(`${folder}/`);
    for (const set of [sets.train, sets.test]) {
      expect(set).toEqual({ images: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 1, 3], labels: Uint8Array.of(7, 9) });
    }
  });

  it('lists what it looked for', async () => {
    await fill(folder, { 'train-images-idx3-ubyte': images });
    const error = await loadMnist(folder).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    for (const path of ['/train-labels-idx1-ubyte,', '/train-labels-idx1-ubyte.gz', '/mnist/train-labels-idx1-ubyte']) {
      expect(String(error)).toContain(folder + path);
    }
    await expect(loadMnist(join(folder, 'absent'))).rejects.toBeInstanceOf(FileError);
  });

  it('refuses images and labels of other counts, and files of another kind', async () => {
    const three = writeIdx({ shape: [3], data: Uint8Array.of(1, 2, 3) });
    await fill(folder, { ...complete, 'train-labels-idx1-ubyte.gz': three });
    await expect(loadMnist(folder)).rejects.toThrow('got 2 images and 3 labels');
    await fill(folder, { ...complete, 't10k-images-idx3-ubyte.gz': labels });
    await expect(loadMnist(folder)).rejects.toThrow('must hold bytes with 3 dims; got uint8 [2]');
    await fill(folder, { ...complete, 't10k-images-idx3-ubyte.gz': images.slice(0, -1) });
    const error = await loadMnist(folder).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toContain('t10k-images-idx3-ubyte.gz');
  });

  it.runIf(hasRealData)('reads the real files (needs the shared data)', async () => {
    const { train, test } = await loadMnist(realData());
    expect(train.shape).toEqual([60000, 28, 28]);
    expect(test.shape).toEqual([10000, 28, 28]);
    const counts = new Array(10).fill(0);
    for (const label of train.labels) counts[label]++;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  });
});
