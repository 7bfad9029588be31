/** The adjoint of unfold: every window is added where it was read. */
import { allocate, type TypedArray } from '../../src/core/dtype.ts';
import { contiguousLayout, permuteLayout, windowsLayout } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { addInto } from './accumulate.ts';
import type { Operand } from './operand.ts';

/**
 * Zeros of `shape` with the elements of x (window counts, then window sizes at the end) added up, in the output's own
 * precision: for each place within the windows, in row-major order, all windows.
 */
export function fold(params: Params['fold'], x: Operand): TypedArray {
  const { windows, shape } = params;
  const out = allocate(x.dtype, sizeOf(shape));
  // The window dims go first, so that the inner loops run along the image and not along a small window.
  const rank = shape.length;
  const order = [...windows.map((_, i) => rank + i), ...shape.map((_, d) => d)];
  const places = windowsLayout(contiguousLayout(shape), windows);
  addInto(out, permuteLayout(places, order), { ...x, layout: permuteLayout(x.layout, order) });
  return out;
}
