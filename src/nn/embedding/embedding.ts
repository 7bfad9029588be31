/** Vectors learned per index. */
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type Initializer, normal } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { parameter } from '../module/cell.ts';
import type { ParameterOptions } from '../module/lazy.ts';
import { Module } from '../module/module.ts';

/** Options of Embedding. */
export interface EmbeddingOptions extends ParameterOptions {
  /** The row that stands for padding: it starts as zeros and gets no gradient; negative counts from the back. */
  readonly paddingIndex?: number | undefined;
  /** Standard normal if left out, as in PyTorch. */
  readonly initializer?: Initializer | undefined;
}

/**
 * Rows of a table at int32 indices of any shape: [..] → [.., D].
 * @throws IndexError for an index outside 0 to count − 1.
 */
export class Embedding extends Module {
  readonly count: number;
  readonly features: number;
  readonly paddingIndex: number | undefined;
  /** [count, features] */
  readonly weight: Tensor;

  constructor(count: number, features: number, options: EmbeddingOptions = {}) {
    super();
    const { paddingIndex, initializer = normal, dtype = 'float32', generator } = options;
    this.count = checkCount('Embedding', 'count', count);
    this.features = checkCount('Embedding', 'features', features);
    if (
      paddingIndex !== undefined &&
      !(Number.isInteger(paddingIndex) && paddingIndex >= -count && paddingIndex < count)
    ) {
      throw new ArgumentError(`Embedding: paddingIndex must be one of the ${count} rows; got ${paddingIndex}`);
    }
    this.paddingIndex = paddingIndex === undefined || paddingIndex >= 0 ? paddingIndex : paddingIndex + count;
    const rows = initializer([count, features], { dtype, ...(generator && { generator }) });
    const padding = Tensor.arange(count, { dtype: 'int32' }).eq(this.paddingIndex ?? -1);
    this.weight = parameter(rows.maskedFill(padding.unsqueeze(1), 0));
  }

  forward(index: Tensor): Tensor {
    return this.weight.embedding(index, this.paddingIndex === undefined ? {} : { paddingIndex: this.paddingIndex });
  }
}
