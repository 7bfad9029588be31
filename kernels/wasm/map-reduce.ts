/** Reductions of formulas, and formulas of reductions, in one pass over the inputs. */
import { arithmeticOf } from '../../src/core/arithmetic.ts';
import type { Dtype } from '../../src/core/dtype.ts';
import type { Formula } from '../../src/core/formula.ts';
import type { Arithmetic } from '../../src/core/javascript.ts';
import type { Call, HeapArray } from './call.ts';
import { vectorCode } from './formula.ts';
import { canMap, type Mapped } from './map.ts';
import { planReduce, type Reduction, resultOf } from './reduce.ts';

/** What is reduced, and what becomes of each result. */
export interface MapReduction {
  readonly op: 'sum' | 'max';
  readonly before: Mapped;
  readonly after: Formula | undefined;
}

/** Whether one kernel can do it: float64 goes with itself only, and scalars are of one arithmetic. */
export function canReduce(
  { op, before, after }: MapReduction,
  inputs: readonly Dtype[],
  scalars: readonly number[],
): boolean {
  const all = [...inputs, before.dtype];
  if (all.includes('float64') && all.some((dtype) => dtype !== 'float64')) return false;
  if (!canMap(before.formula, inputs, before.dtype, scalars)) return false;
  if (!after) return true;
  const result = resultOf({ op, dtype: before.dtype });
  const same = arithmeticOf(after, [result], result) === scalarDtypeOf(before, inputs);
  return same && !after.isBoolean && canMap(after, [result], result, scalars);
}

/** What the scalars of a call are in memory. */
export function scalarDtypeOf({ formula, dtype }: Mapped, inputs: readonly Dtype[]): Arithmetic {
  return arithmeticOf(formula, inputs, dtype);
}

/** The call that reduces `dims` of a formula of inputs of one shape, into a row-major result at `to`. */
export function planMapReduce(
  { op, before, after }: MapReduction,
  inputs: readonly HeapArray[],
  dims: readonly number[],
  to: number,
  scalars: number,
): Call {
  const { formula, dtype } = before;
  const dtypes = inputs.map((x) => x.dtype);
  const bare = formula.body.op === 'input' && dtypes[0] === dtype;
  const result = resultOf({ op, dtype });
  const hooks: Reduction['hooks'] = {
    key: `${bare ? '' : formula.id} ${after?.id ?? ''}`,
    ...(bare ? {} : { before: vectorCode(formula, dtypes, dtype) }),
    ...(after ? { after: vectorCode(after, [result], result) } : {}),
  };
  return planReduce({ op, inputs: dtypes, dtype, hooks }, inputs, dims, to, scalars);
}
