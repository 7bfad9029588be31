/** Fresh arrays: zero-filled, and none over another, whether their buffers are shared or not. */
import { expect, test } from 'vitest';
import { allocate, type Dtype, dtypes, duplicate, type TypedArray } from '../../src/core/dtype.ts';
import { DeviceError } from '../../src/core/errors.ts';

const sizes = [0, 1, 3, 15, 16, 17, 31, 64, 100, 129, 255, 256, 257, 1000, 1024, 1025];

test('arrays of every dtype and size start at zero and overlap no other', () => {
  const made: { readonly array: TypedArray; readonly mark: number }[] = [];
  for (let round = 0; round < 20; round++) {
    for (const size of sizes) {
      for (const dtype of dtypes) made.push(mark(dtype, size, made.length));
    }
  }
  for (const { array, mark } of made) expect(array.every((x) => x === mark)).toBe(true);
});

/** An array that was checked to be zero, filled with a number of its own. */
function mark(dtype: Dtype, size: number, index: number): { readonly array: TypedArray; readonly mark: number } {
  const array = allocate(dtype, size);
  expect(array).toHaveLength(size);
  expect(array.every((x) => x === 0)).toBe(true);
  const mark = 1 + (index % 200); // fits the bytes of a bool
  array.fill(mark);
  return { array, mark };
}

test('a shared buffer is small, so that one array keeps little alive', () => {
  for (const size of [17, 100, 256]) expect(allocate('float32', size).buffer.byteLength).toBeLessThanOrEqual(8192);
});

test('more than there is memory for is an error that says how much', () => {
  expect(() => allocate('float64', 1e12)).toThrow(DeviceError);
  expect(() => allocate('float64', 1e12)).toThrow(/8000000000000 bytes/);
});

test('duplicates hold the same elements in memory of their own, shared or not, small or large', () => {
  for (const size of sizes) {
    for (const dtype of dtypes) {
      const array = allocate(dtype, size);
      for (let i = 0; i < size; i++) array[i] = i % 100;
      const copy = duplicate(dtype, array);
      expect(copy.constructor).toBe(array.constructor);
      expect(copy).toEqual(array);
      array.fill(101);
      expect(copy.every((x, i) => x === i % 100)).toBe(true);
    }
  }
  const shared = new Float32Array(new SharedArrayBuffer(4 * 1000)).fill(3);
  expect(duplicate('float32', shared).buffer).toBeInstanceOf(ArrayBuffer);
});
