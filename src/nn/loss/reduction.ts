/** How the losses of a batch become one number. */
import { isFloat } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type Shape, sameShape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';

/** The mean, the sum, or every loss by itself. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  readonly reduction?: Reduction;
}

/** @internal Refuses plain numbers where a loss takes what a model gave. */
export function requireTensor(where: string, input: Tensor): void {
  if (input instanceof Tensor) return;
  const got = Array.isArray(input) ? 'a list' : input === null ? 'null' : typeof input;
  throw new ArgumentError(`${where}: the input must be a tensor; got ${got}; make one by Tensor.from(values)`);
}

/** @internal Checks the reduction; a mean of nothing is an error. */
export function checkReduction(where: string, reduction: Reduction, count: number, shape: Shape): void {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new ArgumentError(`${where}: reduction must be 'mean', 'sum' or 'none'; got ${String(reduction)}`);
  }
  if (reduction === 'mean' && count === 0) {
    throw new ShapeError(`${where}: an empty batch has no mean; got shape ${shapeText(shape)}; leave it out`);
  }
}

/** @internal */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === 'mean' ? losses.mean() : reduction === 'sum' ? losses.sum() : losses;
}

/** @internal Whole numbers as float32. */
export function floatsOf(x: Tensor): Tensor {
  return isFloat(x.dtype) ? x : x.float32();
}

/** @internal The target in the input's dtype and shape; only a plain number stands for all elements. */
export function targetLike(where: string, input: Tensor, target: TensorLike): Tensor {
  if (typeof target === 'number') return Tensor.fullLike(input, target);
  const y = input.lift(where, target);
  if (sameShape(y.shape, input.shape)) return y.cast(input.dtype);
  throw new ShapeError(
    `${where}: input and target must have one shape; got ${shapeText(input.shape)} and ${shapeText(y.shape)}; reshape one of them`,
  );
}
