/** Losses of classifiers: cross-entropy of logits and negative log-likelihood of log-probabilities. */
import { isFloat } from '../../core/dtype.ts';
import { ArgumentError, DtypeError } from '../../core/errors.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import {
  alongClasses,
  type Classes,
  type ClassOptions,
  checkLabels,
  classesOf,
  labelsOf,
  ofIndices,
  pick,
} from './class-index.ts';
import { floatsOf, reduce, requireTensor } from './reduction.ts';

/** Options of `nll`. */
export type NllOptions = ClassOptions;

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassOptions {
  /** How much of the target is spread evenly over all classes, from 0 to 1. */
  readonly labelSmoothing?: number;
}

/**
 * −log softmax(input)[target]: the cross-entropy of logits [N, C], [N, C, d1, …] or [C].
 * @param target class indices, int32 of shape [N], [N, d1, …] or []; or probabilities of the input's shape and a float dtype.
 * @throws IndexError for a label outside 0 to C − 1. With every label ignored the mean is NaN, as in PyTorch.
 * @example nn.crossEntropy(net.forward(x), [3, 0, 7]).backward();
 */
export function crossEntropy(input: Tensor, target: TensorLike, options: CrossEntropyOptions = {}): Tensor {
  requireTensor('crossEntropy', input);
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`crossEntropy: labelSmoothing must be from 0 to 1; got ${labelSmoothing}`);
  }
  const logits = floatsOf(input);
  const classes = classesOf('crossEntropy', logits, options);
  // the loss of logits less their maximum is the same, and large ones lose no digits
  const x = logits.sub(logits.detach().amax({ dim: classes.dim, keepDim: true }));
  const y = target instanceof Tensor ? target : Tensor.from(target);
  if (sameShape(y.shape, x.shape))
    return ofProbabilities(x, target instanceof Tensor ? y : y.to(x.device), classes, options, labelSmoothing);
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
  requireTensor('nll', input);
  if (!isFloat(input.dtype)) throw new DtypeError(`nll: takes log-probabilities, which are floats; got ${input.dtype}`);
  const classes = classesOf('nll', input, options);
  return ofIndices(
    (at) => pick(input, at, classes).neg(),
    labelsOf(target, classes),
    classes,
    0,
    () => input,
  );
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
