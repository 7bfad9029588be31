/** A wrong number, shape or dtype is seen; what rounding allows is not. */
import { describe, expect, test } from 'vitest';
import { Tensor } from '../../src/index.ts';
import type { GoldenTensor } from './case.ts';
import { difference, type FloatDtype, toleranceOf } from './compare.ts';

function floats(data: readonly number[], shape: readonly number[] = [data.length]): GoldenTensor {
  return { shape, dtype: 'float', data };
}

function compare(expected: GoldenTensor, got: Tensor, dtype: FloatDtype = 'float64'): string | undefined {
  return difference(expected, got, dtype, toleranceOf(dtype, false));
}

function doubles(...data: number[]): Tensor {
  return Tensor.from(Float64Array.from(data));
}

describe('difference', () => {
  test('passes what rounding to ten digits allows', () => {
    expect(compare(floats([0.3333333333, 1e10]), doubles(1 / 3, 1e10 + 0.1))).toBeUndefined();
  });

  test('names the first wrong element and how many there are', () => {
    const got = doubles(1, 2, 3, 4, 5.1, 6.1).reshape([2, 3]);
    expect(compare(floats([1, 2, 3, 4, 5, 6], [2, 3]), got)).toBe('[1, 1]: expected 5, got 5.1 (2 of 6 differ)');
    expect(compare(floats([2], []), doubles(1).reshape([]))).toBe('[]: expected 2, got 1');
  });

  test.each([
    [1, 1 + 2e-7],
    [-1e-6, 1e-6],
    [0, 1e-11],
    [1e-9, 0],
    [1e300, 1.001e300],
  ])('sees %d become %d in float64', (expected, got) => {
    expect(compare(floats([expected]), doubles(got))).toMatch(/expected/);
  });

  test('is as wide as float32, and a long sum is allowed more', () => {
    const got = Tensor.from([1.000008, 0.0000008]);
    expect(compare(floats([1, 0]), got, 'float32')).toBeUndefined();
    const off = Tensor.from([0.000008]);
    expect(compare(floats([0]), off, 'float32')).toMatch(/expected 0/);
    expect(difference(floats([0]), off, 'float32', toleranceOf('float32', true))).toBeUndefined();
    expect(compare(floats([1]), Tensor.from([1.00002]), 'float32')).toMatch(/expected 1/);
  });

  test('takes NaN for NaN, an infinity for itself, −0 for 0, and nothing else', () => {
    const special = [Number.NaN, Infinity, -Infinity, -0];
    expect(compare(floats(special), doubles(Number.NaN, Infinity, -Infinity, 0))).toBeUndefined();
    expect(compare(floats([Number.NaN]), doubles(0))).toMatch(/expected NaN, got 0/);
    expect(compare(floats([0]), doubles(Number.NaN))).toMatch(/got NaN/);
    expect(compare(floats([Infinity]), doubles(-Infinity))).toMatch(/expected Infinity/);
    expect(compare(floats([Infinity]), doubles(1e308))).toMatch(/expected Infinity/);
    expect(compare(floats([1e308]), doubles(Infinity))).toMatch(/got Infinity/);
  });

  test('expects the nearest float32, infinity where the number is too large', () => {
    expect(compare(floats([4.489612819e38]), Tensor.from([Infinity]), 'float32')).toBeUndefined();
    expect(compare(floats([3e38]), Tensor.from([Infinity]), 'float32')).toMatch(/expected/);
  });

  test('wants indices and bools exactly', () => {
    const int: GoldenTensor = { shape: [2], dtype: 'int', data: [1000000, 7] };
    expect(compare(int, Tensor.from([1000000, 7], { dtype: 'int32' }), 'float32')).toBeUndefined();
    expect(compare(int, Tensor.from([1000001, 7], { dtype: 'int32' }), 'float32')).toMatch(/expected 1000000/);
    const bool: GoldenTensor = { shape: [2], dtype: 'bool', data: [1, 0] };
    expect(compare(bool, Tensor.from([true, false]))).toBeUndefined();
    expect(compare(bool, Tensor.from([true, true]))).toMatch(/\[1\]: expected 0, got 1/);
  });

  test('sees another shape or dtype', () => {
    expect(compare(floats([1, 2], [2]), doubles(1, 2).reshape([2, 1]))).toBe('expected shape [2], got [2, 1]');
    expect(compare(floats([1], []), doubles(1))).toBe('expected shape [], got [1]');
    expect(compare(floats([1]), Tensor.from([1]))).toBe('expected float64, got float32');
    expect(compare({ shape: [1], dtype: 'int', data: [1] }, doubles(1))).toBe('expected int32, got float64');
  });
});
