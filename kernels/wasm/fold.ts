/** The adjoint of unfold: every window is added where it was read. */
import { bytesPerElement } from '../../src/core/dtype.ts';
import { contiguousLayout, type Layout, mergeDims, windowsLayout } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Call, HeapArray } from './call.ts';
import { planRows, type Size } from './copy.ts';
import { planZeros } from './fill.ts';
import { inBytes } from './walk.ts';

/**
 * The calls that add the windows of x (counts, then window sizes at the end) up in zeros of `shape` at `to`: for each
 * place within the windows, in row-major order, all windows. Shares are cut from the dims before the first window.
 */
export function planFold(params: Params['fold'], x: HeapArray, to: number): Call[] {
  const { windows, shape } = params;
  const zeros = planZeros(x.dtype, sizeOf(shape), to);
  if (x.layout.size === 0) return [zeros];
  const rank = shape.length;
  const first = Math.min(rank, ...windows.map((w) => w.dim));
  const outerDims = shape.slice(0, first).map((_, d) => d);
  // the window dims go before the image, so that the inner loops run along the image and not along a small window
  const innerDims = [...windows.map((_, i) => rank + i), ...shape.slice(first).map((_, d) => first + d)];
  const places = windowsLayout(contiguousLayout(shape), windows);
  const size = bytesPerElement[x.dtype] as Size;
  const space = (dims: readonly number[]) => {
    const pick = ({ shape, strides }: Layout) => ({
      shape: dims.map((d) => shape[d]!),
      strides: dims.map((d) => strides[d]!),
    });
    const [from, into] = [pick(x.layout), pick(places)];
    return inBytes(mergeDims(from.shape, [from.strides, into.strides]), [size, size]);
  };
  const inner = space(innerDims);
  const row = {
    from: x.address + x.layout.offset * size,
    to,
    n: inner.dims.pop() ?? 1,
    xStep: inner.strides[0]!.pop() ?? 0,
    toStep: inner.strides[1]!.pop() ?? 0,
  };
  return [zeros, planRows(x.dtype, size, row, space(outerDims), inner)];
}
