/** Parts that meet add up; parts that do not are copied, sign of zero and all. */
import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { place } from '../../../kernels/cpu/place.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';

const part = (...values: number[]): Operand => ({
  storage: Float32Array.from(values),
  layout: contiguousLayout([values.length]),
  dtype: 'float32',
});

const at = (start: number, step: number = 1) => ({ starts: [start], steps: [step] });

describe('place', () => {
  it('keeps −0 of parts side by side', () => {
    const got = place({ shape: [4], regions: [at(0), at(2)] }, [part(-0, 1), part(2, -0)], 'float32');
    expect([...got]).toEqual([-0, 1, 2, -0]);
  });

  it('takes parts that interleave, forwards and backwards', () => {
    const got = place({ shape: [5], regions: [at(0, 2), at(3, -2)] }, [part(5, 1, 4), part(3, 2)], 'float32');
    expect([...got]).toEqual([5, 2, 1, 3, 4]);
  });

  it('keeps −0 of parts in any order that lie beside each other', () => {
    const got = place({ shape: [4], regions: [at(2, 1), at(1, -1)] }, [part(-0, 1), part(-0, 2)], 'float32');
    expect([...got]).toEqual([2, -0, -0, 1]);
  });

  it('adds parts that meet in one element only', () => {
    const got = place({ shape: [9], regions: [at(0, 3), at(8, -2)] }, [part(1, 2, 3), part(10, 20, 30)], 'float32');
    expect([...got]).toEqual([1, 0, 0, 2, 30, 0, 23, 0, 10]);
  });

  it('wraps int32 and joins bools by or', () => {
    const ints = { ...part(), storage: Int32Array.of(2147483647), layout: contiguousLayout([1]) };
    expect(place({ shape: [1], regions: [at(0), at(0)] }, [ints, ints], 'int32')).toEqual(Int32Array.of(-2));
    const bools = { ...part(), storage: Uint8Array.of(1, 0), layout: contiguousLayout([2]) };
    const got = place({ shape: [3], regions: [at(0), at(0), at(1)] }, [bools, bools, bools], 'bool');
    expect(got).toEqual(Uint8Array.of(1, 1, 0));
  });

  it('leaves zeros where there is no part', () => {
    expect([...place({ shape: [3], regions: [at(1)] }, [part()], 'float32')]).toEqual([0, 0, 0]);
    expect([...place({ shape: [2], regions: [] }, [], 'float32')]).toEqual([0, 0]);
  });
});
