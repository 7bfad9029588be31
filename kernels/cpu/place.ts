/** Parts put together in one array of zeros; where they overlap they add, in their order. */
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import { contiguousLayout, sliceLayout } from '../../src/core/layout.ts';
import type { Params, Region } from '../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import { addInto } from './accumulate.ts';
import { copyInto } from './copy.ts';
import type { Operand } from './operand.ts';

/** Zeros of `shape` with part i added at region i. A part that meets no earlier one is copied, so that −0 survives. */
export function place(params: Params['place'], parts: readonly Operand[], dtype: Dtype): TypedArray {
  const { regions, shape } = params;
  const out = allocate(dtype, sizeOf(shape));
  const whole = contiguousLayout(shape);
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!;
    const size = part.layout.shape;
    const region = regions[p]!;
    const target = sliceLayout(whole, region.starts, region.steps, size);
    let isNew = true;
    for (let q = 0; q < p && isNew; q++) isNew = !meet(region, size, regions[q]!, parts[q]!.layout.shape);
    if (isNew) copyInto(out, target, part);
    else addInto(out, target, part);
  }
  return out;
}

/** Whether two regions have an element in common: in each dim an index of both. */
function meet(a: Region, aShape: Shape, b: Region, bShape: Shape): boolean {
  for (let d = 0; d < aShape.length; d++) {
    if (!shareIndex(a.starts[d]!, a.steps[d]!, aShape[d]!, b.starts[d]!, b.steps[d]!, bShape[d]!)) return false;
  }
  return true;
}

/** Whether the n numbers from `start` by `step` and the m from `other` by `by` have one in common. */
function shareIndex(start: number, step: number, n: number, other: number, by: number, m: number): boolean {
  if (n === 0 || m === 0) return false;
  const end = other + (m - 1) * by;
  const [low, high] = by > 0 ? [other, end] : [end, other];
  const last = start + (n - 1) * step;
  if (Math.max(start, last) < low || Math.min(start, last) > high) return false;
  let tried = 0; // after |by| numbers the remainders repeat
  for (let i = 0, at = start; i < n && tried < Math.abs(by); i++, at += step) {
    if (at < low || at > high) continue;
    if ((at - other) % by === 0) return true;
    tried++;
  }
  return false;
}
