/** Sums and maxima over arrays too long for one row of accumulators, in the order that is promised. */
import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { reduce } from '../../../kernels/cpu/reduce.ts';
import { scan } from '../../../kernels/cpu/scan.ts';
import { contiguousLayout, expandLayout } from '../../../src/core/layout.ts';
import { Dice, operand } from '../operands.ts';

const vector = (values: readonly number[]): Operand => ({
  storage: Float32Array.from(values),
  layout: contiguousLayout([values.length]),
  dtype: 'float32',
});

describe('reduce', () => {
  it('adds long rows of neighbours', () => {
    const n = 5000;
    const x = operand(new Dice(1), [3, 7, n]);
    const sum = reduce({ op: 'sum', dims: [1] }, x);
    const max = reduce({ op: 'max', dims: [0, 1] }, x);
    for (let j = 0; j < n; j++) {
      const column = (r: number): number[] => Array.from({ length: 7 }, (_, i) => x.storage[(r * 7 + i) * n + j]!);
      for (let r = 0; r < 3; r++) expect(sum[r * n + j]).toBe(Math.fround(column(r).reduce((a, b) => a + b, 0)));
      expect(max[j]).toBe(Math.max(...column(0), ...column(1), ...column(2)));
    }
  });

  it('rounds float32 sums once: a million of 0.1 is off by the rounding of 0.1 alone', () => {
    const x: Operand = { ...vector([]), storage: new Float32Array(1e6).fill(0.1), layout: contiguousLayout([1e6]) };
    expect(reduce({ op: 'sum', dims: [0] }, x)[0]).toBe(Math.fround(1e6 * Math.fround(0.1)));
  });

  it('wraps int32 sums along either way of walking', () => {
    const big: Operand = {
      storage: new Int32Array(20).fill(2147483647),
      layout: contiguousLayout([2, 10]),
      dtype: 'int32',
    };
    expect([...reduce({ op: 'sum', dims: [0] }, big)]).toEqual(Array(10).fill(-2));
    expect([...reduce({ op: 'sum', dims: [0, 1] }, big)]).toEqual([-20]);
  });

  it('wraps int32 sums beyond what a double can count', () => {
    const n = 2 ** 22 + 5;
    const x: Operand = {
      storage: Int32Array.of(2147483647),
      layout: expandLayout(contiguousLayout([1]), [n]),
      dtype: 'int32',
    };
    const sum = Number(BigInt.asIntN(32, BigInt(n) * 2147483647n));
    expect(reduce({ op: 'sum', dims: [0] }, x)).toEqual(Int32Array.of(sum));
    expect(scan({ dim: 0, reverse: false }, x).at(-1)).toBe(sum);
  });

  it('counts bools in int32 beyond what a byte holds', () => {
    const x: Operand = { storage: new Uint8Array(6000).fill(1), layout: contiguousLayout([300, 20]), dtype: 'bool' };
    expect(reduce({ op: 'sum', dims: [0] }, x)).toEqual(new Int32Array(20).fill(300));
    expect(reduce({ op: 'sum', dims: [0, 1] }, x)).toEqual(Int32Array.of(6000));
  });

  it.each([0, 1, 2])('lets a NaN at %i win a maximum', (at) => {
    const values = [3, 5, 4];
    values[at] = Number.NaN;
    expect(reduce({ op: 'max', dims: [0] }, vector(values))[0]).toBeNaN();
    const wide = { ...vector(values.flatMap((v) => Array<number>(9).fill(v))), layout: contiguousLayout([3, 9]) };
    expect([...reduce({ op: 'max', dims: [0] }, wide)]).toEqual(Array(9).fill(Number.NaN));
  });

  it('finds maxima below zero, down to −Infinity', () => {
    expect(reduce({ op: 'max', dims: [0] }, vector([-3, -2, -7]))[0]).toBe(-2);
    expect(reduce({ op: 'max', dims: [0] }, vector([-Infinity, -Infinity]))[0]).toBe(-Infinity);
  });
});
