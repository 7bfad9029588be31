/** Arrays made from nothing: one value everywhere, or counting along a dim. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { coordinatesOf } from './integer.ts';
import { exactBelow, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/** `value` everywhere, as a cast of it to the dtype. */
export function planFull(
  { value, dtype }: Params['full'],
  _inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, [sizeOf(out.shape)], limits);
  return coordinates && [builder.launch(coordinates.threads, `return ${builder.float(held(value, dtype))};`)];
}

/** The number as an element: all but 0 is true, and whole numbers are cut to the range of int32, where NaN is 0. */
function held(value: number, dtype: Dtype): number {
  if (dtype === 'bool') return value === 0 ? 0 : 1;
  return dtype === 'int32' ? Math.max(-2147483648, Math.min(2147483647, Math.trunc(value) || 0)) : value;
}

/** The index along `dim`. */
export function planIota(
  { dim, dtype }: Params['iota'],
  _inputs: readonly Operand[],
  { shape }: Spec,
  limits: Limits,
): Plan | undefined {
  const builder = new LaunchBuilder();
  const around = [sizeOf(shape.slice(0, dim)), shape[dim]!, sizeOf(shape.slice(dim + 1))];
  const coordinates = coordinatesOf(builder, around, limits);
  if (!coordinates || shape[dim]! > exactBelow) return undefined;
  const index = coordinates.at[1]!;
  const result = dtype === 'bool' ? `${index} > 0 ? 1.0 : 0.0` : index === '0' ? '0.0' : index;
  return [builder.launch(coordinates.threads, `${coordinates.statements}return ${result};`)];
}
