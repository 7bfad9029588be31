/** Running sums along a dim: in double precision, each rounded once; int32 wraps. */
import { allocate, type TypedArray } from '../../src/core/dtype.ts';
import type { Params } from '../../src/core/primitive.ts';
import { linesOf } from './line.ts';
import type { Operand } from './operand.ts';

/** Element i along `dim` is the sum of elements 0 to i (from i to the end if `reverse`); bool gives int32. */
export function scan(params: Params['scan'], x: Operand): TypedArray {
  const out = allocate(x.dtype === 'bool' ? 'int32' : x.dtype, x.layout.size);
  const { starts, step, n, run } = linesOf(x.layout, params.dim);
  const add = out instanceof Int32Array ? addWrapped : addUp;
  const first = params.reverse ? n - 1 : 0;
  const way = params.reverse ? -1 : 1;
  for (let line = 0; line < starts.length; line++) {
    const inner = line % run;
    const o = (line - inner) * n + inner;
    add(x.storage, starts[line]! + first * step, way * step, out, o + first * run, way * run, n);
  }
  return out;
}

function addUp(
  data: TypedArray,
  from: number,
  step: number,
  out: TypedArray,
  to: number,
  outStep: number,
  n: number,
): void {
  let sum = 0;
  for (let k = 0, i = from, o = to; k < n; k++, i += step, o += outStep) {
    sum += data[i]!;
    out[o] = sum;
  }
}

function addWrapped(
  data: TypedArray,
  from: number,
  step: number,
  out: TypedArray,
  to: number,
  outStep: number,
  n: number,
): void {
  let sum = 0;
  for (let k = 0, i = from, o = to; k < n; k++, i += step, o += outStep) {
    sum = (sum + data[i]!) | 0;
    out[o] = sum;
  }
}
