/** Losses of classifiers: cross-entropy of logits and negative log-likelihood of log-probabilities. */
import { isFloat } from '../../core/dtype.ts';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../core/errors.ts';
import { type Shape, sameShape, shapeText, sizeOf } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { checkReduction, type LossOptions, type Reduction, reduce } from './reduction.ts';

/** Options of `nll`. */
export interface NllOptions extends LossOptions {
  /** [C], a factor per class; the mean divides by the factors of the targets. */
  readonly weight?: TensorLike | undefined;
  /** A label that counts for nothing. */
  readonly ignoreIndex?: number;
}

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends NllOptions {
  /** How much of the target is spread evenly over all classes, from 0 to 1. */
  readonly labelSmoothing?: number;
}

/** What both losses need to know. */
interface Classes {
  readonly where: string;
  readonly dim: 0 | 1;
  readonly count: number;
  /** The shape of class indices. */
  readonly shape: Shape;
  readonly weight: Tensor | undefined;
  readonly ignoreIndex: number;
  readonly reduction: Reduction;
}

/**
 * −log softmax(input)[target]: the cross-entropy of logits [N, C], [N, C, d1, …] or [C].
 * @param target class indices, int32 of shape [N], [N, d1, …] or []; or probabilities of the input's shape and a float dtype.
 * @throws IndexError for a label outside 0 to C − 1. With every label ignored the mean is NaN, as in PyTorch.
 * @example nn.crossEntropy(net.forward(x), [3, 0, 7]).backward();
 */
export function crossEntropy(input: Tensor, target: TensorLike, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`crossEntropy: labelSmoothing must be from 0 to 1; got ${labelSmoothing}`);
  }
  const logits = isFloat(input.dtype) ? input : input.float32();
  const classes = classesOf('crossEntropy', logits, options);
  // the loss of logits less their maximum is the same, and large ones lose no digits
  const x = logits.sub(logits.detach().amax({ dim: classes.dim, keepDim: true }));
  const y = target instanceof Tensor ? target : Tensor.from(target);
  if (sameShape(y.shape, x.shape)) return ofProbabilities(x, y, classes, options, labelSmoothing);
  const labels = checkLabels(y, target instanceof Tensor, classes);
  const logSum = x.exp().sum({ dim: classes.dim }).log();
  const loss = (at: Tensor): Tensor => logSum.sub(pick(x, at, classes));
  // Σ w·(logSum − x) over all classes
  const spread = (): Tensor => {
    const weights = classes.weight && alongClasses(classes.weight, x, classes);
    const sum = (weights ? x.mul(weights) : x).sum({ dim: classes.dim });
    return logSum.mul(classes.weight ? classes.weight.sum() : classes.count).sub(sum);
  };
  return ofIndices(loss, labels, classes, labelSmoothing, spread);
}

/**
 * −input[target]: the negative log-likelihood of log-probabilities [N, C], [N, C, d1, …] or [C] (from `logSoftmax`).
 * @param target class indices, int32 of shape [N], [N, d1, …] or [].
 * @throws IndexError for a label outside 0 to C − 1. With every label ignored the mean is NaN, as in PyTorch.
 */
export function nll(input: Tensor, target: TensorLike, options: NllOptions = {}): Tensor {
  if (!isFloat(input.dtype)) throw new DtypeError(`nll: takes log-probabilities, which are floats; got ${input.dtype}`);
  const classes = classesOf('nll', input, options);
  const labels = checkLabels(
    target instanceof Tensor ? target : Tensor.from(target),
    target instanceof Tensor,
    classes,
  );
  return ofIndices(
    (at) => pick(input, at, classes).neg(),
    labels,
    classes,
    0,
    () => input,
  );
}

function classesOf(where: string, x: Tensor, options: NllOptions): Classes {
  const { weight, ignoreIndex = -100, reduction = 'mean' } = options;
  if (x.rank === 0) throw new ShapeError(`${where}: the input must be [N, C, ..] or [C]; got ${shapeText(x.shape)}`);
  const dim = x.rank === 1 ? 0 : 1;
  const count = x.shape[dim]!;
  const shape = x.shape.filter((_, d) => d !== dim);
  if (count === 0) throw new ShapeError(`${where}: there must be at least one class; got ${shapeText(x.shape)}`);
  checkReduction(where, reduction, sizeOf(shape), x.shape);
  if (!Number.isInteger(ignoreIndex))
    throw new ArgumentError(`${where}: ignoreIndex must be a whole number; got ${ignoreIndex}`);
  const weights = weight === undefined ? undefined : Tensor.from(weight).cast(x.dtype);
  if (weights && !sameShape(weights.shape, [count])) {
    throw new ShapeError(
      `${where}: weight must be [${count}], a factor per class; got ${shapeText(weights.shape)} for input ${shapeText(x.shape)}`,
    );
  }
  return { where, dim, count, shape, weight: weights, ignoreIndex, reduction };
}

/** Class indices as int32. Whole numbers in a float tensor may well be a mistake; in a literal they are meant. */
function checkLabels(y: Tensor, isTensor: boolean, { where, shape, dim, count }: Classes): Tensor {
  if (!sameShape(y.shape, shape)) {
    const probabilities = where === 'crossEntropy' ? `, or probabilities of the input's shape` : '';
    const input = dim === 0 ? [count] : [shape[0]!, count, ...shape.slice(1)];
    throw new ShapeError(
      `${where}: the target does not fit input ${shapeText(input)}; got ${shapeText(y.shape)}; give class indices of shape ${shapeText(shape)}${probabilities}`,
    );
  }
  if (y.dtype === 'int32') return y;
  if (!isTensor && isFloat(y.dtype)) return wholeNumbers(where, y);
  throw new DtypeError(`${where}: class indices must be int32; got ${y.dtype}; use .int32()`);
}

function wholeNumbers(where: string, y: Tensor): Tensor {
  const odd = y.dataSync().find((n) => !Number.isInteger(n));
  if (odd === undefined) return y.int32();
  throw new DtypeError(`${where}: class indices must be whole numbers; got ${odd}`);
}

/** x at the labels, without the dim of the classes. */
function pick(x: Tensor, labels: Tensor, { where, dim, count }: Classes): Tensor {
  try {
    return x.gather(dim, labels.unsqueeze(dim)).squeeze(dim);
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    const wrong = labels.dataSync().find((label) => label < 0 || label >= count);
    throw new IndexError(
      `${where}: label ${wrong} is outside the ${count} classes of the input; labels go from 0 to ${count - 1}`,
      { cause: error },
    );
  }
}

/** [C] spread so that it broadcasts with the input. */
function alongClasses(weight: Tensor, x: Tensor, { dim, count }: Classes): Tensor {
  return weight.reshape(x.shape.map((_, d) => (d === dim ? count : 1)));
}

/** Losses at labels, weighted and masked; `spread` gives the weighted sum of the losses of all classes. */
function ofIndices(
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

function ofProbabilities(
  x: Tensor,
  y: Tensor,
  classes: Classes,
  { ignoreIndex }: CrossEntropyOptions,
  smoothing: number,
): Tensor {
  const { where, dim, count, weight, shape, reduction } = classes;
  if (!isFloat(y.dtype)) {
    throw new DtypeError(
      `${where}: a target of the input's shape holds probabilities, which are floats; got ${y.dtype}; use .float32(), or class indices of shape ${shapeText(shape)}`,
    );
  }
  if (ignoreIndex !== undefined && ignoreIndex >= 0)
    throw new ArgumentError(
      `${where}: ignoreIndex goes with class indices, not with probabilities; got ${ignoreIndex}`,
    );
  const p =
    smoothing > 0
      ? y
          .cast(x.dtype)
          .mul(1 - smoothing)
          .add(smoothing / count)
      : y.cast(x.dtype);
  const weighted = weight ? p.mul(alongClasses(weight, x, classes)) : p;
  const losses = x.logSoftmax(dim).mul(weighted).sum({ dim }).neg();
  return reduce(losses, reduction);
}
