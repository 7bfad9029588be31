/** Copies: a strided array into row-major order, into another strided array, or into another dtype. */
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import { contiguousLayout, elementOffsets, type Layout, mergeDims } from '../../src/core/layout.ts';
import { toBool, toInt32 } from './element.ts';
import type { Operand } from './operand.ts';

/** The elements of x in row-major order, as a new array. */
export function copy(x: Operand): TypedArray {
  const { storage, layout } = x;
  if (layout.contiguous) return storage.slice(layout.offset, layout.offset + layout.size);
  const out = allocate(x.dtype, layout.size);
  copyInto(out, contiguousLayout(layout.shape), x);
  return out;
}

/**
 * The elements of x as `dtype`, row-major, as a new array.
 * Floats are cut towards zero to become int32 (NaN: 0; beyond the range: the nearest); all but zero is true (NaN too);
 * float64 is rounded to float32.
 */
export function cast(x: Operand, dtype: Dtype): TypedArray {
  const dense = copy(x);
  if (x.dtype === dtype) return dense;
  const out = allocate(dtype, dense.length);
  if (dtype === 'bool') for (let i = 0; i < out.length; i++) out[i] = toBool(dense[i]!);
  else if (dtype === 'int32' && x.dtype !== 'bool') for (let i = 0; i < out.length; i++) out[i] = toInt32(dense[i]!);
  else out.set(dense);
  return out;
}

/** Writes the elements of x to those of `out` under a layout of the same shape. */
export function copyInto(out: TypedArray, layout: Layout, x: Operand): void {
  if (layout.size === 0) return;
  const { dims, strides } = mergeDims(layout.shape, [layout.strides, x.layout.strides]);
  const [to, from] = [strides[0]!, strides[1]!];
  const last = dims.length - 1;
  if (last < 0) {
    out[layout.offset] = x.storage[x.layout.offset]!;
    return;
  }
  // A plane of two dims at a time: the one of the inner loop and the one that x walks fastest.
  const inner = innermost(dims);
  const near = nearest(from);
  const plane = near !== inner ? near : inner !== last ? last : last - 1;
  const rest = dims.map((_, d) => d).filter((d) => d !== inner && d !== plane);
  const shape = rest.map((d) => dims[d]!);
  const toStarts = elementOffsets(shape, pick(to, rest), layout.offset);
  const fromStarts = elementOffsets(shape, pick(from, rest), x.layout.offset);
  const [rows, toRow, fromRow] = plane < 0 ? [1, 0, 0] : [dims[plane]!, to[plane]!, from[plane]!];
  const move = near === inner ? copyRows : copyTiles;
  for (let i = 0; i < toStarts.length; i++) {
    move(out, toStarts[i]!, toRow, to[inner]!, x.storage, fromStarts[i]!, fromRow, from[inner]!, rows, dims[inner]!);
  }
}

/** The last dim that is worth a loop of its own, or else the longest. */
function innermost(dims: readonly number[]): number {
  let longest = dims.length - 1;
  for (let d = dims.length - 1; d >= 0; d--) {
    if (dims[d]! >= 8) return d;
    if (dims[d]! > dims[longest]!) longest = d;
  }
  return longest;
}

/** The dim with the least stride that is not 0; the last of equals. */
function nearest(strides: readonly number[]): number {
  let best = strides.length - 1;
  for (let d = best - 1; d >= 0; d--) {
    const n = Math.abs(strides[d]!);
    if (n !== 0 && strides[best] !== 0 && n < Math.abs(strides[best]!)) best = d;
  }
  return best;
}

function pick(values: readonly number[], dims: readonly number[]): number[] {
  return dims.map((d) => values[d]!);
}

function copyRows(
  out: TypedArray,
  to: number,
  toRow: number,
  toStep: number,
  x: TypedArray,
  from: number,
  fromRow: number,
  fromStep: number,
  rows: number,
  n: number,
): void {
  const block = toStep === 1 && fromStep === 1 && n >= 128; // long runs: the engine's own copy is faster
  for (let r = 0; r < rows; r++) {
    let o = to + r * toRow;
    let i = from + r * fromRow;
    if (block) out.set(x.subarray(i, i + n), o);
    else {
      for (let j = 0; j < n; j++) {
        out[o] = x[i]!;
        o += toStep;
        i += fromStep;
      }
    }
  }
}

const tile = 8; // more lines that are a power of two apart would push each other out of the first cache

function copyTiles(
  out: TypedArray,
  to: number,
  toRow: number,
  toStep: number,
  x: TypedArray,
  from: number,
  fromRow: number,
  fromStep: number,
  rows: number,
  n: number,
): void {
  for (let r = 0; r < rows; r += tile) {
    const height = Math.min(tile, rows - r);
    for (let j = 0; j < n; j += tile) {
      const o = to + r * toRow + j * toStep;
      const i = from + r * fromRow + j * fromStep;
      copyRows(out, o, toRow, toStep, x, i, fromRow, fromStep, height, Math.min(tile, n - j));
    }
  }
}
