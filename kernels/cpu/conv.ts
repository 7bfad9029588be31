/**
 * Convolutions of any rank, as inner products of the weights with windows of the (padded) images.
 *
 * y[n, o, p] = Σ over c, then the kernel in row-major order, of xd[n, c, p·stride + k·dilation − low] · w[o, c, k], where
 * xd is x with inputDilation − 1 zeros between neighbours and zeros outside (they multiply like any zero). Sums are in
 * double precision, rounded once; int32 wraps.
 */
import { allocate, type TypedArray } from '../../src/core/dtype.ts';
import { contiguousLayout, elementOffsets, type Layout, sliceLayout } from '../../src/core/layout.ts';
import type { ConvParams } from '../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import { copyInto } from './copy.ts';
import type { Operand } from './operand.ts';
import { product } from './product.ts';

/** x [N, C, ..], w [O, C/groups, ..] → `outShape` [N, O, ..]. */
export function conv(params: ConvParams, x: Operand, w: Operand, outShape: Shape): TypedArray {
  const { stride, dilation, groups } = params;
  const out = allocate(x.dtype, sizeOf(outShape));
  const [kernel, ws] = [w.layout.shape.slice(2), w.layout.strides];
  const [channels, outputs] = [w.layout.shape[1]!, outShape[1]! / groups];
  const terms = channels * sizeOf(kernel);
  if (out.length === 0 || terms === 0) return out;
  const positions = outShape.slice(2); // p: how many windows each dim has
  const windows = sizeOf(positions);
  const extent = positions.map((n, d) => (n - 1) * stride[d]! + (kernel[d]! - 1) * dilation[d]! + 1);
  const imageSize = x.layout.shape[1]! * sizeOf(extent);
  const images = Math.min(outShape[0]!, Math.max(1, Math.floor(budget / Math.max(imageSize, windows))));
  const padded = plan(params, x, extent, images);
  const [xs, shape] = [padded.layout.strides, [images, ...positions]];
  const spatial = xs.slice(2);
  const left = {
    data: w.storage,
    at: 0,
    rows: elementOffsets([outputs], [ws[0]!], 0),
    ks: elementOffsets([channels, ...kernel], ws.slice(1), 0),
  };
  const right = {
    data: padded.storage,
    at: 0,
    rows: elementOffsets(shape, [xs[0]!, ...spatial.map((n, d) => n * stride[d]!)], 0),
    ks: elementOffsets([channels, ...kernel], [xs[1]!, ...spatial.map((n, d) => n * dilation[d]!)], 0),
  };
  const rows = elementOffsets([outputs], [windows], 0);
  const columns = elementOffsets([images, windows], [outShape[1]! * windows, 1], 0);
  const result = { data: out, at: 0, rows, columns };
  for (let image = 0; image < outShape[0]!; image += images) {
    const count = Math.min(images, outShape[0]! - image);
    const at = padded.stage(image, count);
    for (let g = 0; g < groups; g++) {
      left.at = w.layout.offset + g * outputs * ws[0]!;
      right.at = at + g * channels * xs[1]!;
      result.at = (image * outShape[1]! + g * outputs) * windows;
      product(outputs, count * windows, terms, left, right, result);
    }
  }
  return out;
}

const budget = 1 << 20; // elements of staged images and windows at a time

/** Images with their zeros: `stage` makes some of them ready and says where in the storage they start. */
interface Padded extends Operand {
  stage(image: number, count: number): number;
}

/** x itself where it needs no zeros, else a scratch array that takes `images` images at a time. */
function plan(params: ConvParams, x: Operand, extent: Shape, images: number): Padded {
  const { padding, inputDilation } = params;
  const { shape, strides, offset } = x.layout;
  const lows = padding.map((p) => p[0]);
  const plain = extent.every((n, d) => lows[d]! <= 0 && inputDilation[d] === 1 && n - lows[d]! <= shape[d + 2]!);
  if (plain) {
    let start = offset;
    for (let d = 0; d < lows.length; d++) start -= lows[d]! * strides[d + 2]!;
    return { ...x, stage: (image) => start + image * strides[0]! };
  }
  const layout = contiguousLayout([images, shape[1]!, ...extent]);
  const storage = allocate(x.dtype, layout.size);
  // Per dim: the first element of x that is inside, how many are, and where the first lands.
  const first = lows.map((low, d) => Math.max(0, Math.ceil(-low / inputDilation[d]!)));
  const lands = lows.map((low, d) => low + first[d]! * inputDilation[d]!);
  const inside = extent.map((n, d) => {
    const room = Math.floor((n - 1 - lands[d]!) / inputDilation[d]!) + 1;
    return Math.max(0, Math.min(room, shape[d + 2]! - first[d]!));
  });
  const ones = lows.map(() => 1);
  const part = (of: Layout, starts: number[], steps: readonly number[], count: number): Layout =>
    sliceLayout(of, starts, [1, 1, ...steps], [count, shape[1]!, ...inside]);
  return {
    storage,
    layout,
    dtype: x.dtype,
    stage: (image, count) => {
      const target = part(layout, [0, 0, ...lands], inputDilation, count);
      copyInto(storage, target, { ...x, layout: part(x.layout, [image, 0, ...first], ones, count) });
      return 0;
    },
  };
}
