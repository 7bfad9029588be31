/** What attention must not look at: masks as users give them, and as they are added to the scores. */
import { isFloat } from '../../core/dtype.ts';
import { DtypeError, ShapeError } from '../../core/errors.ts';
import { checkShape, type Shape, shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';

/**
 * The mask of a causal model: [queries, keys], true where a key is later than the query and so not allowed. The last query
 * stands at the last key, so with more keys than queries the first keys are the past.
 */
export function causalMask(queries: number, keys: number = queries): Tensor {
  checkShape('causalMask', [queries, keys]);
  return Tensor.ones([queries, keys], { dtype: 'bool' }).triu(1 + keys - queries);
}

/** @internal The tensor that is added to scores of this dtype: a bool mask becomes −∞ where it is true. */
export function additive(mask: Tensor, { dtype }: Tensor, name: string = 'the mask'): Tensor {
  if (mask.dtype === 'bool') return Tensor.zeros(mask.shape, { dtype }).maskedFill(mask, -Infinity);
  if (isFloat(mask.dtype)) return mask.cast(dtype);
  throw new DtypeError(
    `${name} must be bool (true where attention is not allowed) or float (added to the scores); got ${mask.dtype}; use .bool()`,
  );
}

/** @internal Refuses a mask that does not broadcast to the shape of the scores. */
export function checkMask(name: string, mask: Tensor, scores: Shape): void {
  const lead = scores.length - mask.rank;
  if (lead >= 0 && mask.shape.every((n, d) => n === 1 || n === scores[d + lead])) return;
  throw new ShapeError(`${name} must broadcast to ${shapeText(scores)}; got ${shapeText(mask.shape)}`);
}

/** @internal The sum of those masks that there are. */
export function sumOf(masks: readonly (Tensor | undefined)[]): Tensor | undefined {
  return masks.reduce((sum, mask) => (sum && mask ? sum.add(mask) : (sum ?? mask)), undefined);
}
