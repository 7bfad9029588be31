/** What attention must not look at: masks as users give them, and as they are added to the scores. */
import { isFloat } from '../../core/dtype.ts';
import { DtypeError, ShapeError } from '../../core/errors.ts';
import { checkShape, type Shape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorOptions } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';

/** Options of masks. */
export type MaskOptions = Pick<TensorOptions, 'device'>;

/**
 * The mask of a causal model: [queries, keys], true where a key is later than the query and so not allowed. The last query
 * stands at the last key, so with more keys than queries the first keys are the past.
 */
export function causalMask(queries: number, keys: number = queries, { device }: MaskOptions = {}): Tensor {
  checkShape('causalMask', [queries, keys]);
  return Tensor.ones([queries, keys], { dtype: 'bool', device }).triu(1 + keys - queries);
}

/**
 * A mask that is added to the scores of each head: the farther a key, the less it counts, and each head forgets at a pace
 * of its own (ALiBi, Press et al. 2022): [1, heads, queries, keys], the last query at the last key. It replaces positions.
 * @example attention.forward(x, x, x, { causal: true, mask: nn.alibiMask(8, x.shape[1]!) })
 */
export function alibiMask(
  heads: number,
  queries: number,
  keys: number = queries,
  { device }: MaskOptions = {},
): Tensor {
  checkCount('alibiMask', 'heads', heads);
  checkShape('alibiMask', [queries, keys]);
  const at = Tensor.arange(queries, { device })
    .add(keys - queries)
    .unsqueeze(1);
  const distance = at.sub(Tensor.arange(keys, { device })).abs(); // [queries, keys]
  return distance
    .mul(Tensor.from(slopesOf(heads), { device }).reshape([heads, 1, 1]))
    .neg()
    .unsqueeze(0);
}

/** 2^(−8/n), 2^(−16/n), … for a power of two; for other numbers every other slope of twice as many fills up. */
function slopesOf(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const slope = (i: number, n: number): number => 2 ** ((-8 * (i + 1)) / n);
  return Array.from({ length: heads }, (_, i) => (i < power ? slope(i, power) : slope(2 * (i - power), 2 * power)));
}

/** @internal The tensor that is added to scores of this dtype: a bool mask becomes −∞ where it is true. */
export function additive(mask: Tensor, { dtype }: Tensor, name: string = 'the mask'): Tensor {
  if (mask.dtype === 'bool')
    return Tensor.zeros(mask.shape, { dtype, device: mask.device }).maskedFill(mask, -Infinity);
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
