/** CIFAR's binary records: both variants, the real subset, truncated files and labels out of range. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ArgumentError, FileError, FormatError } from '../../../src/core/errors.ts';
import { cifar10Classes, loadCifar, readCifar } from '../../../src/data/formats/cifar.ts';
import { hasRealData, realData } from '../real-data.ts';

/** Records whose image bytes tell their record and place. */
function records(labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((label, i) => [...label, ...Array.from({ length: 3072 }, (_, j) => (i + j) & 255)]),
  );
}

describe('readCifar', () => {
  it('reads CIFAR-10 records', async () => {
    const read = await readCifar(records([[3], [9]]));
    expect(read.shape).toEqual([2, 3, 32, 32]);
    expect(read.labels).toEqual(Uint8Array.of(3, 9));
    expect(read.coarseLabels.length).toBe(0);
    expect(Array.from(read.images.subarray(3072, 3076))).toEqual([1, 2, 3, 4]);
  });

  it('reads CIFAR-100 records, coarse label first, gzipped', async () => {
    const read = await readCifar(
      gzipSync(
        records([
          [19, 99],
          [0, 42],
        ]),
      ),
      { variant: 'cifar100' },
    );
    expect(read.labels).toEqual(Uint8Array.of(99, 42));
    expect(read.coarseLabels).toEqual(Uint8Array.of(19, 0));
    expect(Array.from(read.images.subarray(0, 3))).toEqual([0, 1, 2]);
  });

  it('refuses truncated files, labels out of range and no records', async () => {
    const file = records([[3], [4]]);
    for (const length of [0, 1, 3072, 3074, 6145]) {
      const error = await readCifar(file.slice(0, length), { name: 'batch.bin' }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(FormatError);
      expect(String(error)).toContain(`batch.bin: not a whole number of CIFAR records; got ${length} bytes`);
    }
    await expect(readCifar(records([[3], [10]]))).rejects.toThrow(
      'label of record 1 at offset 3073 is out of range; got 10',
    );
    await expect(readCifar(records([[20, 1]]), { variant: 'cifar100' })).rejects.toThrow('got 20; labels are 0 to 19');
    await expect(readCifar(records([[1, 100]]), { variant: 'cifar100' })).rejects.toThrow(
      'got 100; labels are 0 to 99',
    );
  });
});

describe('loadCifar', () => {
  it('puts files one after another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tsgrad-cifar-'));
    try {
      const paths = ['a.bin', 'b.bin'].map((name) => join(folder, name));
      await writeFile(paths[0]!, records([[1], [2]]));
      await writeFile(paths[1]!, records([[3]]));
      const read = await loadCifar(paths);
      expect(read.shape).toEqual([3, 3, 32, 32]);
      expect(read.labels).toEqual(Uint8Array.of(1, 2, 3));
      expect(read.images.length).toBe(3 * 3072);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses a missing file and an empty list', async () => {
    await expect(loadCifar('/nowhere/batch.bin')).rejects.toBeInstanceOf(FileError);
    await expect(loadCifar([])).rejects.toBeInstanceOf(ArgumentError);
  });

  it.runIf(hasRealData)('reads the real subset (needs the shared data)', async () => {
    const read = await loadCifar(realData('cifar10-subset', 'test_1000.bin.gz'));
    expect(read.shape[0]).toBe(1000);
    // The first test images of CIFAR-10 are a cat, two ships and an airplane.
    expect(Array.from(read.labels.subarray(0, 4), (label) => cifar10Classes[label])).toEqual([
      'cat',
      'ship',
      'ship',
      'airplane',
    ]);
  });
});
