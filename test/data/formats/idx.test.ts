/** IDX: every type, gzip, real MNIST files, and what happens to files that are damaged or lie. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FormatError, ShapeError } from '../../../src/core/errors.ts';
import { type IdxData, readIdx, writeIdx } from '../../../src/data/formats/idx.ts';
import { flips, truncations } from '../damage.ts';
import { hasRealData, realData } from '../real-data.ts';

const arrays: readonly [name: string, data: IdxData][] = [
  ['uint8', Uint8Array.of(0, 1, 127, 128, 255, 7)],
  ['int8', Int8Array.of(0, 1, 127, -128, -1, 7)],
  ['int16', Int16Array.of(0, 1, 32767, -32768, -1, 258)],
  ['int32', Int32Array.of(0, 1, 2 ** 31 - 1, -(2 ** 31), -1, 16909060)],
  ['float32', Float32Array.of(0, 1.5, -0, Number.POSITIVE_INFINITY, -1e-45, 3.4e38)],
  ['float64', Float64Array.of(0, Math.PI, -0, Number.NaN, 5e-324, 1e308)],
];

describe('readIdx', () => {
  it.each(arrays)('reads what writeIdx wrote: %s', async (dtype, data) => {
    const read = await readIdx(writeIdx({ shape: [2, 3], data }));
    expect(read).toEqual({ shape: [2, 3], dtype, data });
  });

  it('reads big-endian numbers at any offset of a buffer', async () => {
    const bytes = Uint8Array.of(9, 9, 9, 0, 0, 0x0b, 1, 0, 0, 0, 2, 0x01, 0x02, 0xff, 0xfe);
    const read = await readIdx(bytes.subarray(3));
    expect(read).toEqual({ shape: [2], dtype: 'int16', data: Int16Array.of(258, -2) });
  });

  it('takes a scalar and an empty array', async () => {
    expect((await readIdx(writeIdx({ shape: [], data: Int8Array.of(5) }))).data).toEqual(Int8Array.of(5));
    expect((await readIdx(writeIdx({ shape: [0, 4294967295], data: new Uint8Array(0) }))).shape).toEqual([
      0, 4294967295,
    ]);
  });

  it('unpacks gzip', async () => {
    const packed = gzipSync(writeIdx({ shape: [6], data: arrays[3]![1] }));
    expect((await readIdx(packed)).data).toEqual(arrays[3]![1]);
  });

  it('copies: the result does not share the bytes', async () => {
    const bytes = writeIdx({ shape: [1], data: Uint8Array.of(1) });
    const { data } = await readIdx(bytes);
    bytes[bytes.length - 1] = 9;
    expect(data[0]).toBe(1);
  });

  it.each([
    ['a wrong magic number', Uint8Array.of(0, 1, 8, 1, 0, 0, 0, 0), 'got 00 01 08 01'],
    ['an unknown type', Uint8Array.of(0, 0, 0x0a, 1, 0, 0, 0, 0), 'got 00 00 0a 01'],
    ['no bytes', new Uint8Array(0), 'got 0 bytes'],
    ['missing sizes', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1), 'at offset 8'],
    ['missing elements', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7), 'got 1 bytes at offset 8, where uint8 [2] needs 2'],
    ['elements left over', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7, 7), 'go on after the last element'],
    ['sizes whose product wraps 2^32', Uint8Array.of(0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0), '4294967296'],
    ['sizes whose product passes 2^53', Uint8Array.of(0, 0, 8, 3, ...new Array(12).fill(255)), 'end early'],
  ])('refuses %s', async (_, bytes, part) => {
    const error = await readIdx(bytes, { name: 'digits.idx' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toContain('digits.idx: ');
    expect(String(error)).toContain(part);
  });

  it('refuses damaged gzip', async () => {
    const packed = gzipSync(writeIdx({ shape: [6], data: arrays[0]![1] }));
    for (const bytes of truncations(packed)) await expect(readIdx(bytes)).rejects.toBeInstanceOf(FormatError);
  });

  it('reads or refuses any damaged file, and never throws anything else', async () => {
    const file = writeIdx({ shape: [2, 3], data: arrays[2]![1] });
    for (const bytes of truncations(file)) await expect(readIdx(bytes)).rejects.toBeInstanceOf(FormatError);
    for (const bytes of flips(file, 400)) {
      await readIdx(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
    }
  });
});

describe('writeIdx', () => {
  it('refuses a shape that does not fit', () => {
    expect(() => writeIdx({ shape: [2, 2], data: new Uint8Array(3) })).toThrow(ShapeError);
    expect(() => writeIdx({ shape: [-1], data: new Uint8Array(0) })).toThrow(ShapeError);
  });

  it.runIf(hasRealData)('writes the bytes of a real file again (needs the shared data)', async () => {
    const { gunzipSync } = await import('node:zlib');
    const original = gunzipSync(readFileSync(realData('mnist', 't10k-labels-idx1-ubyte.gz')));
    const array = await readIdx(original);
    expect(array.shape).toEqual([10000]);
    expect(Buffer.from(writeIdx(array)).equals(original)).toBe(true);
  });
});
