/** Convolutions whose images are staged a few at a time, and their gradients as convolutions. */
import { describe, expect, it } from 'vitest';
import { conv } from '../../../kernels/cpu/conv.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { contiguousLayout, permuteLayout, sliceLayout } from '../../../src/core/layout.ts';
import type { ConvParams } from '../../../src/core/primitive.ts';
import { difference } from '../agreement.ts';
import { coordinates } from '../naive.ts';
import { Dice, operand } from '../operands.ts';

const geometry = (pad: number, stride: number = 1, inputDilation: number = 1): ConvParams => ({
  stride: [stride, stride],
  padding: [
    [pad, pad],
    [pad, pad],
  ],
  dilation: [1, 1],
  inputDilation: [inputDilation, inputDilation],
  groups: 1,
});

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const swapped = (x: Operand): Operand => ({ ...x, layout: permuteLayout(x.layout, [1, 0, 2, 3]) });

describe('conv', () => {
  it('stages padded images that are too many for one go', () => {
    const [height, width] = [600, 601];
    const x = operand(new Dice(1), [3, 1, height, width]);
    const w = operand(new Dice(2), [1, 1, 2, 1]);
    const [upper, lower] = w.storage;
    const got = conv(geometry(1), x, w, [3, 1, height + 1, width + 2]);
    let wrong = 0;
    for (let n = 0, o = 0; n < 3; n++) {
      for (let r = -1; r < height; r++) {
        for (let c = -1; c <= width; c++, o++) {
          const at = (row: number) =>
            row < 0 || row >= height || c < 0 || c >= width ? 0 : x.storage[(n * height + row) * width + c]!;
          if (got[o] !== Math.fround(at(r) * upper! + at(r + 1) * lower!)) wrong++;
        }
      }
    }
    expect(wrong).toBe(0);
  });

  it('reads images in place that are too many for one go', () => {
    const x = operand(new Dice(5), [3, 1, 600, 601]);
    const w: Operand = { storage: Float32Array.of(2), layout: contiguousLayout([1, 1, 1, 1]), dtype: 'float32' };
    const doubled = x.storage.map((v) => 2 * v);
    expect(difference(conv(geometry(0), x, w, x.layout.shape), doubled)).toBeUndefined();
  });

  it.each([
    ['plain', 0, 1, [5, 5]],
    ['padded', 2, 1, [5, 5]],
    ['strided', 1, 2, [3, 3]],
  ] as const)('is its own adjoint in both factors, %s', (_name, pad, stride, [kh, kw]) => {
    const dice = new Dice(3);
    const [n, c, o, size] = [3, 2, 4, 9];
    const out = Math.floor((size + 2 * pad - kh) / stride) + 1;
    const x = operand(dice, [n, c, size, size], 'float64');
    const w = operand(dice, [o, c, kh, kw], 'float64');
    const g = operand(dice, [n, o, out, out], 'float64');
    const forward = dot(conv(geometry(pad, stride), x, w, [n, o, out, out]), g.storage);
    // ⟨g, x ∗ w⟩ = ⟨dw, w⟩: images and gradients with batch and channels swapped, the stride as dilation.
    const dw = conv({ ...geometry(pad), dilation: [stride, stride] }, swapped(x), swapped(g), [
      c,
      o,
      size + 2 * pad - stride * (out - 1),
      size + 2 * pad - stride * (out - 1),
    ]);
    const extent = size + 2 * pad - stride * (out - 1);
    const dwLayout = sliceLayout(contiguousLayout([c, o, extent, extent]), [0, 0, 0, 0], [1, 1, 1, 1], [c, o, kh, kw]);
    let byWeight = 0;
    for (const [i, j, r, s] of coordinates([c, o, kh, kw])) {
      const at = dwLayout.strides[0]! * i! + dwLayout.strides[1]! * j! + dwLayout.strides[2]! * r! + s!;
      byWeight += dw[at]! * w.storage[((j! * c + i!) * kh + r!) * kw + s!]!;
    }
    expect(byWeight).toBeCloseTo(forward, 9);
    // ⟨g, x ∗ w⟩ = ⟨dx, x⟩: the flipped kernel over gradients spread by the stride.
    const flipped = sliceLayout(w.layout, [0, 0, kh - 1, kw - 1], [1, 1, -1, -1], [o, c, kh, kw]);
    const rest = size + 2 * pad - kh - stride * (out - 1); // rows that no window reached
    const padding = [kh, kw].map((k) => [k - 1 - pad, k - 1 - pad + rest] as const);
    const dx = conv({ ...geometry(0, 1, stride), padding }, g, swapped({ ...w, layout: flipped }), [n, c, size, size]);
    expect(dot(dx, x.storage)).toBeCloseTo(forward, 9);
  });

  it('crops by negative padding without a copy', () => {
    const x = operand(new Dice(4), [1, 1, 4, 5]);
    const one: Operand = { storage: Float32Array.of(1), layout: contiguousLayout([1, 1, 1, 1]), dtype: 'float32' };
    const params: ConvParams = {
      ...geometry(0),
      padding: [
        [-1, -2],
        [-2, 0],
      ],
    };
    expect([...conv(params, x, one, [1, 1, 1, 3])]).toEqual([...x.storage.subarray(7, 10)]);
  });
});
