/** Reductions beside their definitions, at the edges, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { expectElements, readerOf, sumOver } from './definition.ts';
import { refuses } from './refusal.ts';
import { between } from './samples.ts';

const x = between(-2, 2, [2, 3, 4]);
const at = readerOf(x);
const { NaN: nan } = Number;
const int = (...values: number[]): Tensor => Tensor.from(Int32Array.from(values));

describe('sums', () => {
  it('over dims', () => {
    expectElements(x.sum({ dim: 1 }), [2, 4], (i, k) => sumOver(3, (j) => at(i, j, k)), 1e-14);
    expectElements(
      x.sum({ dim: [0, -1], keepDim: true }),
      [1, 3, 1],
      (_a, j) => sumOver(8, (n) => at(n >> 2, j, n & 3)),
      1e-14,
    );
    expectElements(x.mean({ dim: 2 }), [2, 3], (i, j) => sumOver(4, (k) => at(i, j, k)) / 4, 1e-14);
    expect(x.sum().shape).toEqual([]);
    expect(x.sum({ keepDim: true }).shape).toEqual([1, 1, 1]);
    expect(x.sum({ dim: [] }).toArray()).toEqual(x.toArray());
  });

  it('have their dtypes', () => {
    expect(Tensor.from([true, true, false]).sum().toArray()).toBe(2);
    expect(Tensor.from([true]).sum().dtype).toBe('int32');
    expect(int(1, 2).sum().dtype).toBe('int32');
    expect(int(1, 2).mean().toArray()).toBe(1.5);
    expect(
      int(2 ** 31 - 1, 1)
        .sum()
        .toArray(),
    ).toBe(-(2 ** 31));
    expect(int(3, 4).norm().toArray()).toBe(5);
  });

  it('of float32 do not drift', () => {
    const n = 100_000;
    expect(Math.abs(Tensor.full([n], 0.1).sum().item() - n * Math.fround(0.1))).toBeLessThan(1e-3);
  });

  it('of nothing', () => {
    const none = Tensor.zeros([0, 2]);
    expect(none.sum({ dim: 0 }).toArray()).toEqual([0, 0]);
    expect(none.mean({ dim: 0 }).toArray()).toEqual([nan, nan]);
    expect(none.prod({ dim: 0 }).toArray()).toEqual([1, 1]);
    expect(none.sum({ dim: 1 }).shape).toEqual([0]);
    expect(none.logSumExp({ dim: 0 }).toArray()).toEqual([-Infinity, -Infinity]);
    expect(none.any().item()).toBe(0);
    expect(none.all().item()).toBe(1);
    expect(none.variance({ dim: 0 }).toArray()).toEqual([nan, nan]);
    expect(Tensor.from(5).variance().item()).toBeNaN();
    expect(none.softmax(0).shape).toEqual([0, 2]);
    expect(none.cumSum(0).shape).toEqual([0, 2]);
    expect(none.cumProd(0).shape).toEqual([0, 2]);
  });
});

describe('moments and norms', () => {
  it('are what they say', () => {
    const mean = (i: number, k: number): number => sumOver(3, (j) => at(i, j, k)) / 3;
    for (const correction of [0, 1, 2]) {
      const variance = (i: number, k: number): number =>
        sumOver(3, (j) => (at(i, j, k) - mean(i, k)) ** 2) / (3 - correction);
      expectElements(x.variance({ dim: 1, correction }), [2, 4], variance, 1e-13);
      expectElements(x.std({ dim: 1, correction }), [2, 4], (i, k) => Math.sqrt(variance(i, k)), 1e-13);
    }
    for (const p of [0.5, 1, 1.5, 2, 3, -1]) {
      const norm = (i: number, k: number): number => sumOver(3, (j) => Math.abs(at(i, j, k)) ** p) ** (1 / p);
      expectElements(x.norm({ p, dim: 1 }), [2, 4], norm, 1e-13);
    }
    expect(Tensor.from([0, -3, 0, 2]).norm({ p: 0 }).item()).toBe(2);
    expect(Tensor.from([0, -3, 2]).norm({ p: Infinity }).item()).toBe(3);
    expect(Tensor.from([-4, -3, 2]).norm({ p: -Infinity }).item()).toBe(2);
    expect(Tensor.from([3, -4]).norm().item()).toBe(5);
  });

  it('do not cancel far from 0', () => {
    expect(
      Tensor.from(Float64Array.of(1e9, 1e9 + 1, 1e9 + 2))
        .variance()
        .item(),
    ).toBe(1);
  });
});

describe('extremes', () => {
  it('and where they are', () => {
    const y = Tensor.from([
      [3, 7, 7],
      [5, -1, -1],
    ]);
    expect(y.max().item()).toBe(7);
    expect(y.min().item()).toBe(-1);
    const { values, indices } = y.max({ dim: 1 });
    expect([values.toArray(), indices.toArray(), indices.dtype]).toEqual([[7, 5], [1, 0], 'int32']);
    expect(y.min({ dim: -1, keepDim: true }).indices.toArray()).toEqual([[0], [1]]);
    expect(y.argMax().item()).toBe(1);
    expect(y.argMin().item()).toBe(4);
    expect(y.argMax({ keepDim: true }).shape).toEqual([1, 1]);
    expect(y.argMin({ dim: 0 }).toArray()).toEqual([0, 1, 1]);
    expect(Tensor.from(3).argMax().item()).toBe(0);
    expect(y.amax({ dim: [0, 1], keepDim: true }).toArray()).toEqual([[7]]);
  });

  it('NaN wins', () => {
    const y = Tensor.from([1, nan, 3]);
    expect([y.amax(), y.amin(), y.max({ dim: 0 }).values, y.min({ dim: 0 }).values].map((v) => v.item())).toEqual([
      nan,
      nan,
      nan,
      nan,
    ]);
    expect([y.argMax().item(), y.argMin().item()]).toEqual([1, 1]);
  });

  it('of whole numbers and bools, to the ends of the range', () => {
    const y = int(-(2 ** 31), 0, 2 ** 31 - 1);
    expect([y.amax().item(), y.amin().item()]).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    expect([y.max({ dim: 0 }).values.item(), y.min({ dim: 0 }).values.item()]).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    const b = Tensor.from([true, false]);
    expect([b.amax().toArray(), b.amin().toArray()]).toEqual([true, false]);
  });

  it('any and all hold NaN for true', () => {
    expect(Tensor.from([0, nan]).any().item()).toBe(1);
    expect(Tensor.from([1, nan]).all().item()).toBe(1);
    expect(Tensor.from([0, -0]).any().item()).toBe(0);
    expect(
      Tensor.from([
        [1, 0],
        [1, 1],
      ])
        .all({ dim: 1 })
        .toArray(),
    ).toEqual([false, true]);
  });
});

describe('products and running kinds', () => {
  it('multiply', () => {
    const product = (n: number, f: (j: number) => number): number => {
      let out = 1;
      for (let j = 0; j < n; j++) out *= f(j);
      return out;
    };
    expectElements(x.prod({ dim: 1 }), [2, 4], (i, k) => product(3, (j) => at(i, j, k)), 1e-14);
    expectElements(x.cumProd(2), [2, 3, 4], (i, j, k) => product(k + 1, (n) => at(i, j, n)), 1e-14);
    expectElements(x.cumSum(1), [2, 3, 4], (i, j, k) => sumOver(j + 1, (n) => at(i, n, k)), 1e-14);
    expect(int(2, 3, 4).prod().toArray()).toBe(24);
    expect(int(2, 3, 4).cumProd(0).toArray()).toEqual([2, 6, 24]);
    expect(Tensor.from([true, true]).cumSum(0).toArray()).toEqual([1, 2]);
    expect(Tensor.from([true, false]).prod().toArray()).toBe(0);
    expect(x.prod({ keepDim: true }).shape).toEqual([1, 1, 1]);
    expect(Tensor.from(3).prod().item()).toBe(3);
  });
});

describe('softmax and logSumExp', () => {
  it('do not overflow', () => {
    const y = Tensor.from([1000, 1001, 999]);
    const e = [Math.exp(-1), 1, Math.exp(-2)];
    const total = e[0]! + e[1]! + e[2]!;
    expectElements(y.softmax(), [3], (i) => e[i]! / total, 1e-6);
    expectElements(y.logSoftmax(), [3], (i) => Math.log(e[i]! / total), 1e-6);
    expect(y.logSumExp().item()).toBeCloseTo(1001 + Math.log(total), 3);
    expect(Tensor.from([-1000, -1000]).logSumExp().item()).toBeCloseTo(-1000 + Math.LN2, 3);
  });

  it('take −∞ for a masked element', () => {
    expect(Tensor.from([-Infinity, 0, 0]).softmax().toArray()).toEqual([0, 0.5, 0.5]);
    expect(Tensor.from([-Infinity, -Infinity]).logSumExp().item()).toBe(-Infinity);
    expect(Tensor.from([Infinity, 1]).logSumExp().item()).toBe(Infinity);
    expect(Tensor.from([nan, 1]).logSumExp().item()).toBeNaN();
  });

  it('give float32 for whole numbers', () => {
    expect(int(1, 1).softmax().toArray()).toEqual([0.5, 0.5]);
    expect(int(0, 0).logSoftmax().dtype).toBe('float32');
  });
});

describe('what does not fit is refused', () => {
  refuses([
    [() => x.sum({ dim: 3 }), ShapeError, 'sum: dim is outside the tensor; got dim 3 of a tensor with 3 dims'],
    [() => x.mean({ dim: [0, 0] }), ShapeError, 'mean: a dim is named twice; got dims [0, 0]'],
    [() => x.amin({ dim: 3 }), ShapeError, 'amin: dim is outside'],
    [() => x.norm({ dim: 3 }), ShapeError, 'norm: dim is outside'],
    [() => x.any({ dim: 3 }), ShapeError, 'any: dim is outside'],
    [() => x.all({ dim: 3 }), ShapeError, 'all: dim is outside'],
    [() => x.amax({ dim: -4 }), ShapeError, 'amax: dim is outside'],
    [() => Tensor.zeros([0]).amax(), ShapeError, 'there is no greatest of no elements; got shape [0]'],
    [() => Tensor.zeros([2, 0]).max({ dim: 1 }), ShapeError, 'arg max: dim 1 has no elements; got shape [2, 0]'],
    [() => Tensor.zeros([0]).argMin(), ShapeError, 'arg min: dim 0 has no elements'],
    [() => x.softmax(3), ShapeError, 'softmax: dim is outside'],
    [() => x.logSoftmax(-4), ShapeError, 'logSoftmax: dim is outside'],
    [() => x.cumSum(0.5), ShapeError, 'cumSum: dim is outside the tensor; got dim 0.5'],
    [() => x.cumProd(3), ShapeError, 'cumProd: dim is outside'],
    [() => x.prod({ dim: 3 }), ShapeError, 'prod: dim is outside'],
    [() => x.variance({ dim: 3 }), ShapeError, 'variance: dim is outside'],
    [() => x.logSumExp({ dim: 3 }), ShapeError, 'logSumExp: dim is outside'],
  ]);

  it('a norm without an order', () => {
    expect(() => x.norm({ p: nan })).toThrow(ArgumentError);
  });
});
