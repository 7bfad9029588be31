/**
 * Sums and maxima over dims, of any layout.
 *
 * Each sum adds its elements in row-major order, in double precision, and rounds once at the end; int32 wraps.
 */
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import { elementOffsets, type Layout, mergeDims } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Operand } from './operand.ts';

/** x with each of `dims` reduced to 1: sum (bool gives int32) or max (NaN wins; the dims must not be empty). */
export function reduce(params: Params['reduce'], x: Operand): TypedArray {
  const { shape, strides, offset } = x.layout;
  const run = tailOf(x.layout, params.dims);
  if (run > 0) return reduceRuns(params.op, x, run);
  const isReduced = shape.map(() => false);
  for (const d of params.dims) isReduced[d] = true;
  const keptShape = shape.map((n, d) => (isReduced[d] ? 1 : n));
  const reducedShape = shape.map((n, d) => (isReduced[d] ? n : 1));
  const out = allocate(resultOf(params.op, x.dtype), sizeOf(keptShape));
  if (out.length === 0 || x.layout.size === 0) return out;
  const kept = last(mergeDims(keptShape, [strides]));
  const reduced = last(mergeDims(reducedShape, [strides]));
  // Walk memory in its order: side by side over the outputs if they are the nearer neighbours.
  if (kept.n >= 8 && Math.abs(kept.step) < Math.abs(reduced.step)) {
    const starts = elementOffsets(kept.outer, kept.steps, offset);
    const terms = elementOffsets(reducedShape, strides, 0);
    const accumulate = params.op === 'sum' ? addRow : maxRow;
    reduceRows(x.storage, starts, terms, kept.n, kept.step, out, accumulate);
  } else {
    const starts = elementOffsets(keptShape, strides, offset);
    const runs = elementOffsets(reduced.outer, reduced.steps, 0);
    const one = reducerOf(params.op, out);
    for (let o = 0; o < out.length; o++) out[o] = one(x.storage, starts[o]!, runs, reduced.n, reduced.step);
  }
  return out;
}

/** How many neighbours make one output where the reduced dims of a row-major array are its last, else 0. */
function tailOf({ shape, contiguous }: Layout, dims: readonly number[]): number {
  if (!contiguous) return 0;
  let run = 1;
  let d = shape.length - 1;
  for (; d >= 0 && (shape[d] === 1 || dims.includes(d)); d--) run *= shape[d]!;
  for (; d >= 0; d--) if (shape[d] !== 1 && dims.includes(d)) return 0;
  return run;
}

/** Each `run` neighbours become one: the common case, with nothing to set up. */
function reduceRuns(op: 'sum' | 'max', x: Operand, run: number): TypedArray {
  const out = allocate(resultOf(op, x.dtype), x.layout.size / run);
  const one = reducerOf(op, out);
  for (let o = 0, at = x.layout.offset; o < out.length; o++, at += run) out[o] = one(x.storage, at, atOnce, run, 1);
  return out;
}

const atOnce = new Int32Array(1); // one run, from the start on

function resultOf(op: 'sum' | 'max', dtype: Dtype): Dtype {
  return op === 'sum' && dtype === 'bool' ? 'int32' : dtype;
}

function reducerOf(op: 'sum' | 'max', out: TypedArray): typeof sumOf {
  return op === 'max' ? maxOf : out instanceof Int32Array ? wrappedSumOf : sumOf;
}

interface Last {
  readonly n: number;
  readonly step: number;
  /** The dims before the last, and their strides. */
  readonly outer: readonly number[];
  readonly steps: readonly number[];
}

function last(space: { readonly dims: number[]; readonly strides: number[][] }): Last {
  const { dims, strides } = space;
  const rank = dims.length;
  if (rank === 0) return { n: 1, step: 0, outer: [], steps: [] };
  const steps = strides[0]!;
  return { n: dims[rank - 1]!, step: steps[rank - 1]!, outer: dims.slice(0, -1), steps: steps.slice(0, -1) };
}

function sumOf(data: TypedArray, start: number, runs: Int32Array, n: number, step: number): number {
  let sum = 0;
  for (let r = 0; r < runs.length; r++) {
    let i = start + runs[r]!;
    for (let j = 0; j < n; j++, i += step) sum += data[i]!;
  }
  return sum;
}

function wrappedSumOf(data: TypedArray, start: number, runs: Int32Array, n: number, step: number): number {
  let sum = 0;
  for (let r = 0; r < runs.length; r++) {
    let i = start + runs[r]!;
    for (let j = 0; j < n; j++, i += step) sum = (sum + data[i]!) | 0;
  }
  return sum;
}

function maxOf(data: TypedArray, start: number, runs: Int32Array, n: number, step: number): number {
  let max = data[start + runs[0]!]!;
  for (let r = 0; r < runs.length; r++) {
    let i = start + runs[r]!;
    for (let j = 0; j < n; j++, i += step) {
      const v = data[i]!;
      if (v > max || Number.isNaN(v)) max = v; // nothing is greater than a NaN
    }
  }
  return max;
}

const rowLimit = 2048; // accumulators that stay in the first cache

type Accumulate = (sums: TypedArray, count: number, data: TypedArray, start: number, step: number) => void;

/** Rows of neighbouring outputs, each term added to the whole row. */
function reduceRows(
  data: TypedArray,
  starts: Int32Array,
  terms: Int32Array,
  n: number,
  step: number,
  out: TypedArray,
  accumulate: Accumulate,
): void {
  const width = Math.min(n, rowLimit);
  const sums = out instanceof Int32Array ? new Int32Array(width) : new Float64Array(width);
  const initial = accumulate === addRow ? 0 : out instanceof Int32Array ? -2147483648 : -Infinity;
  for (let r = 0; r < starts.length; r++) {
    for (let j = 0; j < n; j += rowLimit) {
      const count = Math.min(rowLimit, n - j);
      const start = starts[r]! + j * step;
      sums.fill(initial, 0, count);
      for (let t = 0; t < terms.length; t++) accumulate(sums, count, data, start + terms[t]!, step);
      out.set(count === width ? sums : sums.subarray(0, count), r * n + j);
    }
  }
}

function addRow(sums: TypedArray, count: number, data: TypedArray, start: number, step: number): void {
  for (let j = 0, i = start; j < count; j++, i += step) sums[j]! += data[i]!; // an Int32Array wraps by itself
}

function maxRow(sums: TypedArray, count: number, data: TypedArray, start: number, step: number): void {
  for (let j = 0, i = start; j < count; j++, i += step) {
    const v = data[i]!;
    if (v > sums[j]! || Number.isNaN(v)) sums[j] = v;
  }
}
