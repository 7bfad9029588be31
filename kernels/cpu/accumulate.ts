/** Adding strided elements to strided elements, in the output's own precision. */
import type { TypedArray } from '../../src/core/dtype.ts';
import { elementOffsets, type Layout, mergeDims } from '../../src/core/layout.ts';
import type { Operand } from './operand.ts';

/** Adds the elements of x to those of `out` under a layout of the same shape, in row-major order; bool: or. */
export function addInto(out: TypedArray, layout: Layout, x: Operand): void {
  if (layout.size === 0) return;
  const { dims, strides } = mergeDims(layout.shape, [layout.strides, x.layout.strides]);
  const [to, from] = [strides[0]!, strides[1]!];
  const last = dims.length - 1;
  const n = last < 0 ? 1 : dims[last]!;
  const [toStep, fromStep] = last < 0 ? [0, 0] : [to[last]!, from[last]!];
  const outer = dims.slice(0, -1);
  const toStarts = elementOffsets(outer, to.slice(0, -1), layout.offset);
  const fromStarts = elementOffsets(outer, from.slice(0, -1), x.layout.offset);
  for (let r = 0; r < toStarts.length; r++) {
    addRun(out, toStarts[r]!, toStep, x.storage, fromStarts[r]!, fromStep, n);
  }
}

/** Adds n elements of x to n of `out`; an Int32Array wraps by itself, bools are or-ed. */
export function addRun(
  out: TypedArray,
  to: number,
  toStep: number,
  x: TypedArray,
  from: number,
  fromStep: number,
  n: number,
): void {
  let o = to;
  let i = from;
  if (out instanceof Uint8Array) for (let j = 0; j < n; j++, o += toStep, i += fromStep) out[o]! |= x[i]!;
  else for (let j = 0; j < n; j++, o += toStep, i += fromStep) out[o]! += x[i]!;
}
