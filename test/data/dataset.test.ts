/** Datasets: arrays and tensors as rows, and subsets, splits, maps and concatenations of them. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { concat, type Dataset, map, split, subset } from '../../src/data/dataset.ts';
import { drawDigits } from '../../src/data/digits.ts';
import { fromArrays, TensorDataset } from '../../src/data/tensor-dataset.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const numbers: Dataset<number> = { length: 10, get: (i) => 10 * i };

function all<S>(dataset: Dataset<S>): S[] {
  return Array.from({ length: dataset.length }, (_, i) => dataset.get(i));
}

describe('fromArrays', () => {
  it('takes nested arrays: float32 inputs and int32 classes', () => {
    const dataset = fromArrays(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [0, 2, 1],
    );
    expect(dataset.length).toBe(3);
    const { x, y } = dataset.batch(Int32Array.of(2, 0, 2));
    expect(x.toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
    ]);
    expect(y.toArray()).toEqual([1, 0, 1]);
    expect([x.dtype, y.dtype]).toEqual(['float32', 'int32']);
  });

  it('takes values as targets', () => {
    expect(fromArrays([[1], [2]], [0.5, 2]).get(0).y.dtype).toBe('float32');
    expect(fromArrays([[1], [2]], [1, 2], { targetDtype: 'float32' }).get(0).y.dtype).toBe('float32');
    expect(
      fromArrays(
        [[1], [2]],
        [
          [1, 0],
          [0, 1],
        ],
      )
        .batch(Int32Array.of(1))
        .y.toArray(),
    ).toEqual([[0, 1]]);
  });

  it('keeps bytes and scales them batch by batch', () => {
    const images = Uint8Array.of(0, 51, 102, 153, 204, 255);
    const dataset = fromArrays(images, Uint8Array.of(7, 9), { shape: [2, 3, 1], scale: 1 / 255 });
    const { x, y } = dataset.batch(Int32Array.of(1));
    expect(x.shape).toEqual([1, 3, 1]);
    expect(x.dataSync()).toEqual(Float32Array.of(153 / 255, 204 / 255, 1));
    expect([y.dtype, y.toArray()]).toEqual(['int32', [9]]);
    images[5] = 0; // kept, not copied
    expect(dataset.get(1).x.toArray()).toEqual([[Math.fround(153 / 255)], [Math.fround(204 / 255)], [0]]);
  });

  it.each([
    ['Float32Array', Float32Array.of(1, 2), 'float32'],
    ['Float64Array', Float64Array.of(1, 2), 'float64'],
    ['Int32Array', Int32Array.of(1, 2), 'int32'],
    ['Uint8Array', Uint8Array.of(1, 2), 'float32'],
    ['Int16Array', Int16Array.of(1, 2), 'float32'],
    ['BigInt64Array', BigInt64Array.of(1n, 2n), 'int32'],
  ])('reads a %s as its dtype says', (_, x, dtype) => {
    const batch = fromArrays(x, x).batch(Int32Array.of(1, 0));
    expect(batch.x.dtype).toBe(dtype);
    expect(batch.x.toArray()).toEqual([2, 1]);
    expect(batch.y.dtype).toBe(dtype.startsWith('float') && x.constructor.name.startsWith('Float') ? dtype : 'int32');
    expect(fromArrays(x, x, { dtype: 'float64' }).get(0).x.dtype).toBe('float64');
  });

  it('takes tensors, off the tape', () => {
    const w = Tensor.from(
      [
        [1, 2],
        [3, 4],
      ],
      { requiresGrad: true },
    );
    const dataset = fromArrays(w.mul(2), Tensor.from([1, 0], { dtype: 'int32' }), { scale: 0.5 });
    const { x } = dataset.batch(Int32Array.of(1));
    expect(x.toArray()).toEqual([[3, 4]]);
    expect(x.requiresGrad).toBe(false);
    const integers = fromArrays(Tensor.from([2, 4], { dtype: 'int32' }), [0, 1], { scale: 0.25 });
    expect(integers.get(1).x).toMatchObject({ dtype: 'float32', shape: [] });
    expect(integers.get(1).x.item()).toBe(1);
  });

  it('takes the drawn digits', () => {
    const { images, shape, labels } = drawDigits({ count: 20, seed: 1 });
    const { x, y } = fromArrays(images, labels, { shape, scale: 1 / 255 }).batch(Int32Array.of(3, 4));
    expect(x.shape).toEqual([2, 28, 28]);
    expect(y.toArray()).toEqual([labels[3], labels[4]]);
    expect(x.amax().item()).toBeLessThanOrEqual(1);
  });

  it('refuses what does not fit', () => {
    expect(() => fromArrays([[1], [2]], [1])).toThrow(ShapeError);
    expect(() => fromArrays([[1], [2]], [1])).toThrow('got 2 and 1');
    expect(() => fromArrays(new Uint8Array(5), [1, 2], { shape: [2, 3] })).toThrow('got [2, 3] and 5 elements');
    expect(() => fromArrays(1, [1])).toThrow(ShapeError);
    expect(() => fromArrays([1], [1], { scale: Number.NaN })).toThrow(ArgumentError);
    expect(() => fromArrays([1], [1], { scale: 2, dtype: 'int32' })).toThrow(ArgumentError);
    expect(() => new TensorDataset(Tensor.ones([]), Tensor.ones([1]))).toThrow(ShapeError);
    expect(() => fromArrays([1], [1]).get(1)).toThrow(IndexError);
    expect(() => fromArrays(Uint8Array.of(1), [1]).batch(Int32Array.of(-1))).toThrow(IndexError);
    expect(() => new TensorDataset(Tensor.ones([2]), Tensor.ones([2])).batch(Int32Array.of(2))).toThrow(IndexError);
  });
});

describe('subset', () => {
  it('keeps the samples at the indices, with their batches', () => {
    expect(all(subset(numbers, [3, 1, 3]))).toEqual([30, 10, 30]);
    const rows = subset(fromArrays([[1], [2], [3]], [0, 1, 2]), [2, 0]);
    expect(rows.batch!(Int32Array.of(0, 1)).x.toArray()).toEqual([[3], [1]]);
    expect(subset(numbers, []).length).toBe(0);
  });

  it('refuses indices outside', () => {
    expect(() => subset(numbers, [10])).toThrow('subset: no such sample; got index 10; the 10 samples count from 0');
    expect(() => subset(numbers, [-1])).toThrow(IndexError);
    expect(() => subset(numbers, [1]).get(1)).toThrow(IndexError);
  });
});

describe('split', () => {
  it('deals out every sample once, in an order that the generator decides', () => {
    const parts = split(numbers, [0.7, 0.3], { generator: new Generator(5) });
    expect(parts.map((part) => part.length)).toEqual([7, 3]);
    const dealt = parts.flatMap(all);
    expect([...dealt].sort((a, b) => a - b)).toEqual(all(numbers));
    expect(dealt).not.toEqual(all(numbers));
    expect(split(numbers, [0.7, 0.3], { generator: new Generator(5) }).flatMap(all)).toEqual(dealt);
    expect(split(numbers, [0.7, 0.3], { generator: new Generator(6) }).flatMap(all)).not.toEqual(dealt);
  });

  it('takes counts, keeps the order when asked, and loses nothing to rounding', () => {
    expect(split(numbers, [4, 0, 6], { shuffle: false }).map(all)).toEqual([
      [0, 10, 20, 30],
      [],
      [40, 50, 60, 70, 80, 90],
    ]);
    const thirds = split(numbers, [1 / 3, 1 / 3, 1 / 3], { shuffle: false });
    expect(thirds.map((part) => part.length)).toEqual([3, 4, 3]);
  });

  it('refuses sizes that add up to something else', () => {
    for (const sizes of [[0.5, 0.4], [5, 4], [1.5, -0.5], [], [Number.NaN, 1]]) {
      expect(() => split(numbers, sizes)).toThrow(ArgumentError);
    }
  });
});

describe('map and concat', () => {
  it('apply a function whenever a sample is read', () => {
    let calls = 0;
    const mapped = map(numbers, (n, i) => {
      calls++;
      return `${n}:${i}`;
    });
    expect(calls).toBe(0);
    expect(mapped.get(4)).toBe('40:4');
    expect(mapped.length).toBe(10);
  });

  it('put datasets one after another', () => {
    const joined = concat(subset(numbers, [1, 2]), subset(numbers, []), subset(numbers, [3]));
    expect(all(joined)).toEqual([10, 20, 30]);
    expect(() => joined.get(3)).toThrow(IndexError);
    expect(concat().length).toBe(0);
  });
});
