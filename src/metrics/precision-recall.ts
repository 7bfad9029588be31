/** Precision, recall and F1 of each class or of all, from a confusion matrix. */
import { ArgumentError } from '../core/errors.ts';
import type { Tensor, TensorLike } from '../tensor/tensor.ts';
import { confusionMatrix } from './classification.ts';
import type { LabelOptions } from './labels.ts';

/** How the classes' scores become one: their mean, the score of all samples together, or not at all. */
export type Average = 'macro' | 'micro' | 'none';

/** Options of `precision`, `recall` and `f1`. */
export interface AverageOptions extends LabelOptions {
  /** Default `'macro'`. */
  readonly average?: Average;
}

/** The three scores. */
export type ScoreName = 'precision' | 'recall' | 'f1';

/**
 * Of the samples that were named a class, the fraction that is of it; 0 where none was named.
 *
 * @returns without dims, or [C] with `average: 'none'`.
 */
export function precision(output: TensorLike, target: TensorLike, options: AverageOptions = {}): Tensor {
  return scoreOf('precision', confusionMatrix(output, target, options), options.average);
}

/** Of the samples of a class, the fraction that was named so; 0 where there are none. Returns as `precision`. */
export function recall(output: TensorLike, target: TensorLike, options: AverageOptions = {}): Tensor {
  return scoreOf('recall', confusionMatrix(output, target, options), options.average);
}

/** The harmonic mean of precision and recall; 0 where both are. Returns as `precision`. */
export function f1(output: TensorLike, target: TensorLike, options: AverageOptions = {}): Tensor {
  return scoreOf('f1', confusionMatrix(output, target, options), options.average);
}

/** A score from a confusion matrix [C, C], rows being the right classes. */
export function scoreOf(score: ScoreName, matrix: Tensor, average: Average = 'macro'): Tensor {
  if (average !== 'macro' && average !== 'micro' && average !== 'none') {
    throw new ArgumentError(`${score}: average must be 'macro', 'micro' or 'none'; got ${JSON.stringify(average)}`);
  }
  const hits = matrix.diagonal();
  const sum = (counts: Tensor): Tensor => (average === 'micro' ? counts.sum() : counts).float64();
  const right = sum(hits);
  const named = sum(matrix.sum({ dim: 0 }));
  const present = sum(matrix.sum({ dim: 1 }));
  const whole = score === 'precision' ? named : score === 'recall' ? present : named.add(present);
  const scores = (score === 'f1' ? right.mul(2) : right).div(whole.maximum(1));
  return (average === 'macro' ? scores.mean() : scores).float32();
}
