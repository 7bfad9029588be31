/** Scores of classifiers: how often, and where, the named class was right. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { type LabelOptions, labelsOf, lift } from './labels.ts';

/** A sum over samples and how many samples it counts, both without dims. */
export interface Tally {
  readonly sum: Tensor;
  readonly count: Tensor;
}

/**
 * The fraction of samples whose class was named right.
 *
 * @param output scores [N, C, …], one score a sample [N] or [N, 1], or labels.
 * @param target labels [N, …] (int32), or probabilities of the output's shape.
 * @returns without dims; NaN where no sample counts.
 * @throws ShapeError, DtypeError, IndexError where the two do not fit.
 * @example metrics.accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1]).item(); // 0.5
 */
export function accuracy(output: TensorLike, target: TensorLike, options: LabelOptions = {}): Tensor {
  return ratio(countCorrect('accuracy', output, target, options));
}

/** How many samples were named right. */
export function countCorrect(where: string, output: TensorLike, target: TensorLike, options: LabelOptions): Tally {
  const { predicted, actual, counted } = labelsOf(where, output, target, options);
  return { sum: predicted.eq(actual).logicalAnd(counted).sum(), count: counted.sum() };
}

/**
 * The fraction of yes-or-no answers that were right, each number of the output being one.
 *
 * @param output and target of one shape: probabilities (or logits, with `threshold` 0) and 0 or 1.
 */
export function binaryAccuracy(output: TensorLike, target: TensorLike, options: LabelOptions = {}): Tensor {
  return ratio(countBinary('binaryAccuracy', output, target, options));
}

/** How many yes-or-no answers were right. */
export function countBinary(where: string, output: TensorLike, target: TensorLike, options: LabelOptions): Tally {
  const out = lift(output);
  const goal = lift(target);
  if (!sameShape(out.shape, goal.shape)) {
    throw new ShapeError(
      `${where}: output and target must have one shape; got ${shapeText(out.shape)} and ${shapeText(goal.shape)}`,
    );
  }
  return countCorrect(where, out.reshape([-1]), goal.reshape([-1]), options);
}

/**
 * The fraction of samples whose class is among the `k` with the greatest scores.
 *
 * @param output scores [N, C, …]
 * @param target labels [N, …] (int32)
 */
export function topKAccuracy(
  output: TensorLike,
  target: TensorLike,
  options: { readonly k?: number; readonly ignoreIndex?: number } = {},
): Tensor {
  return ratio(countTopK('topKAccuracy', output, target, options));
}

/** How many samples have their class among the `k` best. */
export function countTopK(
  where: string,
  output: TensorLike,
  target: TensorLike,
  options: { readonly k?: number; readonly ignoreIndex?: number },
): Tally {
  const { k = 5, ...rest } = options;
  const scores = lift(output);
  const { actual, counted } = labelsOf(where, scores, target, rest);
  if (scores.rank < 2 || sameShape(scores.shape, lift(target).shape)) {
    throw new ShapeError(`${where}: needs scores [N, C] and labels [N]; got ${shapeText(scores.shape)}`);
  }
  if (!Number.isInteger(k) || k < 1 || k > scores.shape[1]!) {
    throw new ArgumentError(`${where}: k must be from 1 to the number of classes, ${scores.shape[1]}; got ${k}`);
  }
  const best = scores.topK(k, { dim: 1 }).indices; // [N, k, …]
  const wanted = actual.reshape([scores.shape[0]!, 1, ...scores.shape.slice(2)]);
  const hit = best.eq(wanted).any({ dim: 1 }).reshape([-1]);
  return { sum: hit.logicalAnd(counted).sum(), count: counted.sum() };
}

/**
 * How often each class was named for each: rows are the right class, columns the named one.
 *
 * @returns int32 [C, C]
 * @example metrics.confusionMatrix([0, 1, 1], [0, 0, 1]).toArray(); // [[1, 1], [0, 1]]
 */
export function confusionMatrix(output: TensorLike, target: TensorLike, options: LabelOptions = {}): Tensor {
  const { predicted, actual, counted, classes } = labelsOf('confusionMatrix', output, target, options);
  const cells = actual.mul(classes).add(predicted);
  const one = counted.int32();
  return Tensor.zeros([classes * classes], { dtype: 'int32' })
    .scatterAdd(0, Tensor.where(counted, cells, 0), one)
    .reshape([classes, classes]);
}

function ratio({ sum, count }: Tally): Tensor {
  return sum.float64().div(count.float64()).float32();
}
