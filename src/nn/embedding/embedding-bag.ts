/** Bags of learned vectors, each reduced to one. */
import { ArgumentError, DtypeError, ShapeError } from '../../core/errors.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { Module } from '../module/module.ts';
import { type BagMode, reduceRows, reduceSegments } from './bag.ts';
import { offsetsOf, segmentsOf } from './segment.ts';
import { drawTable, type EmbeddingOptions, paddingRow } from './table.ts';

/** Options of EmbeddingBag. */
export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** What becomes of the rows of a bag. */
  readonly mode?: BagMode;
}

/** What a call of EmbeddingBag may tell besides the indices. */
export interface BagOptions {
  /**
   * Where in a vector of indices each bag starts: the first is 0, none is less than the one before, and a bag ends where the
   * next starts. A tensor's numbers are not read, so that they are right is up to you.
   */
  readonly offsets?: readonly number[] | Tensor | undefined;
  /** A factor for each index, in the indices' shape; for mode 'sum'. */
  readonly weights?: Tensor | undefined;
}

/**
 * The mean (or sum, or maximum) of the rows of each bag of int32 indices: [B, L] → [B, D], or a vector [N] that `offsets`
 * cut into bags. Where an index is `paddingIndex` it is no part of its bag; an empty bag gives 0.
 * @throws IndexError for an index outside 0 to count − 1.
 * @example new nn.EmbeddingBag(1000, 16).forward(Tensor.from([4, 2, 9], { dtype: 'int32' }), { offsets: [0, 2] }) // [2, 16]
 */
export class EmbeddingBag extends Module {
  readonly count: number;
  readonly features: number;
  readonly mode: BagMode;
  readonly paddingIndex: number | undefined;
  /** [count, features] */
  readonly weight: Tensor;

  constructor(count: number, features: number, options: EmbeddingBagOptions = {}) {
    super();
    const { mode = 'mean' } = options;
    if (mode !== 'mean' && mode !== 'sum' && mode !== 'max') {
      throw new ArgumentError(`EmbeddingBag: mode must be 'mean', 'sum' or 'max'; got ${String(mode)}`);
    }
    this.count = checkCount('EmbeddingBag', 'count', count);
    this.features = checkCount('EmbeddingBag', 'features', features);
    this.mode = mode;
    this.paddingIndex = paddingRow('EmbeddingBag', count, options.paddingIndex);
    this.weight = drawTable(count, features, this.paddingIndex, options);
  }

  forward(index: Tensor, { offsets, weights }: BagOptions = {}): Tensor {
    const { mode, weight, paddingIndex } = this;
    if (offsets !== undefined ? index.rank !== 1 : index.rank !== 2) {
      const wanted = offsets !== undefined ? 'a vector [N] where offsets are given' : '[B, L], or [N] with offsets';
      throw new ShapeError(`the indices must be ${wanted}; got ${shapeText(index.shape)}`);
    }
    if (weights) checkWeights(weights, index, mode);
    const starts = offsets === undefined ? undefined : offsetsOf(offsets, index.size, index);
    const rows = weight.embedding(index); // padding is left out of its bag, so it gets no gradient
    const bag = {
      rows: weights ? rows.mul(weights.cast(weight.dtype).unsqueeze(-1)) : rows,
      real: paddingIndex === undefined ? undefined : index.ne(paddingIndex),
      mode,
    };
    return starts ? reduceSegments(bag, segmentsOf(starts, index.size), starts.size) : reduceRows(bag);
  }
}

function checkWeights(weights: Tensor, index: Tensor, mode: BagMode): void {
  if (mode !== 'sum') throw new ArgumentError(`weights go with mode 'sum'; got mode '${mode}'`);
  if (!sameShape(weights.shape, index.shape)) {
    throw new ShapeError(
      `weights must be of the indices' shape, ${shapeText(index.shape)}; got ${shapeText(weights.shape)}`,
    );
  }
  if (weights.dtype !== 'float32' && weights.dtype !== 'float64') {
    throw new DtypeError(`weights must be floats; got ${weights.dtype}; use .float32()`);
  }
}
