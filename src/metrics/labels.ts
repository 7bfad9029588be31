/** Which class a model named for each sample, and which is right: the form that all scores of classifiers share. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, DeviceError, DtypeError, IndexError, ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';

/** Options of the scores of classifiers. */
export interface LabelOptions {
  /** Two classes, one number a sample: above it the answer is yes; default 0.5, for logits give 0. */
  readonly threshold?: number;
  /** Samples with this label do not count; default −100, as in the losses. */
  readonly ignoreIndex?: number;
  /** How many classes there are, where neither side says so. */
  readonly classes?: number;
}

/** Both sides as class indices (int32 [N]), and which samples count. */
export interface Labels {
  readonly predicted: Tensor;
  readonly actual: Tensor;
  /** bool [N] */
  readonly counted: Tensor;
  readonly classes: number;
}

/**
 * Reads what a classifier gave and what was right:
 * - scores [N, C, …] and labels [N, …]: the class with the greatest score;
 * - scores [N, C, …] and probabilities of the same shape, C > 1: the greatest on both sides;
 * - one score a sample, [N] or [N, 1], and labels or probabilities: yes where it is above the threshold;
 * - labels on both sides (int32 or bool, or lists of whole numbers).
 *
 * @throws ShapeError where the shapes are none of these, IndexError for a label outside the classes.
 */
export function labelsOf(where: string, output: TensorLike, target: TensorLike, options: LabelOptions = {}): Labels {
  const { threshold = 0.5, ignoreIndex = -100 } = options;
  const out = lift(output);
  const goal = lift(target);
  const scored = out.rank >= 2 && out.shape[1]! > 1;
  if (scored && sameShape(goal.shape, [out.shape[0]!, ...out.shape.slice(2)])) {
    return checked(where, out.argMax({ dim: 1 }), wholeLabels(where, goal), out.shape[1]!, ignoreIndex);
  }
  const paired = sameShape(out.shape, goal.shape);
  if (paired && !isFloat(out.dtype)) {
    const actual = wholeLabels(where, goal);
    return checked(where, out.int32(), actual, classCount(where, out.int32(), actual, options.classes), ignoreIndex);
  }
  if (paired && scored) {
    return checked(where, out.argMax({ dim: 1 }), goal.argMax({ dim: 1 }), out.shape[1]!, ignoreIndex);
  }
  if (out.size !== goal.size || out.shape[0] !== goal.shape[0]) {
    throw new ShapeError(
      `${where}: output and target do not fit; got ${shapeText(out.shape)} and ${shapeText(goal.shape)}; give scores [N, C] with labels [N], or two of one shape`,
    );
  }
  const yes = isFloat(goal.dtype) ? goal.gt(0.5) : goal;
  return checked(where, out.gt(threshold), yes, 2, ignoreIndex);
}

/**
 * A literal of whole numbers is meant as labels.
 * @throws DeviceError for a tensor on the GPU.
 */
export function lift(values: TensorLike): Tensor {
  if (values instanceof Tensor) return onCpu(values).detach();
  const x = Tensor.from(values);
  return isFloat(x.dtype) && !ArrayBuffer.isView(values) && x.size > 0 && x.eq(x.trunc()).all().item() === 1
    ? x.int32()
    : x;
}

/** @throws DeviceError for a tensor on the GPU, whose numbers come later. */
export function onCpu(x: Tensor): Tensor {
  if (x.device === 'cpu') return x;
  throw new DeviceError(
    `metrics: are computed at once, by the CPU; got a tensor of ${shapeText(x.shape)} on the GPU; pass \`await x.cpu()\``,
  );
}

function wholeLabels(where: string, labels: Tensor): Tensor {
  if (!isFloat(labels.dtype)) return labels;
  throw new DtypeError(`${where}: labels must be int32; got ${labels.dtype} ${shapeText(labels.shape)}; use .int32()`);
}

function classCount(where: string, predicted: Tensor, actual: Tensor, classes: number | undefined): number {
  if (classes === undefined) {
    return actual.size === 0 ? 0 : Math.max(predicted.amax().item(), actual.int32().amax().item(), 0) + 1;
  }
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ArgumentError(`${where}: classes must be a whole number of at least 1; got ${classes}`);
  }
  return classes;
}

function checked(where: string, predicted: Tensor, actual: Tensor, classes: number, ignoreIndex: number): Labels {
  const labels: Labels = {
    predicted: predicted.int32().reshape([-1]),
    actual: actual.int32().reshape([-1]),
    counted: actual.int32().reshape([-1]).ne(ignoreIndex),
    classes,
  };
  for (const side of [labels.actual, labels.predicted]) {
    const stray = side.lt(0).logicalOr(side.ge(classes)).logicalAnd(labels.counted);
    if (side.size === 0 || stray.any().item() === 0) continue;
    const at = stray.argMax().item();
    throw new IndexError(
      `${where}: a label is outside its ${classes} classes; got ${side.select(0, at).item()} at ${at}; labels count from 0`,
    );
  }
  return labels;
}
