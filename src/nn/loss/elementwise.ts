/** Losses that compare an input and a target number by number, each by one formula. */
import type { Expr } from '../../core/expression.ts';
import type { Tensor, TensorLike } from '../../tensor/tensor.ts';
import { checkReduction, floatsOf, type LossOptions, reduce, requireTensor, targetLike } from './reduction.ts';

/** @internal The formula over `input(0)`, the input, and `input(1)`, the target; the scalars are the user's numbers. */
export function elementwise(
  where: string,
  x: Tensor,
  y: TensorLike,
  loss: Expr,
  { reduction = 'mean' }: LossOptions,
  scalars: readonly number[] = [],
): Tensor {
  requireTensor(where, x);
  checkReduction(where, reduction, x.size, x.shape);
  const from = floatsOf(x);
  return reduce(from.map(loss, [targetLike(where, from, y)], scalars), reduction);
}
