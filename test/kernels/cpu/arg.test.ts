/** Firsts of equals, NaN, and sorts of lines long enough to be merged many times. */
import { describe, expect, it } from 'vitest';
import { arg, argsort } from '../../../kernels/cpu/arg.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import { Dice, operand } from '../operands.ts';

const line = (...values: number[]): Operand => ({
  storage: Float32Array.from(values),
  layout: contiguousLayout([values.length]),
  dtype: 'float32',
});

describe('arg', () => {
  it('takes the first of equals', () => {
    expect([...arg({ op: 'max', dim: 0 }, line(1, 3, 2, 3))]).toEqual([1]);
    expect([...arg({ op: 'min', dim: 0 }, line(2, 1, 3, 1))]).toEqual([1]);
    expect([...arg({ op: 'max', dim: 0 }, line(-0, 0))]).toEqual([0]);
  });

  it('takes the first NaN before all', () => {
    for (const op of ['max', 'min'] as const) {
      expect([...arg({ op, dim: 0 }, line(5, Number.NaN, Infinity, Number.NaN))]).toEqual([1]);
      expect([...arg({ op, dim: 0 }, line(Number.NaN, 1))]).toEqual([0]);
    }
  });
});

describe('argsort', () => {
  it('puts NaN last, and first if descending', () => {
    const x = line(2, Number.NaN, -Infinity, Infinity, Number.NaN, 2);
    expect([...argsort({ dim: 0, descending: false }, x)]).toEqual([2, 0, 5, 3, 1, 4]);
    expect([...argsort({ dim: 0, descending: true }, x)]).toEqual([1, 4, 3, 0, 5, 2]);
  });

  it.each([false, true])('sorts long lines and keeps the order of equals, descending: %s', (descending) => {
    const x = operand(new Dice(1), [3, 1000], 'float32', 'plain', true); // many equals
    const order = argsort({ dim: 1, descending }, x);
    for (let r = 0; r < 3; r++) {
      const indices = [...order.subarray(1000 * r, 1000 * r + 1000)];
      expect([...indices].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
      const rank = (i: number) => {
        const v = x.storage[1000 * r + i]!;
        const key = Number.isNaN(v) ? 1e9 : Math.min(1e8, Math.max(-1e8, v));
        return descending ? -key : key;
      };
      for (let i = 1; i < 1000; i++) {
        const [a, b] = [indices[i - 1]!, indices[i]!];
        expect(rank(a) < rank(b) || (rank(a) === rank(b) && a < b)).toBe(true);
      }
    }
  });

  it('sorts the whole range of int32 both ways', () => {
    const x: Operand = { ...line(), storage: Int32Array.of(0, -2147483648, 2147483647), layout: contiguousLayout([3]) };
    expect([...argsort({ dim: 0, descending: false }, x)]).toEqual([1, 0, 2]);
    expect([...argsort({ dim: 0, descending: true }, x)]).toEqual([2, 0, 1]);
  });
});
