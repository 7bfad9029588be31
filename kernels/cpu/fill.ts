/** Arrays made from nothing: one value everywhere, or counting along a dim. */
import { allocate, type TypedArray } from '../../src/core/dtype.ts';
import type { Params } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { toBool, toInt32 } from './element.ts';

/** `value` everywhere, as a cast of it to the dtype. */
export function full(params: Params['full']): TypedArray {
  const { shape, value, dtype } = params;
  const out = allocate(dtype, sizeOf(shape));
  if (Object.is(value, 0)) return out; // not for −0
  return out.fill(dtype === 'bool' ? toBool(value) : dtype === 'int32' ? toInt32(value) : value);
}

/** The index along `dim`: 0, 1, 2, … */
export function iota(params: Params['iota']): TypedArray {
  const { shape, dim, dtype } = params;
  const out = allocate(dtype, sizeOf(shape));
  const n = shape[dim]!;
  const run = sizeOf(shape.slice(dim + 1));
  for (let at = 0, index = 0; at < out.length; at += run) {
    out.fill(dtype === 'bool' ? toBool(index) : index, at, at + run);
    index = index + 1 === n ? 0 : index + 1;
  }
  return out;
}
