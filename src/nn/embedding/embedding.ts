/** Vectors learned per index. */
import type { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { Module } from '../module/module.ts';
import { drawTable, type EmbeddingOptions, paddingRow } from './table.ts';

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
    this.count = checkCount('Embedding', 'count', count);
    this.features = checkCount('Embedding', 'features', features);
    this.paddingIndex = paddingRow('Embedding', count, options.paddingIndex);
    this.weight = drawTable(count, features, this.paddingIndex, options);
  }

  forward(index: Tensor): Tensor {
    return this.weight.embedding(index, this.paddingIndex === undefined ? {} : { paddingIndex: this.paddingIndex });
  }
}
