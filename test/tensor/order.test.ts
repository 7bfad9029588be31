/** Scattering, counting, order statistics and their neighbours beside PyTorch's numbers, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { vmap } from '../../src/tensor/vmap.ts';

const { NaN: nan } = Number;
const rows = Tensor.from([
  [3, -1, 2, 0.5],
  [nan, 4, 1, 7],
  [0, 0, -2, 5],
]);
const clean = rows.nanToNum({ nan: 2 });
const close = (x: Tensor, expected: readonly unknown[]) => {
  const flat = (y: unknown): unknown => (Array.isArray(y) ? y.map(flat) : expect.closeTo(Number(y), 5));
  expect(x.toArray()).toEqual(flat(expected));
};

describe('scatter', () => {
  const index = [
    [0, 3],
    [1, 2],
    [2, 0],
  ];

  it('writes by index along a dim', () => {
    const source = Tensor.arange(1, 7).reshape([3, 2]);
    const expected = [
      [1, 0, 0, 2],
      [0, 3, 4, 0],
      [6, 0, 5, 0],
    ];
    expect(Tensor.zeros([3, 4]).scatter(1, index, source).toArray()).toEqual(expected);
    expect(Tensor.arange(4).scatter(0, [1, 3], -1).toArray()).toEqual([0, -1, 2, -1]);
    expect(Tensor.arange(4).scatter(0, new Int32Array(0), -1).toArray()).toEqual([0, 1, 2, 3]);
  });

  it('lets the last of equal indices count, alone, and gives it the gradient', () => {
    const x = Tensor.ones([3], { requiresGrad: true });
    const source = Tensor.from([5, Infinity, 7, 8], { requiresGrad: true });
    const out = x.scatter(0, [2, 0, 0, 2], source);
    expect(out.toArray()).toEqual([7, 1, 8]);
    out.sum().backward();
    expect(x.grad!.toArray()).toEqual([0, 1, 0]);
    expect(source.grad!.toArray()).toEqual([0, 0, 1, 1]);
  });

  it('leaves what stands in its places out, NaN too', () => {
    expect(Tensor.from([nan, 1]).scatter(0, [0], [2]).toArray()).toEqual([2, 1]);
  });

  it('refuses what does not fit', () => {
    expect(() => Tensor.zeros([3]).scatter(0, [3], [1])).toThrow(IndexError);
    expect(() => Tensor.zeros([3]).scatter(0, [3], 1)).toThrow(IndexError);
    expect(() => Tensor.zeros([3]).scatter(0, [0, 1], [1])).toThrow(ShapeError);
  });
});

describe('counting', () => {
  it('adds slices by index, as a graph network sums messages', () => {
    const out = Tensor.zeros([2, 2]).indexAdd(0, [1, 0, 1], Tensor.arange(6).reshape([3, 2]));
    expect(out.toArray()).toEqual([
      [2, 3],
      [4, 6],
    ]);
    expect(() => Tensor.zeros([2, 2]).indexAdd(0, [1], Tensor.ones([2, 2]))).toThrow(ShapeError);
  });

  it('counts whole numbers, or their weights', () => {
    const x = Tensor.from([0, 3, 3, 1], { dtype: 'int32' });
    expect(x.binCount(5).toArray()).toEqual([1, 1, 0, 2, 0]);
    expect(x.binCount(4, [0.5, 1, 2, 3]).toArray()).toEqual([0.5, 3, 0, 3]);
    expect(Tensor.zeros([0], { dtype: 'int32' }).binCount(2).toArray()).toEqual([0, 0]);
    expect(() => x.binCount(3)).toThrow(IndexError);
    expect(() => x.binCount(0)).toThrow(ArgumentError);
    expect(() => x.binCount(4, [1])).toThrow(ShapeError);
  });

  it('counts intervals, the last end included and what is outside left out', () => {
    const x = Tensor.from([1, 2, 1, 5, 9, -3, 4, nan, Infinity]);
    expect(x.histogram(4, { min: 0, max: 8 }).toArray()).toEqual([2, 1, 2, 0]);
    expect(Tensor.from([1, 2, 1, 5]).histogram(3).toArray()).toEqual([3, 0, 1]);
    expect(Tensor.from([2, 2]).histogram(4).toArray()).toEqual([0, 0, 2, 0]);
    const tenths = Tensor.from([0.2, 0.9], { dtype: 'float64' }); // 0.2 + (0.9 − 0.2) < 0.9
    expect(tenths.histogram(2).toArray()).toEqual([1, 1]);
    expect(Tensor.zeros([0]).histogram(2).toArray()).toEqual([0, 0]);
    expect(() => x.histogram(2.5)).toThrow(ArgumentError);
    expect(() => x.histogram(2, { min: 1, max: 1 })).toThrow(ArgumentError);
  });

  it('repeats elements', () => {
    expect(Tensor.arange(3).repeatInterleave(2).toArray()).toEqual([0, 0, 1, 1, 2, 2]);
    expect(Tensor.arange(3).repeatInterleave([2, 0, 1]).toArray()).toEqual([0, 0, 2]);
    expect(clean.repeatInterleave(2, 0).shape).toEqual([6, 4]);
    for (const wrong of [-1, 0.5, [1, 2]])
      expect(() => Tensor.arange(3).repeatInterleave(wrong)).toThrow(ArgumentError);
  });
});

describe('order statistics', () => {
  it('median: the lower middle, and NaN where there is one', () => {
    expect(rows.median().item()).toBe(nan);
    const { values, indices } = rows.median({ dim: 1 });
    expect(values.toArray()).toEqual([0.5, nan, 0]);
    expect([indices.toArray()].flat().slice(0, 2)).toEqual([3, 0]);
    expect(rows.nanToNum().median({ dim: 0, keepDim: true }).values.toArray()).toEqual([[0, 0, 1, 5]]);
    expect(() => Tensor.zeros([2, 0]).median({ dim: 1 })).toThrow(ShapeError);
  });

  it('quantile: between neighbours, by distance', () => {
    expect(clean.quantile(0.3).item()).toBeCloseTo(0.15, 6);
    close(clean.quantile([0.25, 0.9], { dim: 1 }), [
      [0.125, 1.75, -0.5],
      [2.7, 6.1, 3.5],
    ]);
    expect(rows.quantile(0.5, { dim: 1 }).toArray()).toEqual([1.25, nan, 0]);
    expect(clean.quantile([0, 1], { keepDim: true }).shape).toEqual([2, 1, 1]);
    expect(Tensor.from([1, 2], { dtype: 'int32' }).quantile(0.5).item()).toBe(1.5);
    for (const wrong of [-0.1, 1.1, nan, []]) expect(() => clean.quantile(wrong)).toThrow(ArgumentError);
  });

  it('searchSorted: before or behind equals', () => {
    const sorted = Tensor.from([1, 3, 3, 5]);
    const values = [
      [0, 1, 2],
      [3, 5, 6],
    ];
    expect(sorted.searchSorted(values).toArray()).toEqual([
      [0, 0, 1],
      [1, 3, 4],
    ]);
    expect(sorted.searchSorted(values, { right: true }).toArray()).toEqual([
      [0, 1, 1],
      [3, 4, 4],
    ]);
    expect(sorted.int32().searchSorted([0.5, 3]).toArray()).toEqual([0, 1]);
    expect(sorted.searchSorted([6, 3, 0, 3, 1]).toArray()).toEqual([4, 1, 0, 1, 0]);
    expect(() => Tensor.zeros([2, 3]).searchSorted([1])).toThrow(ShapeError);
  });

  it('map over a batch', () => {
    expect(vmap((x: Tensor) => x.quantile(0.5))(clean).toArray()).toEqual([1.25, 3, 0]);
    const searched = vmap((x: Tensor) => x.sort().values.searchSorted([0.5]))(clean);
    expect(searched.toArray()).toEqual([[1], [0], [3]]);
  });
});

describe('grids, distances and differences', () => {
  it('meshgrid', () => {
    const [x, y] = Tensor.meshgrid([Tensor.from([1, 2]), [3, 4, 5]], { indexing: 'xy' });
    expect(x!.toArray()).toEqual([[1, 2], [1, 2], [1, 2]]); // biome-ignore format: pairs
    expect(y!.toArray()).toEqual([[3, 3], [4, 4], [5, 5]]); // biome-ignore format: pairs
    expect(Tensor.meshgrid([[1, 2], [3, 4, 5]])[0]!.toArray()).toEqual([[1, 1, 1], [2, 2, 2]]); // biome-ignore format: rows
    expect(() => Tensor.meshgrid([Tensor.zeros([1, 2])])).toThrow(ShapeError);
  });

  it('cdist and outer', () => {
    const a = Tensor.from([[0, 0], [3, 4]]); // biome-ignore format: points
    const b = Tensor.from([[0, 0], [6, 8], [1, 0]]); // biome-ignore format: points
    close(a.cdist(b), [[0, 10, 1], [5, 5, 4.472136]]); // biome-ignore format: rows
    close(a.cdist(b, { p: 1 }), [[0, 14, 1], [7, 7, 6]]); // biome-ignore format: rows
    expect(Tensor.from([1, 2]).outer([3, 4]).toArray()).toEqual([[3, 4], [6, 8]]); // biome-ignore format: rows
    expect(() => a.cdist(Tensor.zeros([2, 3]))).toThrow(ShapeError);
    expect(() => a.outer([1])).toThrow(ShapeError);
  });

  it('diff and moveDim', () => {
    expect(Tensor.from([1, 4, 9]).diff().toArray()).toEqual([3, 5]);
    expect(Tensor.zeros([0]).diff().shape).toEqual([0]);
    expect(Tensor.zeros([1]).diff().shape).toEqual([0]);
    const x = Tensor.zeros([2, 3, 4, 5]);
    expect(x.moveDim([0, 1], [2, 0]).shape).toEqual([3, 4, 2, 5]);
    expect(x.moveDim(1, -1).shape).toEqual([2, 4, 5, 3]);
    expect(() => x.moveDim([0, 1], [2])).toThrow(ShapeError);
  });
});

describe('what is no number, and what is near', () => {
  const odd = Tensor.from([nan, Infinity, -Infinity, 1]);

  it('nanToNum and isInf', () => {
    expect(odd.nanToNum().toArray()).toEqual([0, 3.4028234663852886e38, -3.4028234663852886e38, 1]);
    expect(odd.nanToNum({ nan: 5, posInf: 6, negInf: 7 }).toArray()).toEqual([5, 6, 7, 1]);
    expect(odd.float64().nanToNum().toArray()).toEqual([0, Number.MAX_VALUE, -Number.MAX_VALUE, 1]);
    expect(odd.isInf().toArray()).toEqual([false, true, true, false]);
  });

  it('isClose', () => {
    const x = Tensor.from([1, Infinity, nan, 1, 0]);
    expect(x.isClose([1.000005, Infinity, nan, 1.1, Infinity]).toArray()).toEqual([true, true, false, false, false]);
    expect(x.isClose(1, { absolute: 2 }).toArray()).toEqual([true, false, false, true, true]);
    const whole = Tensor.from([1, 2], { dtype: 'int32' });
    expect(whole.isClose(whole).toArray()).toEqual([true, true]);
  });
});
