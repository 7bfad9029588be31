/** Losses of vectors that should lie near each other or apart: triplets and cosines. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type Shape, sameShape, shapeText, sizeOf } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import type { MarginOptions } from './margin.ts';
import { checkReduction, floatsOf, reduce, requireTensor, targetLike } from './reduction.ts';

/** Options of `pairwiseDistance`. */
export interface DistanceOptions {
  /** The order of the norm. */
  readonly p?: number;
  /** Added to each difference, as PyTorch does. */
  readonly eps?: number;
  readonly keepDim?: boolean;
}

/** Options of `cosineSimilarity`. */
export interface CosineOptions {
  readonly dim?: number;
  /** The least length. */
  readonly eps?: number;
}

/** Options of `tripletMargin`. */
export interface TripletOptions extends MarginOptions {
  /** The order of the distance's norm. */
  readonly p?: number;
  /** Added to each difference. */
  readonly eps?: number;
  /** Takes the nearer of anchor and positive as what the negative should be far from (Balntas et al. 2016). */
  readonly swap?: boolean;
}

/** ‖first − second + eps‖ₚ over the last dim: [.., D] → [..]. */
export function pairwiseDistance(
  first: Tensor,
  second: TensorLike,
  { p = 2, eps = 1e-6, keepDim = false }: DistanceOptions = {},
): Tensor {
  requireTensor('pairwiseDistance', first);
  const a = vectors('pairwiseDistance', first);
  return a
    .sub(targetLike('pairwiseDistance', a, second))
    .add(eps)
    .norm({ p, dim: -1, keepDim });
}

/** first·second / (‖first‖·‖second‖) along `dim`: [.., D] → [..]. Lengths are at least eps. */
export function cosineSimilarity(
  first: Tensor,
  second: TensorLike,
  { dim = 1, eps = 1e-8 }: CosineOptions = {},
): Tensor {
  requireTensor('cosineSimilarity', first);
  const a = vectors('cosineSimilarity', first);
  const b = targetLike('cosineSimilarity', a, second);
  return a.normalize({ dim, eps }).mul(b.normalize({ dim, eps })).sum({ dim });
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), d as `pairwiseDistance`: [.., D] → [..] before the reduction
 * (Schroff et al. 2015).
 */
export function tripletMargin(
  anchor: Tensor,
  positive: TensorLike,
  negative: TensorLike,
  { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' }: TripletOptions = {},
): Tensor {
  requireTensor('tripletMargin', anchor);
  if (!(margin > 0 && margin < Infinity))
    throw new ArgumentError(`tripletMargin: margin must be above 0; got ${margin}`);
  const a = vectors('tripletMargin', anchor);
  checkReduction('tripletMargin', reduction, sizeOf(a.shape.slice(0, -1)), a.shape);
  const near = targetLike('tripletMargin', a, positive);
  const far = targetLike('tripletMargin', a, negative);
  const options = { p, eps };
  const apart = pairwiseDistance(a, far, options);
  const least = swap ? apart.minimum(pairwiseDistance(near, far, options)) : apart;
  return reduce(pairwiseDistance(a, near, options).sub(least).add(margin).clamp(0), reduction);
}

/** Added to squared lengths: PyTorch's number. */
const tiny = 1e-12;

/**
 * 1 − cos where the target is 1, max(0, cos − margin) where it is −1; cos is that of the vectors along the last dim.
 * @param first [.., D]; the second has its shape, the target [..].
 */
export function cosineEmbedding(
  first: Tensor,
  second: TensorLike,
  target: TensorLike,
  { margin = 0, reduction = 'mean' }: MarginOptions = {},
): Tensor {
  requireTensor('cosineEmbedding', first);
  if (!(margin >= -1 && margin <= 1)) {
    throw new ArgumentError(`cosineEmbedding: margin must be from −1 to 1; got ${margin}`);
  }
  const a = vectors('cosineEmbedding', first);
  const b = targetLike('cosineEmbedding', a, second);
  const y = signs(target, a.shape.slice(0, -1), a);
  checkReduction('cosineEmbedding', reduction, y.size, a.shape);
  const square = (v: Tensor): Tensor => v.square().sum({ dim: -1 }).add(tiny);
  const cosine = a
    .mul(b)
    .sum({ dim: -1 })
    .div(square(a).mul(square(b)).sqrt());
  const apart = cosine.sub(margin).clamp(0).maskedFill(y.ne(-1), 0);
  return reduce(cosine.neg().add(1).maskedFill(y.ne(1), 0).add(apart), reduction);
}

function signs(target: TensorLike, shape: Shape, { device }: Tensor): Tensor {
  const y = target instanceof Tensor ? target : Tensor.from(target, { device });
  if (y.rank === 0 || sameShape(y.shape, shape)) return y.expand(shape);
  throw new ShapeError(
    `cosineEmbedding: the target must be ${shapeText(shape)}, one sign a vector; got ${shapeText(y.shape)}`,
  );
}

function vectors(where: string, x: Tensor): Tensor {
  if (x.rank === 0) throw new ShapeError(`${where}: takes vectors [.., D]; got a single number`);
  return floatsOf(x);
}
