/** Rows picked and added by an index, and the errors of indices that point nowhere. */
import { describe, expect, it } from 'vitest';
import { gather } from '../../../kernels/cpu/gather.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { scatterAdd } from '../../../kernels/cpu/scatter-add.ts';
import { IndexError } from '../../../src/core/errors.ts';
import { contiguousLayout, expandLayout, reshapeLayout } from '../../../src/core/layout.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { Dice, operand } from '../operands.ts';

const index = (shape: Shape, ...values: number[]): Operand => ({
  storage: Int32Array.from(values),
  layout: contiguousLayout(shape),
  dtype: 'int32',
});

/** An index per row, repeated over the features. */
function rows(features: number, ...values: number[]): Operand {
  const one = index([values.length, 1], ...values);
  return { ...one, layout: expandLayout(one.layout, [values.length, features]) };
}

describe('gather', () => {
  it('copies the rows of an embedding', () => {
    const x = operand(new Dice(1), [5, 40]);
    const got = gather({ dim: 0 }, x, rows(40, 4, 0, 4));
    for (const [row, from] of [4, 0, 4].entries()) {
      expect(got.subarray(40 * row, 40 * row + 40)).toEqual(x.storage.subarray(40 * from, 40 * from + 40));
    }
  });

  it.each([7, -1, 5])('refuses the index %i and says where', (bad) => {
    const x = operand(new Dice(2), [2, 5]);
    const call = () => gather({ dim: 1 }, x, index([2, 3], 0, 1, 2, 3, 4, bad));
    expect(call).toThrow(IndexError);
    expect(call).toThrow(`gather: index ${bad} at position [1, 2] is outside [0, 5) of dim 1`);
  });

  it.each([9, -1])('refuses the index %i of a whole row', (bad) => {
    const x = operand(new Dice(3), [5, 4]);
    const call = () => gather({ dim: 0 }, x, rows(4, 0, bad));
    expect(call).toThrow(`gather: index ${bad} at position [1, 0] is outside [0, 5) of dim 0`);
  });

  it('picks nothing from nothing, and refuses to pick something', () => {
    const x = operand(new Dice(4), [0]);
    expect(gather({ dim: 0 }, x, index([0])).length).toBe(0);
    expect(() => gather({ dim: 0 }, x, index([1], 0))).toThrow('outside [0, 0)');
  });
});

describe('scatterAdd', () => {
  it('adds rows that share an index', () => {
    const x = operand(new Dice(5), [3, 40]);
    const got = scatterAdd({ dim: 0, size: 4 }, x, rows(40, 2, 0, 2), [4, 40]);
    for (let j = 0; j < 40; j++) {
      expect(got[j]).toBe(x.storage[40 + j]);
      expect(got[80 + j]).toBe(Math.fround(x.storage[j]! + x.storage[80 + j]!));
      expect([got[40 + j], got[120 + j]]).toEqual([0, 0]);
    }
  });

  it('is the adjoint of gather', () => {
    const dice = new Dice(6);
    const x = operand(dice, [3, 4, 5], 'float64');
    const g = operand(dice, [3, 6, 5], 'float64');
    const picks = { ...index([90]), storage: Int32Array.from({ length: 90 }, () => dice.below(4)) };
    const at = { ...picks, layout: reshapeLayout(picks.layout, [3, 6, 5])! };
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);
    const there = dot(gather({ dim: 1 }, x, at), g.storage);
    expect(dot(scatterAdd({ dim: 1, size: 4 }, g, at, [3, 4, 5]), x.storage)).toBeCloseTo(there, 10);
  });

  it.each([4, -2])('refuses the index %i and says where', (bad) => {
    const x = operand(new Dice(7), [2, 3]);
    const call = () => scatterAdd({ dim: 0, size: 4 }, x, index([2, 3], 0, 1, 2, 3, bad, 0), [4, 3]);
    expect(call).toThrow(IndexError);
    expect(call).toThrow(`scatterAdd: index ${bad} at position [1, 1] is outside [0, 4) of dim 0`);
  });

  it('refuses the index of a whole row', () => {
    const x = operand(new Dice(8), [2, 4]);
    const call = () => scatterAdd({ dim: 0, size: 3 }, x, rows(4, 0, 3), [3, 4]);
    expect(call).toThrow('scatterAdd: index 3 at position [1, 0] is outside [0, 3) of dim 0');
  });
});
