/** Parts put together in one array of zeros; where they overlap they add, in their order. */
import type { Dtype } from '../../src/core/dtype.ts';
import { contiguousLayout, sliceLayout } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { RegionBox } from '../../src/core/region-box.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Call, HeapArray } from './call.ts';
import { planMove } from './copy.ts';
import { planZeros } from './fill.ts';

/**
 * The calls, one after another, that put part i at region i of a row-major array of `dtype` at `to`. Zeros are written
 * only where the parts may leave some. A part that lies beside the box of all earlier ones is copied, so that −0 survives.
 */
export function planPlace(params: Params['place'], parts: readonly HeapArray[], dtype: Dtype, to: number): Call[] {
  const { regions, shape } = params;
  const whole = contiguousLayout(shape);
  const box = new RegionBox(shape.length);
  const calls: Call[] = [];
  let filled = 0;
  let allApart = true;
  parts.forEach((part, p) => {
    const size = part.layout.shape;
    if (part.layout.size === 0) return;
    const { starts, steps } = regions[p]!;
    const apart = box.takesApart(regions[p]!, size);
    const target = { address: to, layout: sliceLayout(whole, starts, steps, size), dtype };
    calls.push(planMove(part, target, !apart));
    filled += part.layout.size;
    allApart &&= apart;
  });
  const all = sizeOf(shape);
  return allApart && filled === all ? calls : [planZeros(dtype, all, to), ...calls];
}
