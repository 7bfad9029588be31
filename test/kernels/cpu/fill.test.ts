/** One value everywhere and counts along a dim, as each dtype has them. */
import { describe, expect, it } from 'vitest';
import { full, iota } from '../../../kernels/cpu/fill.ts';

describe('full', () => {
  it('keeps the sign of zero', () => {
    const got = full({ shape: [3], value: -0, dtype: 'float32' });
    expect([...got].every((v) => Object.is(v, -0))).toBe(true);
  });

  it('converts as a cast does', () => {
    expect(full({ shape: [1], value: 3e9, dtype: 'int32' })).toEqual(Int32Array.of(2147483647));
    expect(full({ shape: [1], value: -2.7, dtype: 'int32' })).toEqual(Int32Array.of(-2));
    expect(full({ shape: [2], value: 0.5, dtype: 'bool' })).toEqual(Uint8Array.of(1, 1));
    expect(full({ shape: [], value: 0.1, dtype: 'float32' })).toEqual(Float32Array.of(0.1));
  });
});

describe('iota', () => {
  it('counts along its dim and repeats over the others', () => {
    expect([...iota({ shape: [2, 3, 2], dim: 1, dtype: 'int32' })]).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
    expect(iota({ shape: [4], dim: 0, dtype: 'float64' })).toEqual(Float64Array.of(0, 1, 2, 3));
  });

  it('ends where there is nothing to count', () => {
    expect(iota({ shape: [2, 0], dim: 0, dtype: 'int32' }).length).toBe(0);
    expect(iota({ shape: [0, 2], dim: 1, dtype: 'int32' }).length).toBe(0);
  });
});
