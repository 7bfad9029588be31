/** The table of an embedding: a row of numbers per index. */
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type Initializer, normal } from '../init.ts';
import { parameter } from '../module/cell.ts';
import type { ParameterOptions } from '../module/lazy.ts';
import { type Constraint, constrain, type Regularizer, regularize } from '../parametrize/weight-rules.ts';

/** Options of Embedding and EmbeddingBag. */
export interface EmbeddingOptions extends ParameterOptions {
  /** The row that stands for padding: it starts as zeros and gets no gradient; negative counts from the back. */
  readonly paddingIndex?: number | undefined;
  /** Standard normal if left out, as in PyTorch. */
  readonly initializer?: Initializer | undefined;
  /** A penalty on the table: `nn.regularizer.l2(1e-4)`. */
  readonly regularizer?: Regularizer | undefined;
  /** What the table is after each update: `nn.constraint.maxNorm(1)` bounds the length of each row. */
  readonly constraint?: Constraint | undefined;
}

/** The padding row counted from the front; undefined where there is none. */
export function paddingRow(where: string, count: number, index: number | undefined): number | undefined {
  if (index === undefined) return undefined;
  if (Number.isInteger(index) && index >= -count && index < count) return index < 0 ? index + count : index;
  throw new ArgumentError(`${where}: paddingIndex must be one of the ${count} rows; got ${index}`);
}

/** The parameter [count, features], its padding row zeros. */
export function drawTable(
  count: number,
  features: number,
  padding: number | undefined,
  { initializer = normal, dtype = 'float32', generator, regularizer, constraint }: EmbeddingOptions,
): Tensor {
  const rows = initializer([count, features], { dtype, ...(generator && { generator }) });
  const isPadding = (): Tensor => Tensor.arange(count, { dtype: 'int32' }).eq(padding!).unsqueeze(1);
  const table = parameter(padding === undefined ? rows : rows.maskedFill(isPadding(), 0));
  return constrain(regularize(table, regularizer), constraint);
}
