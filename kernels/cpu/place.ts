/** Parts put together in one array of zeros; where they overlap they add, in their order. */
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import { contiguousLayout, sliceLayout } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { RegionBox } from '../../src/core/region-box.ts';
import { sizeOf } from '../../src/core/shape.ts';
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
  const box = new RegionBox(shape.length);
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!;
    const size = part.layout.shape;
    if (part.layout.size === 0) continue;
    const region = regions[p]!;
    const target = sliceLayout(whole, region.starts, region.steps, size);
    if (box.takesApart(region, size)) copyInto(out, target, part);
    else addInto(out, target, part);
  }
  return out;
}
