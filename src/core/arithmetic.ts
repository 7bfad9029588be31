/** What a formula is computed in. */
import { type Dtype, promote } from './dtype.ts';
import type { Formula } from './formula.ts';
import type { Arithmetic } from './javascript.ts';

/** The strongest of the inputs' dtypes and, unless the formula gives bools, of the result's; bools are whole numbers. */
export function arithmeticOf(formula: Formula, inputs: readonly Dtype[], result: Dtype): Arithmetic {
  const strongest = inputs.reduce(promote, formula.isBoolean ? 'bool' : result);
  return strongest === 'bool' ? 'int32' : strongest;
}
