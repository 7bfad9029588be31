/** Losses for rare classes: focal losses, which look away from what is easy, and dice, which measures overlap. */
import { isFloat } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { bceWithLogits } from './binary.ts';
import { type ClassOptions, classesOf, labelsOf, ofIndices, pick, wholeNumbers } from './class-index.ts';
import { checkReduction, floatsOf, type LossOptions, reduce, requireTensor, targetLike } from './reduction.ts';

/** Options of `focal`. */
export interface FocalOptions extends ClassOptions {
  /** How much less easy samples count; 0 is `crossEntropy`. */
  readonly gamma?: number;
}

/** Options of `binaryFocal`. */
export interface BinaryFocalOptions extends LossOptions {
  /** How much less easy samples count; 0 leaves the binary cross-entropy. */
  readonly gamma?: number;
  /** The share of positives in the weight, from 0 to 1; null weighs both alike, with 1. */
  readonly alpha?: number | null;
}

/** Options of `dice`. */
export interface DiceOptions extends LossOptions {
  /** Added to numerator and denominator, so that empty masks agree. */
  readonly smooth?: number;
}

/**
 * −(1 − p)^gamma·log(p), p being softmax(input)[target] (Lin et al. 2017).
 * @param input logits [N, C], [N, C, d1, …] or [C].
 * @param target class indices, int32 of shape [N], [N, d1, …] or []. The mean is that of `crossEntropy`.
 */
export function focal(input: Tensor, target: TensorLike, { gamma = 2, ...options }: FocalOptions = {}): Tensor {
  requireTensor('focal', input);
  checkGamma('focal', gamma);
  const logits = floatsOf(input);
  const classes = classesOf('focal', logits, options);
  const logP = logits.logSoftmax(classes.dim);
  const loss = (at: Tensor): Tensor => {
    const own = pick(logP, at, classes);
    return own.neg().mul(power(own.expm1().neg(), gamma));
  };
  return ofIndices(loss, labelsOf(target, classes), classes, 0, () => logP);
}

/**
 * −a·(1 − p)^gamma·log(p), p being sigmoid(input) where the target is 1 and 1 − sigmoid(input) where it is 0, and a being
 * alpha or 1 − alpha (Lin et al. 2017).
 * @param input logits of any shape, the target has it too.
 */
export function binaryFocal(
  input: Tensor,
  target: TensorLike,
  { gamma = 2, alpha = 0.25, reduction = 'mean' }: BinaryFocalOptions = {},
): Tensor {
  requireTensor('binaryFocal', input);
  checkGamma('binaryFocal', gamma);
  if (alpha !== null && !(alpha >= 0 && alpha <= 1)) {
    throw new ArgumentError(`binaryFocal: alpha must be from 0 to 1, or null; got ${alpha}`);
  }
  const logits = floatsOf(input);
  checkReduction('binaryFocal', reduction, logits.size, logits.shape);
  const y = targetLike('binaryFocal', logits, target);
  // 1 − p: sigmoid(−x) where the target is 1, sigmoid(x) where it is 0
  const rest = y.mul(logits.neg().sigmoid()).add(y.neg().add(1).mul(logits.sigmoid()));
  const losses = bceWithLogits(logits, y, { reduction: 'none' }).mul(power(rest, gamma));
  return reduce(alpha === null ? losses : losses.mul(y.mul(2 * alpha - 1).add(1 - alpha)), reduction);
}

/**
 * 1 − (2·Σ input·target + smooth) / (Σ input + Σ target + smooth), the sums over the pixels of each sample and class
 * (Milletari et al. 2016).
 * @param input probabilities [N, C, d1, …]; `none` gives [N, C]. Of [N, D] the D are the pixels, and `none` gives [N].
 * @param target probabilities of the same shape, or class indices, int32 [N, d1, …].
 */
export function dice(input: Tensor, target: TensorLike, { smooth = 1, reduction = 'mean' }: DiceOptions = {}): Tensor {
  requireTensor('dice', input);
  if (!(smooth >= 0)) throw new ArgumentError(`dice: smooth must be at least 0; got ${smooth}`);
  if (input.rank < 2) {
    throw new ShapeError(`dice: the input must be [N, C, ..] or [N, D]; got ${shapeText(input.shape)}`);
  }
  const p = floatsOf(input);
  checkReduction('dice', reduction, p.size, p.shape);
  const y = masksOf(p, target);
  const dim = p.shape.map((_, d) => d).slice(p.rank === 2 ? 1 : 2);
  const overlap = p.mul(y).sum({ dim }).mul(2).add(smooth);
  const losses = overlap
    .div(p.sum({ dim }).add(y.sum({ dim })).add(smooth))
    .neg()
    .add(1);
  return reduce(losses, reduction);
}

/** A mask per class. */
function masksOf(p: Tensor, target: TensorLike): Tensor {
  const y = target instanceof Tensor ? target : Tensor.from(target);
  const [n, classes, ...pixels] = p.shape;
  if (p.rank === 2 || isFloat(y.dtype) || !sameShape(y.shape, [n!, ...pixels])) {
    return targetLike('dice', p, target);
  }
  const labels = wholeNumbers('dice', 'class indices', y, target instanceof Tensor, p.device);
  const order = [0, labels.rank, ...pixels.map((_, d) => d + 1)];
  return labels.oneHot(classes!).permute(order).cast(p.dtype);
}

/** Far below what float32 tells from 0: the power of a fraction has a finite derivative above it. */
const least = 1e-37;

/** restᵍ, with the derivative 0 where the rest is 0. */
function power(rest: Tensor, gamma: number): Tensor {
  return gamma === 0 ? Tensor.onesLike(rest) : rest.clamp(least).pow(gamma);
}

function checkGamma(where: string, gamma: number): void {
  if (!(gamma >= 0 && gamma < Infinity)) throw new ArgumentError(`${where}: gamma must be at least 0; got ${gamma}`);
}
