/** What elementwise maths means: dtypes, broadcasting, and the numbers at the edges. */
import { describe, expect, it } from 'vitest';
import type { Dtype } from '../../src/core/dtype.ts';
import { DtypeError, ShapeError } from '../../src/core/errors.ts';
import { input, lt, unary, where } from '../../src/core/expression.ts';
import { grad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const int = (...values: number[]): Tensor => Tensor.from(Int32Array.from(values));
const f32 = (...values: number[]): Tensor => Tensor.from(values);
const f64 = (...values: number[]): Tensor => Tensor.from(Float64Array.from(values));
const bool = (...values: boolean[]): Tensor => Tensor.from(values);
const most = 2 ** 31 - 1;
const least = -(2 ** 31);

describe('dtypes of results', () => {
  const samples: Record<Dtype, Tensor> = { bool: bool(true), int32: int(3), float32: f32(3), float64: f64(3) };

  it.each<[Dtype, Dtype, Dtype, Dtype]>([
    // a, b, a + b, a / b
    ['bool', 'bool', 'int32', 'float32'],
    ['bool', 'int32', 'int32', 'float32'],
    ['int32', 'int32', 'int32', 'float32'],
    ['int32', 'float32', 'float32', 'float32'],
    ['bool', 'float64', 'float64', 'float64'],
    ['float32', 'float32', 'float32', 'float32'],
    ['float32', 'float64', 'float64', 'float64'],
  ])('%s and %s: add gives %s, div %s', (a, b, sum, quotient) => {
    expect(samples[a].add(samples[b]).dtype).toBe(sum);
    expect(samples[b].add(samples[a]).dtype).toBe(sum);
    expect(samples[a].div(samples[b]).dtype).toBe(quotient);
    expect(samples[a].lt(samples[b]).dtype).toBe('bool');
    expect(samples[a].logicalXor(samples[b]).dtype).toBe('bool');
  });

  it('a number never raises one', () => {
    expect(f32(1).add(0.1).dtype).toBe('float32');
    expect(f32(0.1).eq(0.1).toArray()).toEqual([true]); // the number is rounded too
    expect(int(1).add(2).dtype).toBe('int32');
    expect(int(1).div(2).toArray()).toEqual([0.5]);
    expect(
      f64(1)
        .mul(1 / 3)
        .toArray(),
    ).toEqual([1 / 3]);
    expect(bool(true).add(2).toArray()).toEqual([3]);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['add: an int32 tensor takes whole numbers that int32 holds; got 0.5', (x) => x.add(0.5)],
    ['mul: an int32 tensor takes whole numbers that int32 holds; got 2147483648', (x) => x.mul(2 ** 31)],
    ['maximum: an int32 tensor takes whole numbers that int32 holds; got Infinity', (x) => x.maximum(Infinity)],
    ['pow: an int32 tensor takes whole numbers of at least 0 that int32 holds; got -1', (x) => x.pow(-1)],
    ['pow: an int32 tensor takes whole numbers of at least 0 that int32 holds; got 0.5', (x) => x.pow(0.5)],
    ['clamp: an int32 tensor takes whole numbers that int32 holds; got 1.5', (x) => x.clamp(0, 1.5)],
    ['maskedFill: int32 cannot hold the value; got 0.5', (x) => x.maskedFill(true, 0.5)],
    ['maskedFill: bool cannot hold the value; got 2', (x) => x.bool().maskedFill(true, 2)],
    ['sub: int32 holds whole numbers from -2^31 to 2^31 - 1; got 0.5', (x) => x.sub([0.5])],
    ['where: int32 holds whole numbers from -2^31 to 2^31 - 1; got 0.5', (x) => Tensor.where(true, x, 0.5)],
  ])('refused: %s', (message, f) => {
    expect(() => f(int(1, 2))).toThrow(DtypeError);
    expect(() => f(int(1, 2))).toThrow(message);
  });

  it('comparisons of whole numbers take any number', () => {
    expect(int(1, 2).lt(1.5).toArray()).toEqual([true, false]);
    expect(
      int(1, most)
        .lt(2 ** 31)
        .toArray(),
    ).toEqual([true, true]);
    expect(int(1, 2).ge(-Infinity).toArray()).toEqual([true, true]);
    expect(int(1).eq(Number.NaN).toArray()).toEqual([false]);
  });

  it('a literal takes the tensor’s dtype, but beside bools it counts', () => {
    expect(f64(1, 2).add([0.1, 0.2]).toArray()).toEqual([1.1, 2.2]);
    expect(f32(1).add(Float64Array.of(1)).dtype).toBe('float32');
    expect(bool(true, false).add([2, 3]).toArray()).toEqual([3, 3]);
    expect(int(1, 2).div([0.5, 4]).toArray()).toEqual([2, 0.5]);
    expect(bool(true, false).logicalAnd([5, 5]).toArray()).toEqual([true, false]);
  });

  it('float maths of whole numbers gives float32, whole maths stays', () => {
    expect(int(4).sqrt().dtype).toBe('float32');
    expect(bool(true).exp().dtype).toBe('float32');
    expect(int(-4).abs().dtype).toBe('int32');
    expect(int(4).relu().dtype).toBe('int32');
    expect(bool(true, false).neg().toArray()).toEqual([-1, 0]);
    expect(int(2).lerp([3], 0.5).toArray()).toEqual([2.5]);
  });

  it('where takes the dtype of its tensors, else of its literals', () => {
    const c = bool(true, false);
    expect(Tensor.where(c, 1, 0).dtype).toBe('float32');
    expect(Tensor.where(c, true, false).dtype).toBe('bool');
    expect(Tensor.where(c, int(1, 2), 0).dtype).toBe('int32');
    expect(Tensor.where(c, int(1, 2), f64(1, 2)).dtype).toBe('float64');
    expect(Tensor.where(c, Float64Array.of(1 / 3, 0), 0).toArray()).toEqual([1 / 3, 0]);
    expect(Tensor.where(int(0, 7), 1, 0).toArray()).toEqual([0, 1]);
  });
});

describe('int32', () => {
  it('wraps', () => {
    expect(int(most).add(1).toArray()).toEqual([least]);
    expect(int(least).sub(1).toArray()).toEqual([most]);
    expect(int(123456789).mul(987654321).toArray()).toEqual([Math.imul(123456789, 987654321)]);
    expect(int(123456789).square().toArray()).toEqual([Math.imul(123456789, 123456789)]);
    expect(int(least).neg().toArray()).toEqual([least]);
    expect(int(least).abs().toArray()).toEqual([least]);
    expect(int(65536, 3).sum().mul(int(65536)).toArray()).toEqual([3 * 65536]);
  });

  it('clamps without bounds, and knows that it is finite', () => {
    expect(int(-5, 5).clamp(0).toArray()).toEqual([0, 5]);
    expect(int(-5, 5).clamp(undefined, 0).toArray()).toEqual([-5, 0]);
    expect(int(1).isFinite().toArray()).toEqual([true]);
    expect(int(1).isNaN().toArray()).toEqual([false]);
  });

  it('takes remainders of either sign', () => {
    expect(
      int(7, -7, 7, -7)
        .fmod(int(3, 3, -3, -3))
        .toArray(),
    ).toEqual([1, -1, 1, -1]);
    expect(
      int(7, -7, 7, -7)
        .remainder(int(3, 3, -3, -3))
        .toArray(),
    ).toEqual([1, 2, -2, -1]);
  });
});

describe('broadcasting', () => {
  it('repeats sizes of 1 and missing dims', () => {
    const column = Tensor.from([[1], [2]]);
    expect(column.add([10, 20, 30]).toArray()).toEqual([
      [11, 21, 31],
      [12, 22, 32],
    ]);
    expect(f32(1, 2).add(Tensor.from(10)).shape).toEqual([2]);
    expect(Tensor.from(10).add(Tensor.from(1)).shape).toEqual([]);
    expect(Tensor.zeros([2, 1, 3]).add(Tensor.zeros([4, 1])).shape).toEqual([2, 4, 3]);
  });

  it('of nothing is nothing', () => {
    expect(Tensor.zeros([0]).add(1).shape).toEqual([0]);
    expect(Tensor.zeros([2, 0]).add(Tensor.zeros([1, 1])).shape).toEqual([2, 0]);
    expect(Tensor.zeros([3, 1]).mul(Tensor.zeros([0])).shape).toEqual([3, 0]);
    expect(Tensor.zeros([0, 3]).exp().shape).toEqual([0, 3]);
    expect(Tensor.where(Tensor.zeros([0], { dtype: 'bool' }), 1, 2).shape).toEqual([0]);
  });

  it('gives gradients in the shapes of the inputs', () => {
    const [a, b, c] = [[2, 1, 3], [4, 1], []].map((shape) => Tensor.ones(shape, { requiresGrad: true }));
    a!.mul(b!).add(c!).sum().backward();
    expect(a!.grad!.shape).toEqual([2, 1, 3]);
    expect(a!.grad!.toArray()).toEqual([[[4, 4, 4]], [[4, 4, 4]]]);
    expect(b!.grad!.toArray()).toEqual([[6], [6], [6], [6]]);
    expect(c!.grad!.toArray()).toBe(24);
  });

  it('refuses other sizes', () => {
    expect(() => f32(1, 2, 3).mul(f32(1, 2))).toThrow(ShapeError);
    expect(() => f32(1, 2, 3).mul(f32(1, 2))).toThrow(
      'mul: shapes do not broadcast; got [3] and [2]; sizes must be equal or 1, counted from the last dim',
    );
    expect(() => Tensor.zeros([0]).add(Tensor.zeros([2]))).toThrow(ShapeError);
  });
});

describe('NaN, infinities and zeros', () => {
  const { NaN: nan } = Number;

  it('NaN compares unequal to everything', () => {
    const x = f32(nan, 1);
    expect(x.eq(x).toArray()).toEqual([false, true]);
    expect(x.ne(x).toArray()).toEqual([true, false]);
    for (const f of [x.lt(x), x.gt(x), x.le(x).logicalAnd(x.ne(1)), x.ge(nan)])
      expect(f.toArray()).toEqual([false, false]);
  });

  it('logic holds NaN for true and −0 for false', () => {
    expect(f32(nan, -0, 2).logicalNot().toArray()).toEqual([false, true, false]);
    expect(f32(nan, -0).logicalOr(false).toArray()).toEqual([true, false]);
    expect(f32(nan, -0).logicalAnd([1, 1]).toArray()).toEqual([true, false]);
    expect(f32(nan, -0).bool().toArray()).toEqual([true, false]);
  });

  it('isNaN and isFinite', () => {
    const x = f32(nan, Infinity, -Infinity, 3e38, 0);
    expect(x.isNaN().toArray()).toEqual([true, false, false, false, false]);
    expect(x.isFinite().toArray()).toEqual([false, false, false, true, true]);
  });

  it('maximum, minimum and clamp pass NaN on', () => {
    expect(f32(nan, 1).maximum([1, nan]).toArray()).toEqual([nan, nan]);
    expect(f32(nan, 1).minimum([1, nan]).toArray()).toEqual([nan, nan]);
    expect(f32(nan, -5, 5).clamp(-1, 1).toArray()).toEqual([nan, -1, 1]);
    expect(f32(-0).maximum([0]).toArray()).toEqual([0]);
    expect(f32(nan).relu().toArray()).toEqual([nan]);
  });

  it('rounds halves to even and keeps the sign of zero', () => {
    const x = f64(0.5, 1.5, 2.5, -0.5, -1.5, -0.2, 0.2, -0, 0.49999999999999994, 4503599627370497, nan, -Infinity);
    const expected = [0, 2, 2, -0, -2, -0, 0, -0, 0, 4503599627370497, nan, -Infinity];
    expect(x.round().toArray()).toEqual(expected);
    expect(f64(-0.5).ceil().toArray()).toEqual([-0]);
    expect(f64(-0.5).trunc().toArray()).toEqual([-0]);
    expect(f64(-0).neg().toArray()).toEqual([0]);
    expect(f64(-0, nan, -3).sign().toArray()).toEqual([0, 0, -1]); // of NaN as in PyTorch
  });

  it('pow follows C', () => {
    expect(
      f64(0, nan, 1, 1, -1, -8, -2, 0, -0)
        .pow([0, 0, nan, Infinity, Infinity, 1 / 3, 3, -1, -3])
        .toArray(),
    ).toEqual([1, 1, 1, 1, 1, nan, -8, Infinity, -Infinity]);
  });

  it('remainders have the sign that they should', () => {
    const [a, b] = [f64(5.5, -5.5, 5.5, -5.5, 5, 5), f64(2, 2, -2, -2, 0, Infinity)];
    expect(a.fmod(b).toArray()).toEqual([1.5, -1.5, 1.5, -1.5, nan, 5]);
    expect(a.remainder(b).toArray()).toEqual([1.5, 0.5, -0.5, -1.5, nan, 5]);
  });

  it('stable activations neither overflow nor vanish', () => {
    const x = f32(-200, 200);
    expect(x.sigmoid().toArray()).toEqual([0, 1]);
    expect(x.softplus().toArray()).toEqual([0, 200]);
    expect(x.logSigmoid().toArray()).toEqual([-200, 0]);
    expect(x.tanh().toArray()).toEqual([-1, 1]);
    expect(x.mish().toArray()).toEqual([-0, 200]);
    expect(x.gelu().toArray()).toEqual([-0, 200]);
  });
});

describe('derivatives at the edges are PyTorch’s', () => {
  const derivative = (f: (x: Tensor) => Tensor, ...at: number[]): unknown => {
    const x = Tensor.from(Float64Array.from(at), { requiresGrad: true });
    return grad(f(x).sum(), [x])[0]!.toArray();
  };
  const { NaN: nan } = Number;

  it.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ['relu', (x) => x.relu(), [0, -0], [0, 0]],
    ['relu6', (x) => x.relu6(), [0, 6], [0, 0]],
    ['abs', (x) => x.abs(), [0, -0], [0, -0]],
    ['sign', (x) => x.sign(), [0, 2], [0, 0]],
    ['leakyRelu', (x) => x.leakyRelu(0.1), [0], [0.1]],
    ['hardtanh', (x) => x.hardtanh(), [-1, 1], [0, 0]],
    ['hardsigmoid', (x) => x.hardsigmoid(), [-3, 3, 0, nan], [0, 0, 1 / 6, 0]],
    ['elu', (x) => x.elu(2), [0, nan], [2, 1]],
    ['celu', (x) => x.celu(2), [0, nan], [1, 1]],
    ['selu at NaN', (x) => x.selu(), [nan], [1.0507009873554805]],
    ['logit', (x) => x.logit(), [0, 0.5, 1, -1, 2, nan], [Infinity, 4, Infinity, nan, nan, nan]],
    ['clamp', (x) => x.clamp(-1, 1), [-1, 1, -2, 2, nan], [1, 1, 0, 0, 0]],
    ['maximum at a tie', (x) => x.maximum(1), [1], [0.5]],
    ['minimum at a tie', (x) => x.minimum(1), [1], [0.5]],
    ['pow(x, 0)', (x) => x.pow(0), [0, 2], [0, 0]],
    ['pow(x, 2) at 0', (x) => x.pow(2), [0], [0]],
    ['sigmoid far out', (x) => x.sigmoid(), [-800, 800], [0, 0]],
    ['softplus far out', (x) => x.softplus(), [-800, 800], [0, 1]],
    ['logSigmoid far out', (x) => x.logSigmoid(), [-800, 800], [1, 0]],
    ['silu far out', (x) => x.silu(), [800], [1]],
    ['std of equal elements', (x) => x.std(), [3, 3], [0, 0]],
    ['norm at 0', (x) => x.norm(), [0, 0], [0, 0]],
    ['norm of order 3 at 0', (x) => x.norm({ p: 3 }), [0, 0], [0, 0]],
    ['amax of equal elements', (x) => x.amax(), [2, 2, 1], [0.5, 0.5, 0]],
    ['max along a dim', (x) => x.max({ dim: 0 }).values, [2, 2, 1], [1, 0, 0]],
    [
      'a formula’s branch that is not taken',
      (x) => x.map(where(lt(0, input(0)), unary('log', input(0)), 0)),
      [0, 2],
      [0, 0.5],
    ],
  ])('%s', (_name, f, at, expected) => {
    expect((derivative(f, ...at) as number[]).map((d) => d + 0)).toEqual(expected.map((d) => d + 0));
  });

  it('pow(0, 0) has no partials', () => {
    const [a, b] = [0, 0].map((v) => Tensor.from(v, { dtype: 'float64', requiresGrad: true }));
    const y = a!.pow(b!);
    expect(y.item()).toBe(1);
    expect(grad(y, [a!, b!]).map((g) => g.item())).toEqual([0, 0]);
  });

  it('tensors that tie share', () => {
    const [a, b] = [1, 1].map((v) => Tensor.from(v, { requiresGrad: true }));
    expect(grad(a!.maximum(b!), [a!, b!]).map((g) => g.item())).toEqual([0.5, 0.5]);
  });
});
