/** Parts put together in one array of zeros; where they overlap they add, in their order. */

import type { Dtype } from '../../src/core/dtype.ts';
import { contiguousLayout, sliceLayout } from '../../src/core/layout.ts';
import type { Params, Region } from '../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
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
  const box = { low: shape.map(() => Infinity), high: shape.map(() => -Infinity) };
  const calls: Call[] = [];
  let filled = 0;
  let allApart = true;
  parts.forEach((part, p) => {
    const size = part.layout.shape;
    if (part.layout.size === 0) return;
    const { starts, steps } = regions[p]!;
    const apart = extend(box, regions[p]!, size);
    const target = { address: to, layout: sliceLayout(whole, starts, steps, size), dtype };
    calls.push(planMove(part, target, !apart));
    filled += part.layout.size;
    allApart &&= apart;
  });
  const all = sizeOf(shape);
  return allApart && filled === all ? calls : [planZeros(dtype, all, to), ...calls];
}

/** The least and greatest index of each dim that is taken. */
interface Box {
  readonly low: number[];
  readonly high: number[];
}

/** Makes the box hold the region too, and says whether they had nothing in common. */
function extend(box: Box, { starts, steps }: Region, size: Shape): boolean {
  let apart = false; // an empty box is apart from everything
  for (let d = 0; d < size.length; d++) {
    const end = starts[d]! + (size[d]! - 1) * steps[d]!;
    const low = Math.min(starts[d]!, end);
    const high = Math.max(starts[d]!, end);
    if (low > box.high[d]! || high < box.low[d]!) apart = true;
    box.low[d] = Math.min(box.low[d]!, low);
    box.high[d] = Math.max(box.high[d]!, high);
  }
  return apart;
}
