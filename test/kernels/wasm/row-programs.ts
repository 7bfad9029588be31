/** Row programs to test with. */
import { div, input, le, mul, sub, unary, where } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import type { RowProgram } from '../../../src/core/row-program.ts';

const [x, y, z] = [input(0), input(1), input(2)];

/** Exponentials lie in the place of the result until they are divided. */
export function softmaxOf(columns: number): RowProgram {
  return {
    columns,
    inputs: 1,
    stages: [
      { op: 'max', formula: formulaOf(x, 1), reads: [0], dtype: 'float32' },
      { op: 'each', formula: formulaOf(unary('exp', sub(x, y)), 2), reads: [0, 1], dtype: 'float32' },
      { op: 'sum', formula: formulaOf(x, 1), reads: [2], dtype: 'float32' },
      { op: 'each', formula: formulaOf(div(x, y), 2), reads: [2, 3], dtype: 'float32' },
    ],
    scalars: [],
    results: [3],
    guests: [[1, 0]],
  };
}

/**
 * Of rows x, labels and weights by column: whether each product is at most the one at the label, that product, and 2 at
 * the label.
 */
export function comparisonOf(columns: number): RowProgram {
  return {
    columns,
    inputs: 4,
    stages: [
      { op: 'each', formula: formulaOf(mul(x, y), 2), reads: [0, 2], dtype: 'float32' },
      { op: 'pick', reads: [4, 1], dtype: 'float32' },
      { op: 'each', formula: formulaOf(le(x, y), 2), reads: [4, 5], dtype: 'bool' },
      { op: 'once', formula: formulaOf(where(le(x, x), z, z), 3), reads: [5, 5, 3], dtype: 'float32' },
      { op: 'spread', reads: [7, 1], dtype: 'float32' },
    ],
    scalars: [],
    results: [2, 1, 4],
    guests: [],
  };
}
