/** Vectors learned per index. */
import { isFloat } from '../../core/dtype.ts';
import { DtypeError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { Module } from '../module/module.ts';
import { drawTable, type EmbeddingOptions, paddingRow } from './table.ts';

/** Options of `Embedding.fromPretrained`. */
export interface PretrainedOptions extends Pick<EmbeddingOptions, 'paddingIndex' | 'regularizer' | 'constraint'> {
  /** Whether the vectors stay as they are; default true. */
  readonly freeze?: boolean;
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
    this.count = checkCount('Embedding', 'count', count);
    this.features = checkCount('Embedding', 'features', features);
    this.paddingIndex = paddingRow('Embedding', count, options.paddingIndex);
    this.weight = drawTable(count, features, this.paddingIndex, options);
  }

  /**
   * An embedding of vectors that were learned elsewhere, [count, features]; its padding row, too, is as given.
   * @example nn.Embedding.fromPretrained(glove, { freeze: false, paddingIndex: 0 })
   */
  static fromPretrained(vectors: TensorLike, { freeze = true, ...options }: PretrainedOptions = {}): Embedding {
    const table = Tensor.from(vectors);
    const [count, features] = table.shape;
    if (count === undefined || features === undefined || table.rank !== 2) {
      throw new ShapeError(`Embedding: vectors must be [count, features]; got ${shapeText(table.shape)}`);
    }
    const { dtype } = table;
    if (!isFloat(dtype)) throw new DtypeError(`Embedding: vectors must be floats; got ${dtype}; use .float32()`);
    const out = new Embedding(count, features, { ...options, dtype, initializer: () => table });
    noGrad(() => out.weight.assign(table));
    return freeze ? out.freeze() : out;
  }

  forward(index: Tensor): Tensor {
    return this.weight.embedding(index, this.paddingIndex === undefined ? {} : { paddingIndex: this.paddingIndex });
  }
}
