/** Where the greatest and least elements are, and the order that sorts; NaN counts as the greatest. */
import type { TypedArray } from '../../src/core/dtype.ts';
import type { Params } from '../../src/core/primitive.ts';
import { linesOf } from './line.ts';
import type { Operand } from './operand.ts';

/** The first index of the greatest or least along `dim`; the first NaN if there is one. The dim must not be empty. */
export function arg(params: Params['arg'], x: Operand): Int32Array {
  const firstOf = params.op === 'max' ? firstGreatest : firstLeast;
  const { contiguous, shape, size, offset } = x.layout;
  if (contiguous && params.dim === shape.length - 1)
    return rowsFirst(firstOf, x.storage, offset, size, shape[params.dim]!);
  const { starts, step, n } = linesOf(x.layout, params.dim);
  const out = new Int32Array(starts.length);
  for (let line = 0; line < starts.length; line++) out[line] = firstOf(x.storage, starts[line]!, step, n);
  return out;
}

/** Along the last dim of a row-major array: nothing to set up. */
function rowsFirst(
  firstOf: typeof firstGreatest,
  data: TypedArray,
  start: number,
  size: number,
  n: number,
): Int32Array {
  const out = new Int32Array(size / n);
  for (let row = 0, at = start; row < out.length; row++, at += n) out[row] = firstOf(data, at, 1, n);
  return out;
}

function firstGreatest(data: TypedArray, start: number, step: number, n: number): number {
  let best = data[start]!;
  let index = 0;
  for (let k = 1, i = start + step; k < n; k++, i += step) {
    const v = data[i]!;
    if (v <= best) continue;
    if (Number.isNaN(best)) break;
    best = v; // greater, or NaN
    index = k;
  }
  return index;
}

function firstLeast(data: TypedArray, start: number, step: number, n: number): number {
  let best = data[start]!;
  let index = 0;
  for (let k = 1, i = start + step; k < n; k++, i += step) {
    const v = data[i]!;
    if (v >= best) continue;
    if (Number.isNaN(best)) break;
    best = v; // less, or NaN
    index = k;
  }
  return index;
}

/** The indices that sort each line along `dim`; equals keep their order. NaN comes last, first if `descending`. */
export function argsort(params: Params['argsort'], x: Operand): Int32Array {
  const { starts, step, n, run } = linesOf(x.layout, params.dim);
  const out = new Int32Array(x.layout.size);
  const keys = new Float64Array(n);
  let order = new Int32Array(n);
  let spare = new Int32Array(n);
  for (let line = 0; line < starts.length; line++) {
    let sorted = true;
    for (let k = 0, i = starts[line]!; k < n; k++, i += step) {
      const v = x.storage[i]!;
      keys[k] = params.descending ? -v : v;
      order[k] = k;
      if (k > 0 && !precedes(keys[k - 1]!, keys[k]!, params.descending)) sorted = false;
    }
    for (let width = 1; width < n && !sorted; width *= 2) {
      mergeRuns(keys, order, spare, width, params.descending);
      [order, spare] = [spare, order];
    }
    const inner = line % run;
    let o = (line - inner) * n + inner;
    for (let k = 0; k < n; k++, o += run) out[o] = order[k]!;
  }
  return out;
}

/** Whether a may stay before b: a ≤ b, with NaN behind all (before all if `nanFirst`). */
function precedes(a: number, b: number, nanFirst: boolean): boolean {
  return a <= b || Number.isNaN(nanFirst ? a : b);
}

/** Merges neighbouring sorted runs of `width` indices from one array into the other. */
function mergeRuns(keys: Float64Array, from: Int32Array, to: Int32Array, width: number, nanFirst: boolean): void {
  const n = from.length;
  for (let start = 0; start < n; start += 2 * width) {
    const middle = Math.min(start + width, n);
    const end = Math.min(start + 2 * width, n);
    let i = start;
    let j = middle;
    for (let o = start; o < end; o++) {
      const left = j >= end || (i < middle && precedes(keys[from[i]!]!, keys[from[j]!]!, nanFirst));
      to[o] = left ? from[i++]! : from[j++]!;
    }
  }
}
