/** Scores of how well numbers rank yes above no. */
import { isFloat } from '../core/dtype.ts';
import { IndexError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { type LabelOptions, lift } from './labels.ts';

/** One score a sample, and 1 where the answer is yes and where it is no; all float64 [N]. */
export interface Ranked {
  readonly scores: Tensor;
  readonly yes: Tensor;
  readonly no: Tensor;
}

/**
 * The area under the ROC curve: how often a sample whose answer is yes has a greater score than one whose answer is no,
 * equal scores counting half (Mann and Whitney 1947). Logits and probabilities give the same.
 *
 * @param output one score a sample, [N] or [N, 1]; of two classes that of the second: `scores.select(1, 1)`.
 * @param target 0 or 1 for each; those of `ignoreIndex` do not count.
 * @returns without dims; NaN where only one of both answers is there, or a score is NaN.
 * @throws ShapeError, IndexError where the two do not fit.
 * @example metrics.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).item(); // 0.75
 */
export function auc(output: TensorLike, target: TensorLike, options: Pick<LabelOptions, 'ignoreIndex'> = {}): Tensor {
  return aucOf(rankedOf('auc', output, target, options)).float32();
}

/** Scores and answers, checked; what is ignored is neither yes nor no. */
export function rankedOf(
  where: string,
  output: TensorLike,
  target: TensorLike,
  { ignoreIndex = -100 }: Pick<LabelOptions, 'ignoreIndex'>,
): Ranked {
  const out = lift(output);
  const goal = lift(target);
  const single = out.rank <= 1 || out.size === out.shape[0];
  if (!single || out.size !== goal.size || out.shape[0] !== goal.shape[0]) {
    throw new ShapeError(
      `${where}: takes one score a sample, [N] or [N, 1], and as many labels; got ${shapeText(out.shape)} and ${shapeText(goal.shape)}; of two classes give scores.select(1, 1)`,
    );
  }
  const labels = (isFloat(goal.dtype) ? goal : goal.int32()).reshape([-1]);
  const [yes, no] = [labels.eq(1), labels.eq(0)];
  const stray = yes.logicalOr(no).logicalOr(labels.eq(ignoreIndex)).logicalNot();
  if (stray.size > 0 && stray.any().item() === 1) {
    const at = stray.argMax().item();
    throw new IndexError(`${where}: labels must be 0 or 1; got ${labels.select(0, at).item()} at ${at}`);
  }
  return { scores: out.float64().reshape([-1]), yes: yes.float64(), no: no.float64() };
}

/** The area, float64. */
export function aucOf({ scores, yes, no }: Ranked): Tensor {
  if (scores.size === 0) return Tensor.full([], Number.NaN, { dtype: 'float64' });
  const order = scores.argsort();
  const sorted = scores.gather(0, order);
  // how many noes stand before each place
  const before = Tensor.concat([Tensor.zeros([1], { dtype: 'float64' }), no.gather(0, order).cumSum(0)]);
  const below = before.gather(0, sorted.searchSorted(sorted));
  const notAbove = before.gather(0, sorted.searchSorted(sorted, { right: true }));
  const won = yes.gather(0, order).mul(below.add(notAbove)).sum().div(2);
  const area = won.div(yes.sum().mul(no.sum()));
  return Tensor.where(scores.isNaN().any(), Tensor.full([], Number.NaN, { dtype: 'float64' }), area);
}
