/** Making tensors from data, ranges and constants, and reading them back. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, ShapeError, TsgradError } from '../../src/core/errors.ts';
import { Tensor, type TensorLike } from '../../src/tensor/tensor.ts';

const summary = (x: Tensor): unknown => [x.dtype, x.shape, x.toArray()];

describe('Tensor.from', () => {
  it('takes numbers, booleans and nested arrays', () => {
    expect(summary(Tensor.from(3))).toEqual(['float32', [], 3]);
    expect(summary(Tensor.from(true))).toEqual(['bool', [], true]);
    expect(summary(Tensor.from([[1, 2, 3]]))).toEqual(['float32', [1, 3], [[1, 2, 3]]]);
    expect(summary(Tensor.from([[true], [false]]))).toEqual(['bool', [2, 1], [[true], [false]]]);
    expect(summary(Tensor.from([true, 2]))).toEqual(['float32', [2], [1, 2]]);
    expect(summary(Tensor.from([1, true]))).toEqual(['float32', [2], [1, 1]]);
    expect(Tensor.from([]).shape).toEqual([0]);
    expect(Tensor.from([[], []]).shape).toEqual([2, 0]);
  });

  it.each<[string, TensorLike, string]>([
    ['Float32Array', Float32Array.of(1, 2), 'float32'],
    ['Float64Array', Float64Array.of(1, 2), 'float64'],
    ['Int32Array', Int32Array.of(1, 2), 'int32'],
    ['Uint8Array', Uint8Array.of(1, 2), 'int32'],
    ['Int8Array', Int8Array.of(1, 2), 'int32'],
    ['Uint8ClampedArray', Uint8ClampedArray.of(1, 2), 'int32'],
    ['Int16Array', Int16Array.of(1, 2), 'int32'],
    ['Uint16Array', Uint16Array.of(1, 2), 'int32'],
    ['Uint32Array', Uint32Array.of(1, 2), 'int32'],
    ['BigInt64Array', BigInt64Array.of(1n, 2n), 'int32'],
    ['BigUint64Array', BigUint64Array.of(1n, 2n), 'int32'],
  ])('takes a %s', (_name, data, dtype) => {
    expect(summary(Tensor.from(data))).toEqual([dtype, [2], [1, 2]]);
    expect(summary(Tensor.from(data, { dtype: 'float64', shape: [2, 1] }))).toEqual(['float64', [2, 1], [[1], [2]]]);
    expect(summary(Tensor.from(data, { dtype: 'bool' }))).toEqual(['bool', [2], [true, true]]);
  });

  it('takes a tensor, off the tape', () => {
    const x = Tensor.from([1.7, 2], { requiresGrad: true });
    expect(summary(Tensor.from(x, { dtype: 'int32', shape: [-1, 1] }))).toEqual(['int32', [2, 1], [[1], [2]]]);
    expect(Tensor.from(x.mul(2)).isLeaf).toBe(true);
    expect(Tensor.from(x).requiresGrad).toBe(false);
    expect(Tensor.from(x.detach(), { requiresGrad: true }).requiresGrad).toBe(true);
  });

  it.each<[unknown, string]>([
    [[[1, 2], [3]], 'the first rows say [2, 2], but then comes an array of 1'],
    [[[1], 2], 'the first rows say [2, 1], but then comes 2'],
    [[1, [2]], 'the first rows say [2], but then comes an array of 1'],
    [[1, 'two'], "then comes 'two'"],
    [[null], 'then comes null'],
    [[1, undefined], 'then comes undefined'],
    [[[[1, 2]], [[1]]], 'but then comes an array of 1'],
  ])('refuses the ragged %j', (data, message) => {
    expect(() => Tensor.from(data as TensorLike)).toThrow(ShapeError);
    expect(() => Tensor.from(data as TensorLike)).toThrow(message);
  });

  it.each<[unknown, string]>([
    ['text', "got 'text'"],
    [null, 'got null'],
    [undefined, 'got undefined'],
    [{}, 'got a Object'],
    [new Map(), 'got a Map'],
    [new DataView(new ArrayBuffer(4)), 'got a DataView'],
    [5n, 'got 5'],
  ])('refuses %o', (data, message) => {
    expect(() => Tensor.from(data as TensorLike)).toThrow(ArgumentError);
    expect(() => Tensor.from(data as TensorLike)).toThrow(
      'Tensor.from: takes a tensor, a number, a nested array of numbers or a typed array; ',
    );
    expect(() => Tensor.from(data as TensorLike)).toThrow(message);
  });

  it('refuses numbers that int32 cannot hold', () => {
    for (const bad of [[1.5], [2 ** 31], [Number.NaN], BigInt64Array.of(2n ** 40n), Uint32Array.of(2 ** 32 - 1)]) {
      expect(() => Tensor.from(bad, { dtype: 'int32' })).toThrow(DtypeError);
    }
    expect(() => Tensor.from(Uint32Array.of(2 ** 32 - 1))).toThrow(
      'Tensor.from: int32 holds whole numbers from -2^31 to 2^31 - 1; got 4294967295; use a float dtype',
    );
    expect(Tensor.from(Uint32Array.of(2 ** 32 - 1), { dtype: 'float64' }).item()).toBe(2 ** 32 - 1);
  });

  it('refuses a shape of another size, and unknown dtypes', () => {
    expect(() => Tensor.from([1, 2, 3], { shape: [2, 2] })).toThrow(
      'reshape: the number of elements differs; got [3] (3 elements) to [2, 2] (4 elements)',
    );
    expect(() => Tensor.from([1], { dtype: 'float16' as 'float32' })).toThrow('unknown dtype; got float16');
  });
});

describe('constants', () => {
  it('fill', () => {
    expect(summary(Tensor.full([2], 1.5))).toEqual(['float32', [2], [1.5, 1.5]]);
    expect(summary(Tensor.full([], 3, { dtype: 'int32' }))).toEqual(['int32', [], 3]);
    expect(summary(Tensor.full([1], 2, { dtype: 'bool' }))).toEqual(['bool', [1], [true]]);
    expect(summary(Tensor.zeros([1, 0]))).toEqual(['float32', [1, 0], [[]]]);
    expect(summary(Tensor.ones([2], { dtype: 'float64' }))).toEqual(['float64', [2], [1, 1]]);
    expect(Tensor.full([1], -0).toArray()).toEqual([-0]);
    expect(Tensor.ones([1], { requiresGrad: true }).requiresGrad).toBe(true);
  });

  it('like another tensor', () => {
    const x = Tensor.from([[1, 2]], { dtype: 'float64', requiresGrad: true });
    expect(summary(Tensor.zerosLike(x))).toEqual(['float64', [1, 2], [[0, 0]]]);
    expect(summary(Tensor.onesLike(x, { dtype: 'int32' }))).toEqual(['int32', [1, 2], [[1, 1]]]);
    expect(summary(Tensor.fullLike(x, 7))).toEqual(['float64', [1, 2], [[7, 7]]]);
    expect(Tensor.zerosLike(x).requiresGrad).toBe(false);
  });

  it('do not follow a shape that changes later', () => {
    const shape = [2, 3];
    const made = [Tensor.zeros(shape), Tensor.rand(shape)];
    shape[0] = 100;
    expect(made.map((x) => x.shape)).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  it('eye', () => {
    expect(Tensor.eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(summary(Tensor.eye(1, 3, { dtype: 'bool' }))).toEqual(['bool', [1, 3], [[true, false, false]]]);
  });
});

describe('ranges', () => {
  it('arange counts up to but without stop', () => {
    expect(Tensor.arange(3).toArray()).toEqual([0, 1, 2]);
    expect(Tensor.arange(1, 8, 3).toArray()).toEqual([1, 4, 7]);
    expect(Tensor.arange(3, 0, -1).toArray()).toEqual([3, 2, 1]);
    expect(Tensor.arange(0, 1, 0.25).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(Tensor.arange(3, 1).shape).toEqual([0]);
    expect(summary(Tensor.arange(2, { dtype: 'int32' }))).toEqual(['int32', [2], [0, 1]]);
    expect(Tensor.arange(0, 1, 0.1, { dtype: 'float64' }).toArray()).toEqual(
      Array.from({ length: 10 }, (_, i) => i * 0.1),
    );
    expect(() => Tensor.arange(0, 1, 0)).toThrow(ArgumentError);
    expect(() => Tensor.arange(Number.NaN)).toThrow(
      'arange: needs finite bounds and a step other than 0; got 0, NaN, 1',
    );
    expect(() => Tensor.arange(0, 2, 0.5, { dtype: 'int32' })).toThrow('arange: int32 takes a whole start and step');
  });

  it('linspace has both ends, to the bit', () => {
    expect(Tensor.linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(Tensor.linspace(5, 5, 1).toArray()).toEqual([5]);
    expect(Tensor.linspace(0, 1, 0).shape).toEqual([0]);
    const x = Tensor.linspace(0.1, 0.7, 8, { dtype: 'float64' }).toArray() as number[];
    expect([x[0], x[7]]).toEqual([0.1, 0.7]);
    expect(() => Tensor.linspace(0, 1, -1)).toThrow(ShapeError);
  });
});

describe('bad shapes and dtypes', () => {
  const makers: Record<string, (shape: readonly number[]) => Tensor> = {
    zeros: (s) => Tensor.zeros(s),
    rand: (s) => Tensor.rand(s),
    randn: (s) => Tensor.randn(s),
    randint: (s) => Tensor.randint(0, 2, s),
    bernoulli: (s) => Tensor.bernoulli(s, 0.5),
    eye: (s) => Tensor.eye(s[0]!),
    randperm: (s) => Tensor.randperm(s[0]!),
  };
  it.each(Object.entries(makers))('%s refuses negative, broken and missing sizes', (_name, make) => {
    for (const n of [-1, 0.5, Number.NaN, Infinity]) {
      expect(() => make([n])).toThrow(ShapeError);
      expect(() => make([n])).toThrow(`got [${n}`);
    }
  });

  it.each<[string, () => Tensor]>([
    ['full', () => Tensor.full([1], 1, { dtype: 'int64' as 'int32' })],
    ['eye', () => Tensor.eye(2, 2, { dtype: 'int64' as 'int32' })],
    ['arange', () => Tensor.arange(0, 2, 1, { dtype: 'int64' as 'int32' })],
    ['rand', () => Tensor.rand([1], { dtype: 'int64' as 'float32' })],
    ['cast', () => Tensor.ones([1]).cast('int64' as 'int32')],
  ])('%s refuses an unknown dtype', (_name, make) => {
    expect(make).toThrow(DtypeError);
    expect(make).toThrow('int64');
  });

  it('full refuses what is no number, or none that int32 holds', () => {
    expect(() => Tensor.full([1], 'one' as unknown as number)).toThrow('full: takes a number; got one');
    expect(() => Tensor.full([1], 0.5, { dtype: 'int32' })).toThrow(DtypeError);
  });
});

describe('reading', () => {
  const x = Tensor.from([
    [1, 2],
    [3, 4],
  ]);

  it('item gives the one number', () => {
    expect(Tensor.from([[5]]).item()).toBe(5);
    expect(Tensor.from(true).item()).toBe(1);
    expect(x.slice(1, 0).item()).toBe(3);
    expect(() => x.item()).toThrow(
      'item: the tensor must have one element; got shape [2, 2]; use toArray() or dataSync()',
    );
    expect(() => Tensor.zeros([0]).item()).toThrow(TsgradError);
  });

  it('dataSync and data give row-major arrays of the dtype', async () => {
    expect(x.transpose().dataSync()).toEqual(Float32Array.of(1, 3, 2, 4));
    expect(await x.flip().data()).toEqual(Float32Array.of(4, 3, 2, 1));
    expect(x.int32().dataSync()).toBeInstanceOf(Int32Array);
    expect(x.bool().dataSync()).toEqual(Uint8Array.of(1, 1, 1, 1));
  });

  it('data that are read have a buffer of their own', () => {
    const small = Tensor.arange(30).add(1).dataSync();
    expect(small.buffer.byteLength).toBe(small.byteLength);
  });

  it('toArray nests as the shape says', () => {
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(Tensor.zeros([2, 0]).toArray()).toEqual([[], []]);
    expect(x.gt(2).toArray()).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('shape, rank, size, device', () => {
    expect([x.shape, x.rank, x.size, x.device]).toEqual([[2, 2], 2, 4, 'cpu']);
  });
});

describe('casts', () => {
  it('cut towards zero, saturate and round', () => {
    const x = Tensor.from(Float64Array.of(1.9, -1.9, 1e10, -1e10, Number.NaN, 0.1));
    expect(x.int32().toArray()).toEqual([1, -1, 2 ** 31 - 1, -(2 ** 31), 0, 0]);
    expect(x.float32().toArray()).toEqual([1.9, -1.9, 1e10, -1e10, Number.NaN, 0.1].map(Math.fround));
    expect(x.bool().toArray()).toEqual([true, true, true, true, true, true]);
    expect(Tensor.from([true, false]).float64().toArray()).toEqual([1, 0]);
    expect(x.float64()).toBe(x);
  });
});
