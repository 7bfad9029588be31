/** Another dtype: bools are 0 and 1, whole numbers are cut towards zero, all of them held in floats. */
import { constant, input, ne } from '../../src/core/expression.ts';
import { formulaOf } from '../../src/core/formula.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import type { Limits, Operand, Plan } from './launch.ts';
import { planMap } from './map.ts';

const same = formulaOf(input(0), 1);
const truth = formulaOf(ne(input(0), constant(0)), 1);

export function planCast(
  { dtype }: Params['cast'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  return planMap({ formula: dtype === 'bool' ? truth : same, scalars: [] }, inputs, out, limits);
}
