/** Class indices as targets: what they may be, the losses at them, weights of classes and labels that are ignored. */
import { isFloat } from '../../core/dtype.ts';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../core/errors.ts';
import { explaining } from '../../core/explanation.ts';
import { type Shape, sameShape, shapeText, sizeOf } from '../../core/shape.ts';
import type { Device } from '../../tensor/located.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { checkReduction, type LossOptions, type Reduction, reduce } from './reduction.ts';

/** Options of losses of class indices. */
export interface ClassOptions extends LossOptions {
  /** [C], a factor per class; the mean divides by the factors of the targets. */
  readonly weight?: TensorLike | undefined;
  /** A label that counts for nothing. */
  readonly ignoreIndex?: number;
}

/** @internal What such losses need to know. */
export interface Classes {
  readonly where: string;
  readonly dim: 0 | 1;
  readonly count: number;
  /** The shape of class indices. */
  readonly shape: Shape;
  readonly weight: Tensor | undefined;
  readonly ignoreIndex: number;
  readonly reduction: Reduction;
  readonly device: Device;
}

/** @internal The options, checked against the input. */
export function classesOf(where: string, x: Tensor, options: ClassOptions): Classes {
  const { weight, ignoreIndex = -100, reduction = 'mean' } = options;
  if (x.rank === 0) throw new ShapeError(`${where}: the input must be [N, C, ..] or [C]; got ${shapeText(x.shape)}`);
  const dim = x.rank === 1 ? 0 : 1;
  const count = x.shape[dim]!;
  const shape = x.shape.filter((_, d) => d !== dim);
  if (count === 0) throw new ShapeError(`${where}: there must be at least one class; got ${shapeText(x.shape)}`);
  checkReduction(where, reduction, sizeOf(shape), x.shape);
  if (!Number.isInteger(ignoreIndex))
    throw new ArgumentError(`${where}: ignoreIndex must be a whole number; got ${ignoreIndex}`);
  const weights = weight === undefined ? undefined : x.lift(where, weight).cast(x.dtype);
  if (weights && !sameShape(weights.shape, [count])) {
    throw new ShapeError(
      `${where}: weight must be [${count}], a factor per class; got ${shapeText(weights.shape)} for input ${shapeText(x.shape)}`,
    );
  }
  return { where, dim, count, shape, weight: weights, ignoreIndex, reduction, device: x.device };
}

/** @internal The target as class indices. */
export function labelsOf(target: TensorLike, classes: Classes): Tensor {
  return checkLabels(target instanceof Tensor ? target : Tensor.from(target), target instanceof Tensor, classes);
}

/** @internal Class indices as int32. Whole numbers in a float tensor may well be a mistake; in a literal they are meant. */
export function checkLabels(y: Tensor, isTensor: boolean, { where, shape, dim, count, device }: Classes): Tensor {
  if (!sameShape(y.shape, shape)) {
    const probabilities = where === 'crossEntropy' ? `, or probabilities of the input's shape` : '';
    const input = dim === 0 ? [count] : [shape[0]!, count, ...shape.slice(1)];
    throw new ShapeError(
      `${where}: the target does not fit input ${shapeText(input)}; got ${shapeText(y.shape)}; give class indices of shape ${shapeText(shape)}${probabilities}`,
    );
  }
  return wholeNumbers(where, 'class indices', y, isTensor, device);
}

/** @internal As int32; what is no tensor yet goes to the device. */
export function wholeNumbers(where: string, what: string, y: Tensor, isTensor: boolean, device: Device): Tensor {
  if (y.dtype === 'int32') return isTensor ? y : y.to(device);
  if (isTensor || !isFloat(y.dtype)) {
    throw new DtypeError(`${where}: ${what} must be int32; got ${y.dtype}; use .int32()`);
  }
  const odd = y.dataSync().find((n) => !Number.isInteger(n));
  if (odd === undefined) return y.int32().to(device);
  throw new DtypeError(`${where}: ${what} must be whole numbers; got ${odd}`);
}

/** @internal x at the labels, without the dim of the classes. */
export function pick(x: Tensor, labels: Tensor, { where, dim, count }: Classes): Tensor {
  return explaining(
    () => x.gather(dim, labels.unsqueeze(dim)).squeeze(dim),
    (error) =>
      new IndexError(
        `${where}: label ${error.index} is outside the ${count} classes of the input; labels go from 0 to ${count - 1}`,
        { cause: error },
      ),
  );
}

/** @internal [C] spread so that it broadcasts with the input. */
export function alongClasses(weight: Tensor, x: Tensor, { dim, count }: Classes): Tensor {
  return weight.reshape(x.shape.map((_, d) => (d === dim ? count : 1)));
}

/** @internal Losses at labels, weighted and masked; `spread` gives the weighted sum of the losses of all classes. */
export function ofIndices(
  loss: (labels: Tensor) => Tensor,
  labels: Tensor,
  classes: Classes,
  smoothing: number,
  spread: () => Tensor,
): Tensor {
  const { weight, ignoreIndex, reduction } = classes;
  const ignored = labels.eq(ignoreIndex);
  const at = labels.maskedFill(ignored, 0);
  const own = loss(at);
  // the factor of each label, 0 where it is ignored
  const kept = ignored.logicalNot().cast(own.dtype);
  const factor = weight ? kept.mul(weight.gather(0, at.reshape([-1])).reshape(at.shape)) : kept;
  let losses = own.mul(factor);
  if (smoothing > 0)
    losses = losses.mul(1 - smoothing).add(
      spread()
        .mul(kept)
        .mul(smoothing / classes.count),
    );
  losses = losses.maskedFill(ignored, 0); // an ignored label may stand at an infinite loss
  return reduction === 'mean' ? losses.sum().div(factor.sum()) : reduce(losses, reduction);
}
