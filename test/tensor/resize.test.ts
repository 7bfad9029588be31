/** Interpolation beside its definition and PyTorch's numbers, pixels and channels, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, ShapeError } from '../../src/core/errors.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { expectElements, readerOf } from './definition.ts';
import { between, numbers, whole } from './samples.ts';

const row = (...values: number[]): Tensor => numbers(values, [1, 1, values.length]);
const listed = (x: Tensor): number[] => x.flatten().toArray() as number[];

describe('interpolate', () => {
  const x = between(-1, 1, [2, 3, 4, 5]);
  const at = readerOf(x);
  const within = (k: number, n: number): number => Math.min(Math.max(k, 0), n - 1);

  it('nearest reads the pixel below, nearest-exact the one around the centre', () => {
    expect(listed(row(0, 1, 2, 3, 4).interpolate({ size: 3 }))).toEqual([0, 1, 3]);
    expect(listed(row(0, 1, 2, 3, 4).interpolate({ size: 3, mode: 'nearest-exact' }))).toEqual([0, 2, 4]);
    expect(listed(row(0, 1).interpolate({ scaleFactor: 3 }))).toEqual([0, 0, 0, 1, 1, 1]);
    expect(listed(row(0, 1, 2, 3).interpolate({ scaleFactor: 0.5 }))).toEqual([0, 2]);
  });

  it('nearest takes any dtype', () => {
    const pixels = whole(0, 255, [1, 1, 2, 2]);
    expect(pixels.interpolate({ scaleFactor: 2 }).dtype).toBe('int32');
    expect(pixels.gt(100).interpolate({ size: [3, 5] }).dtype).toBe('bool');
  });

  it.each([
    { alignCorners: false, position: (i: number, n: number, out: number) => ((i + 0.5) * n) / out - 0.5 },
    { alignCorners: true, position: (i: number, n: number, out: number) => (i * (n - 1)) / (out - 1) },
  ])('bilinear is the weighted mean of four, alignCorners $alignCorners', ({ alignCorners, position }) => {
    const tent = (p: number, k: number): number => Math.max(0, 1 - Math.abs(p - k));
    expectElements(
      x.interpolate({ size: [7, 3], mode: 'bilinear', alignCorners }),
      [2, 3, 7, 3],
      (n, c, i, j) => {
        const [p, q] = [Math.max(position(i, 4, 7), 0), Math.max(position(j, 5, 3), 0)];
        let sum = 0;
        for (let k = 0; k <= 4; k++)
          for (let l = 0; l <= 5; l++) sum += tent(p, k) * tent(q, l) * at(n, c, within(k, 4), within(l, 5));
        return sum;
      },
      1e-14,
    );
  });

  it('bicubic is the convolution with the cubic kernel of a = -0.75', () => {
    const kernel = (d: number): number => {
      const t = Math.abs(d);
      if (t >= 2) return 0;
      return t <= 1 ? 1.25 * t ** 3 - 2.25 * t ** 2 + 1 : -0.75 * t ** 3 + 3.75 * t ** 2 - 6 * t + 3;
    };
    expectElements(
      x.interpolate({ size: [6, 3], mode: 'bicubic' }),
      [2, 3, 6, 3],
      (n, c, i, j) => {
        const [p, q] = [((i + 0.5) * 4) / 6 - 0.5, ((j + 0.5) * 5) / 3 - 0.5];
        let sum = 0;
        for (let k = -3; k <= 7; k++)
          for (let l = -3; l <= 8; l++) sum += kernel(p - k) * kernel(q - l) * at(n, c, within(k, 4), within(l, 5));
        return sum;
      },
      1e-14,
    );
  });

  it('keeps straight lines straight, and borders as they are', () => {
    const ramp = Tensor.arange(5, { dtype: 'float64' }).reshape([1, 1, 5]);
    const aligned = ramp.interpolate({ size: 9, mode: 'linear', alignCorners: true });
    expect(listed(aligned)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
    expect(listed(ramp.interpolate({ size: 1, mode: 'linear', alignCorners: true }))).toEqual([0]);
    expect(listed(ramp.interpolate({ scaleFactor: 2, mode: 'linear' }))).toEqual([
      0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4,
    ]);
  });

  it('area takes means', () => {
    expect(listed(row(1, 2, 3, 4).interpolate({ size: 2, mode: 'area' }))).toEqual([1.5, 3.5]);
    const cube = between(-1, 1, [1, 2, 3, 4, 5]);
    const small = cube.interpolate({ size: [2, 3, 4], mode: 'area' });
    expect(small.toArray()).toEqual(cube.adaptiveAvgPool3d([2, 3, 4]).toArray());
  });

  it('a scale that is rounded: distances of the scale, or of the sizes', () => {
    // PyTorch 1.13: F.interpolate(tensor([[[0., 1, 2, 3, 4]]]), scale_factor=1.5, mode='linear'), and recomputed
    const ramp = row(0, 1, 2, 3, 4);
    const kept = listed(ramp.interpolate({ scaleFactor: 1.5, mode: 'linear' }));
    const sized = listed(ramp.interpolate({ scaleFactor: 1.5, mode: 'linear', recomputeScaleFactor: true }));
    [0, 0.5, 7 / 6, 11 / 6, 2.5, 19 / 6, 23 / 6].forEach((v, i) => {
      expect(kept[i]).toBeCloseTo(v, 14);
    });
    expect(sized).toEqual(listed(ramp.interpolate({ size: 7, mode: 'linear' })));
  });

  it('an infinite pixel stays where it is', () => {
    const y = listed(row(1, Infinity, 1, 1).interpolate({ scaleFactor: 2, mode: 'linear' }));
    expect(y.slice(-3)).toEqual([1, 1, 1]);
    expect(y[0]).toBe(Number.NaN); // 0 · ∞, as in PyTorch
  });

  it('refuses other modes, ranks, dtypes and sizes', () => {
    expect(() => x.interpolate({})).toThrow(/needs either size or scaleFactor; got neither/);
    expect(() => x.interpolate({ size: 2, scaleFactor: 2 })).toThrow(/got both/);
    expect(() => x.interpolate({ size: 2, mode: 'cubic' as 'bicubic' })).toThrow(
      /must be one of nearest, .*; got cubic/,
    );
    expect(() => x.interpolate({ size: 2, mode: 'linear' })).toThrow(/1 spatial dims.*got \[2, 3, 4, 5\]/);
    expect(() => x.interpolate({ size: 2, mode: 'linear' })).toThrow(ShapeError);
    expect(() => x.reshape([24, 5]).interpolate({ size: 2 })).toThrow(ShapeError);
    expect(() => Tensor.zeros([1, 1, 0]).interpolate({ size: 2 })).toThrow(/none of them empty/);
    expect(() => x.interpolate({ size: 2, alignCorners: true })).toThrow(/alignCorners .* got true for nearest/);
    expect(() => x.interpolate({ size: [2, 2, 2] })).toThrow(ArgumentError);
    expect(() => x.interpolate({ size: 1.5 })).toThrow(ArgumentError);
    for (const scaleFactor of [0, -1, Number.NaN, Infinity, [2], 0.1]) {
      expect(() => x.interpolate({ scaleFactor })).toThrow(ArgumentError);
    }
    expect(() => whole(0, 9, [1, 1, 3]).interpolate({ size: 2, mode: 'linear' })).toThrow(DtypeError);
  });
});

describe('pixelShuffle', () => {
  it('puts r² channels into squares of r by r pixels', () => {
    const x = Tensor.arange(8, { dtype: 'float64' }).reshape([1, 8, 1, 1]);
    expect(x.pixelShuffle(2).toArray()).toEqual([
      [
        [
          [0, 1],
          [2, 3],
        ],
        [
          [4, 5],
          [6, 7],
        ],
      ],
    ]);
  });

  it('is undone by pixelUnshuffle, with any dims in front', () => {
    for (const lead of [[], [2], [2, 3]]) {
      const x = between(-1, 1, [...lead, 9, 2, 4]);
      expect(x.pixelShuffle(3).shape).toEqual([...lead, 1, 6, 12]);
      expect(x.pixelShuffle(3).pixelUnshuffle(3).toArray()).toEqual(x.toArray());
    }
  });

  it('refuses sizes that do not divide', () => {
    const x = between(-1, 1, [1, 6, 2, 3]);
    expect(() => x.pixelShuffle(2)).toThrow(/the channels a multiple of 4; got \[1, 6, 2, 3\]/);
    expect(() => x.pixelUnshuffle(2)).toThrow(/height and width multiples of 2; got \[1, 6, 2, 3\]/);
    expect(() => x.pixelShuffle(0)).toThrow(ArgumentError);
    expect(() => x.reshape([6, 6]).pixelUnshuffle(2)).toThrow(ShapeError);
  });
});
