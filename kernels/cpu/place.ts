/** Parts put together in one array of zeros; where they overlap they add, in their order. */
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import { contiguousLayout, sliceLayout } from '../../src/core/layout.ts';
import type { Params, Region } from '../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import { addInto } from './accumulate.ts';
import { copyInto } from './copy.ts';
import type { Operand } from './operand.ts';

/**
 * Zeros of `shape` with part i added at region i. A part that lies beside the box of all earlier ones is copied, so that
 * the −0 of what is joined survives.
 */
export function place(params: Params['place'], parts: readonly Operand[], dtype: Dtype): TypedArray {
  const { regions, shape } = params;
  const out = allocate(dtype, sizeOf(shape));
  const whole = contiguousLayout(shape);
  const box = { low: shape.map(() => Infinity), high: shape.map(() => -Infinity) };
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!;
    const size = part.layout.shape;
    if (part.layout.size === 0) continue;
    const region = regions[p]!;
    const target = sliceLayout(whole, region.starts, region.steps, size);
    if (extend(box, region, size)) copyInto(out, target, part);
    else addInto(out, target, part);
  }
  return out;
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
