/** Convolutions, poolings, unfold and fold beside their definitions, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { expectElements, readerOf, sumOver } from './definition.ts';
import { refuses } from './refusal.ts';
import { between } from './samples.ts';

const normal = (shape: readonly number[], seed: number = 1): Tensor => between(-1, 1, shape, seed);
const inner = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();

describe('convolutions', () => {
  it.each([
    { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 },
    { stride: [2, 3], padding: [1, 2], dilation: [1, 1], groups: 1 },
    { stride: [1, 2], padding: [2, 0], dilation: [2, 1], groups: 2 },
    { stride: [3, 1], padding: [0, 3], dilation: [1, 2], groups: 4 },
  ])('conv2d: %j', ({ stride, padding, dilation, groups }) => {
    const [x, w, b] = [normal([2, 4, 6, 7], 1), normal([4, 4 / groups, 3, 2], 2), normal([4], 3)];
    const [xAt, wAt, bAt] = [readerOf(x), readerOf(w), readerOf(b)];
    const padded = (n: number, c: number, i: number, j: number): number =>
      i >= 0 && i < 6 && j >= 0 && j < 7 ? xAt(n, c, i, j) : 0;
    const size = (n: number, k: number, d: number): number =>
      Math.floor((n + 2 * padding[d]! - dilation[d]! * (k - 1) - 1) / stride[d]!) + 1;
    const perGroup = 4 / groups;
    expectElements(
      x.conv2d(w, { bias: b, stride, padding, dilation, groups }),
      [2, 4, size(6, 3, 0), size(7, 2, 1)],
      (n, o, i, j) =>
        bAt(o) +
        sumOver(perGroup * 6, (at) => {
          const [c, p, q] = [Math.floor(at / 6), Math.floor(at / 2) % 3, at % 2];
          const channel = Math.floor(o / (4 / groups)) * perGroup + c;
          return (
            wAt(o, c, p, q) *
            padded(
              n,
              channel,
              i * stride[0]! - padding[0]! + p * dilation[0]!,
              j * stride[1]! - padding[1]! + q * dilation[1]!,
            )
          );
        }),
      1e-13,
    );
  });

  it('conv1d and conv3d agree with conv2d where a dim is trivial', () => {
    const [x, w] = [normal([2, 3, 5]), normal([2, 3, 2], 2)];
    const flat = x.conv1d(w, { stride: 2, padding: 1 }).toArray();
    const wide = x.unsqueeze(2).conv2d(w.unsqueeze(2), { stride: [1, 2], padding: [0, 1] });
    expect(wide.squeeze(2).toArray()).toEqual(flat);
    const deep = x
      .reshape([2, 3, 1, 5, 1])
      .conv3d(w.reshape([2, 3, 1, 2, 1]), { stride: [1, 2, 1], padding: [0, 1, 0] });
    expect(deep.reshape(wide.squeeze(2).shape).toArray()).toEqual(flat);
  });

  it("'same' keeps the size and puts the odd zero behind; 'valid' pads nothing", () => {
    const x = Tensor.from([1, 2, 3]).reshape([1, 1, 3]);
    const w = Tensor.from([1, 10]).reshape([1, 1, 2]);
    expect(x.conv1d(w, { padding: 'same' }).toArray()).toEqual([[[21, 32, 3]]]);
    expect(x.conv1d(w, { padding: 'valid' }).toArray()).toEqual([[[21, 32]]]);
  });

  it("'causal' lets no result see what comes after it", () => {
    const x = Tensor.from([1, 2, 3, 4]).reshape([1, 1, 4]);
    const w = Tensor.from([1, 10]).reshape([1, 1, 2]);
    expect(x.conv1d(w, { padding: 'causal' }).toArray()).toEqual([[[10, 21, 32, 43]]]);
    expect(x.conv1d(w, { padding: 'causal', dilation: 2, stride: 3 }).toArray()).toEqual([[[10, 42]]]);
    expect(() => x.unsqueeze(2).conv2d(w.unsqueeze(2), { padding: 'causal' })).toThrow(/is for one spatial dim/);
  });

  it.each([
    { stride: 1, padding: 0, outputPadding: 0, dilation: 1, groups: 1 },
    { stride: 2, padding: 1, outputPadding: 1, dilation: 1, groups: 1 },
    { stride: 3, padding: 0, outputPadding: 2, dilation: 2, groups: 2 },
    { stride: 1, padding: 2, outputPadding: 0, dilation: 3, groups: 2 },
  ])('the transpose is the adjoint: %j', ({ outputPadding, ...options }) => {
    const weight = normal([4, 6 / options.groups, 3, 2], 2); // conv 6 → 4 channels; transposed 4 → 6
    const y = normal([2, 4, 4, 5], 3);
    const up = y.convTranspose2d(weight, { ...options, outputPadding });
    const x = normal(up.shape, 4);
    const down = x.conv2d(weight, options);
    expect(down.shape).toEqual(y.shape);
    expect(inner(down, y)).toBeCloseTo(inner(x, up), 10);
  });

  it('take no images at all', () => {
    expect(Tensor.zeros([0, 3, 5]).conv1d(Tensor.ones([2, 3, 2])).shape).toEqual([0, 2, 4]);
  });
});

describe('poolings', () => {
  const x = normal([2, 2, 5, 7]);
  const at = readerOf(x);
  const span = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

  /** Elements of the window at (i, j) that lie inside the image. */
  function inside(
    n: number,
    c: number,
    i: number,
    j: number,
    k: number[],
    stride: number[],
    pad: number[],
    gap: number[],
  ): number[] {
    return span(k[0]!).flatMap((p) =>
      span(k[1]!).flatMap((q) => {
        const [r, s] = [i * stride[0]! - pad[0]! + p * gap[0]!, j * stride[1]! - pad[1]! + q * gap[1]!];
        return r >= 0 && r < 5 && s >= 0 && s < 7 ? [at(n, c, r, s)] : [];
      }),
    );
  }

  it.each([
    { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], size: [2, 3], ceilMode: false },
    { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], size: [3, 4], ceilMode: true },
    { kernel: [3, 2], stride: [1, 3], padding: [1, 1], dilation: [1, 1], size: [5, 3], ceilMode: false },
    { kernel: [2, 3], stride: [2, 1], padding: [1, 0], dilation: [3, 2], size: [2, 3], ceilMode: false },
    { kernel: [2, 2], stride: [3, 3], padding: [1, 1], dilation: [1, 1], size: [2, 3], ceilMode: true },
  ])('maxPool2d: %j', ({ kernel, size, ...options }) => {
    const { values, indices } = x.maxPool2d(kernel, { ...options, returnIndices: true });
    expectElements(values, [2, 2, ...size], (n, c, i, j) =>
      Math.max(...inside(n, c, i, j, kernel, options.stride, options.padding, options.dilation)),
    );
    expect(x.maxPool2d(kernel, options).toArray()).toEqual(values.toArray());
    const taped = Tensor.from(x, { requiresGrad: true }).maxPool2d(kernel, options);
    expect(taped.toArray()).toEqual(values.toArray());
    const read = readerOf(values);
    expectElements(x.flatten(2).gather(2, indices.flatten(2)).reshape(values.shape), values.shape, read);
  });

  it.each([
    { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false, size: [2, 3] },
    { kernel: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: false, size: [3, 4] },
    { kernel: [2, 3], stride: [2, 3], padding: [0, 1], ceilMode: true, size: [3, 3] },
    { kernel: [3, 2], stride: [3, 2], padding: [1, 0], ceilMode: true, size: [2, 4] },
  ])('avgPool2d: %j', ({ kernel, size, ...options }) => {
    const window = (n: number, c: number, i: number, j: number): number[] =>
      inside(n, c, i, j, kernel, options.stride, options.padding, [1, 1]);
    const sum = (v: number[]): number => v.reduce((a, b) => a + b, 0);
    expectElements(
      x.avgPool2d(kernel, { ...options, countIncludePad: false }),
      [2, 2, ...size],
      (n, c, i, j) => sum(window(n, c, i, j)) / window(n, c, i, j).length,
      1e-14,
    );
    /** Positions of a window in the image and its declared padding. */
    const counted = (i: number, d: number, n: number): number => {
      const start = i * options.stride[d]! - options.padding[d]!;
      return Math.min(start + kernel[d]!, n + options.padding[d]!) - start;
    };
    expectElements(
      x.avgPool2d(kernel, options),
      [2, 2, ...size],
      (n, c, i, j) => sum(window(n, c, i, j)) / (counted(i, 0, 5) * counted(j, 1, 7)),
      1e-14,
    );
  });

  it.each([
    [1, 1],
    [2, 3],
    [5, 7],
    [3, 9],
  ])('adaptive to %d × %d', (h, w) => {
    const window = (n: number, c: number, i: number, j: number): number[] => {
      const range = (k: number, count: number, size: number): number[] =>
        span(size).filter((r) => r >= Math.floor((k * size) / count) && r < Math.ceil(((k + 1) * size) / count));
      return range(i, h, 5).flatMap((r) => range(j, w, 7).map((s) => at(n, c, r, s)));
    };
    expectElements(x.adaptiveMaxPool2d([h, w]), [2, 2, h, w], (...i) =>
      Math.max(...window(i[0]!, i[1]!, i[2]!, i[3]!)),
    );
    expectElements(
      x.adaptiveAvgPool2d([h, w]),
      [2, 2, h, w],
      (n, c, i, j) => window(n, c, i, j).reduce((a, b) => a + b) / window(n, c, i, j).length,
      1e-14,
    );
  });

  it('pads whole numbers with the least of them', () => {
    const whole = Tensor.from([[-5, -6]])
      .int32()
      .unsqueeze(0);
    expect(whole.maxPool1d(2, { stride: 1, padding: 1 }).toArray()).toEqual([[[-5, -5, -6]]]);
  });

  it('1d and 3d agree with 2d where a dim is trivial', () => {
    const line = x.slice(null, null, 0); // [2, 2, 7]
    for (const [flat, wide] of [
      [
        line.maxPool1d(3, { stride: 2, padding: 1 }),
        line.unsqueeze(2).maxPool2d([1, 3], { stride: [1, 2], padding: [0, 1] }),
      ],
      [line.avgPool1d(3, { stride: 2 }), line.unsqueeze(2).avgPool2d([1, 3], { stride: [1, 2] })],
      [line.adaptiveAvgPool1d(4), line.unsqueeze(2).adaptiveAvgPool2d([1, 4])],
      [line.adaptiveMaxPool1d(4), line.unsqueeze(2).adaptiveMaxPool2d([1, 4])],
    ] as const) {
      expect(wide.squeeze(2).toArray()).toEqual(flat.toArray());
    }
    const deep = x.unsqueeze(2);
    expect(deep.maxPool3d([1, 2, 2]).squeeze(2).toArray()).toEqual(x.maxPool2d(2).toArray());
    expect(deep.avgPool3d([1, 2, 2]).squeeze(2).toArray()).toEqual(x.avgPool2d(2).toArray());
    expect(deep.adaptiveAvgPool3d([1, 2, 3]).squeeze(2).toArray()).toEqual(x.adaptiveAvgPool2d([2, 3]).toArray());
    expect(deep.adaptiveMaxPool3d([1, 2, 3]).squeeze(2).toArray()).toEqual(x.adaptiveMaxPool2d([2, 3]).toArray());
  });

  it('gives the same numbers with and without a gradient, NaN and infinities included, at any size', () => {
    const images = Tensor.randn([8, 4, 16, 16], { generator: new Generator(3) });
    const odd = Tensor.where(images.gt(2), Number.NaN, Tensor.where(images.lt(-1), -Infinity, images));
    for (const options of [{}, { stride: 1, padding: 1 }, { dilation: 2, ceilMode: true }]) {
      const taped = Tensor.from(odd, { requiresGrad: true }).maxPool2d(3, options);
      expect(taped.requiresGrad).toBe(true);
      expect(odd.maxPool2d(3, options).dataSync()).toEqual(taped.dataSync());
    }
  });

  it('the first of equals gets the gradient, and NaN wins', () => {
    const y = Tensor.from([[[1, 1, 0, 2]]], { requiresGrad: true });
    y.maxPool1d(2).sum().backward();
    expect(y.grad!.toArray()).toEqual([[[1, 0, 0, 1]]]);
    expect(
      Tensor.from([[[Number.NaN, 1, 0, 2]]])
        .maxPool1d(2)
        .toArray(),
    ).toEqual([[[Number.NaN, 2]]]);
    const taped = Tensor.from([[[Number.NaN, 1, 0, 2]]], { requiresGrad: true }).maxPool1d(2);
    expect(taped.toArray()).toEqual([[[Number.NaN, 2]]]);
  });
});

describe('unfold and fold', () => {
  const x = normal([2, 3, 4, 5]);

  it('unfold lists the windows as columns', () => {
    const at = readerOf(x);
    const options = { stride: [2, 1], padding: [1, 0], dilation: [1, 2] };
    expectElements(x.unfold([3, 2], options), [2, 18, 6], (n, row, column) => {
      const [c, p, q] = [Math.floor(row / 6), Math.floor(row / 2) % 3, row % 2];
      const [r, s] = [Math.floor(column / 3) * 2 - 1 + p, (column % 3) + 2 * q];
      return r >= 0 && r < 4 ? at(n, c, r, s) : 0;
    });
  });

  it('a convolution is a product with the columns', () => {
    const w = normal([2, 3, 2, 2], 2);
    const product = w.reshape([2, 12]).matmul(x.unfold(2));
    const direct = x.conv2d(w).flatten(2);
    expect(product.sub(direct).abs().amax().item()).toBeLessThan(1e-14);
  });

  it('fold is its adjoint', () => {
    const options = { stride: [2, 1], padding: [1, 2], dilation: [2, 1] };
    const columns = x.unfold([2, 3], options);
    const y = normal(columns.shape, 2);
    expect(inner(columns, y)).toBeCloseTo(inner(x, y.fold([4, 5], [2, 3], options)), 10);
  });

  it('fold of ones counts the windows', () => {
    expect(Tensor.ones([1, 2, 3]).fold([4], 2).toArray()).toEqual([[[1, 2, 2, 1]]]);
  });
});

describe('what does not fit is refused', () => {
  const x = Tensor.ones([1, 4, 5, 5]);
  const w = Tensor.ones([2, 4, 3, 3]);

  refuses([
    [() => x.conv2d(Tensor.ones([2, 3, 3, 3])), ShapeError, 'channels do not fit; got [1, 4, 5, 5] and [2, 3, 3, 3]'],
    [() => x.conv1d(w), ShapeError, 'conv1d: takes an input [N, C, ...] and a weight with 1 spatial dims each'],
    [() => x.conv2d(Tensor.ones([2, 4, 6, 3])), ShapeError, 'conv: the kernel is larger than the padded input'],
    [
      () => x.conv2d(w, { stride: 0 }),
      ArgumentError,
      'conv2d: stride must be a whole number of at least 1, or 2 of them; got 0',
    ],
    [() => x.conv2d(w, { padding: -1 }), ArgumentError, 'conv2d: padding must be a whole number of at least 0'],
    [() => x.conv2d(w, { dilation: [1, 1.5] }), ArgumentError, 'got [1,1.5]'],
    [() => x.conv2d(w, { stride: [1, 1, 1] }), ArgumentError, 'got [1,1,1]'],
    [
      () => x.conv2d(w, { stride: 2, padding: 'same' }),
      ArgumentError,
      "conv2d: padding 'same' needs stride 1; got [2, 2]",
    ],
    [() => x.conv2d(w, { groups: 0 }), ArgumentError, 'conv2d: groups must be a whole number of at least 1; got 0'],
    [() => x.conv2d(w, { groups: 3 }), ShapeError, 'conv with 3 groups: channels do not fit'],
    [() => x.conv2d(Tensor.ones([3, 2, 3, 3]), { groups: 2 }), ShapeError, 'out and in must be multiples of groups'],
    [
      () => x.conv2d(w, { bias: Tensor.ones([3]) }),
      ShapeError,
      'conv: the bias must be [2], one per output channel; got [3]',
    ],
    [
      () => x.conv2d(w.float64()),
      DtypeError,
      'conv: input and weight must have one float dtype; got float32 and float64',
    ],
    [() => x.int32().conv2d(w.int32()), DtypeError, 'got int32 and int32'],
    [
      () => x.convTranspose2d(w),
      ShapeError,
      'convTranspose2d: channels do not fit; got input [1, 4, 5, 5] and weight [2, 4, 3, 3]',
    ],
    [() => x.convTranspose2d(Tensor.ones([4, 2, 3, 3]), { groups: 3 }), ShapeError, 'with 3 groups'],
    [() => x.convTranspose2d(Tensor.ones([4, 2, 3, 3]), { groups: -1 }), ArgumentError, 'convTranspose2d: groups'],
    [
      () => x.convTranspose2d(Tensor.ones([4, 2, 3, 3]), { outputPadding: 1 }),
      ArgumentError,
      'convTranspose2d: outputPadding must be smaller than stride or dilation; got [1, 1]',
    ],
    [() => x.maxPool1d(2), ShapeError, 'maxPool1d: takes [N, C, ...] with 1 spatial dims; got shape [1, 4, 5, 5]'],
    [
      () => x.maxPool2d(6),
      ShapeError,
      'maxPool2d: the window is larger than the padded input; got window 6 with dilation 1',
    ],
    [
      () => x.maxPool2d(2, { padding: 2 }),
      ArgumentError,
      'maxPool2d: padding must be at most half the window; got padding 2',
    ],
    [() => x.maxPool2d(0), ArgumentError, 'maxPool2d: kernel must be a whole number of at least 1'],
    [() => x.avgPool2d([2, 2, 2]), ArgumentError, 'avgPool2d: kernel must be'],
    [() => x.avgPool2d(2, { stride: Number.NaN }), ArgumentError, 'avgPool2d: stride must be'],
    [() => x.adaptiveAvgPool2d(0), ArgumentError, 'adaptiveAvgPool2d: outputSize must be a whole number of at least 1'],
    [() => x.adaptiveMaxPool1d(2), ShapeError, 'adaptiveMaxPool1d: takes [N, C, ...] with 1 spatial dims'],
    [() => Tensor.ones([3]).unfold(2), ShapeError, 'unfold: takes [N, C, ...]'],
    [() => x.unfold(7), ShapeError, 'unfold: the window is larger than the padded input'],
    [() => Tensor.ones([1, 7, 4]).fold([4], 2), ShapeError, 'fold: takes [N, C·2, positions]; got shape [1, 7, 4]'],
    [
      () => Tensor.ones([1, 4, 4]).fold([4], 2),
      ShapeError,
      'fold: the output has 3 positions; got [1, 4, 4] for size [4]',
    ],
  ]);
});
