/** Losses with a margin: answers that are right by less than it cost something. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { add, type Expr, eq, input, lt, mul, neg, scalar, sub, where } from '../../core/expression.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { bceWithLogits } from './binary.ts';
import { alongClasses, classesOf, labelsOf, pick, wholeNumbers } from './class-index.ts';
import { elementwise } from './elementwise.ts';
import { checkReduction, floatsOf, type LossOptions, reduce, requireTensor, targetLike } from './reduction.ts';

/** Options of losses with a margin. */
export interface MarginOptions extends LossOptions {
  /** By how much right and wrong should be apart. */
  readonly margin?: number;
}

/** Options of `hinge`. */
export interface HingeOptions extends MarginOptions {
  /** Squares what is missing. */
  readonly squared?: boolean;
}

/** Options of `multiMargin`. */
export interface MultiMarginOptions extends MarginOptions {
  /** The power of what is missing to the margin. */
  readonly p?: 1 | 2;
  /** [C], a factor per class. */
  readonly weight?: TensorLike | undefined;
}

/** Options of `multiLabelSoftMargin`. */
export interface MultiLabelSoftMarginOptions extends LossOptions {
  /** [C], a factor per class. */
  readonly weight?: TensorLike | undefined;
}

const x = input(0);
const y = input(1);
const margin = scalar(0);
/** max(v, 0), with derivative 1 at 0, as PyTorch's losses have it. */
const positive = (v: Expr): Expr => where(lt(v, 0), 0, v);
const missing: Expr = positive(sub(margin, mul(x, y)));
const hingeLoss: Expr = missing;
const squaredHinge: Expr = mul(missing, missing);
const toNeighbour: Expr = where(eq(y, -1), 0, x);
const toStranger: Expr = where(eq(y, 1), 0, positive(sub(margin, x)));
const ranking: Expr = positive(add(margin, mul(neg(y), sub(x, input(2)))));

/** max(0, margin − target·input), or its square; targets are 1 and −1 (support vector machines). */
export function hinge(
  input: Tensor,
  target: TensorLike,
  { margin = 1, squared = false, ...options }: HingeOptions = {},
): Tensor {
  checkMargin('hinge', margin);
  return elementwise('hinge', input, target, squared ? squaredHinge : hingeLoss, options, [margin]);
}

/** log(1 + e^(−target·input)); targets are 1 and −1. */
export function softMargin(input: Tensor, target: TensorLike, { reduction = 'mean' }: LossOptions = {}): Tensor {
  requireTensor('softMargin', input);
  const scores = floatsOf(input);
  checkReduction('softMargin', reduction, scores.size, scores.shape);
  return reduce(
    scores
      .mul(targetLike('softMargin', scores, target))
      .neg()
      .softplus(),
    reduction,
  );
}

/** Of distances: the input where the target is 1, max(0, margin − input) where it is −1 (Hadsell et al. 2006). */
export function hingeEmbedding(
  input: Tensor,
  target: TensorLike,
  { margin = 1, ...options }: MarginOptions = {},
): Tensor {
  checkMargin('hingeEmbedding', margin);
  return elementwise('hingeEmbedding', input, target, add(toNeighbour, toStranger), options, [margin]);
}

/** max(0, margin − target·(first − second)): with target 1 the first should be the greater, with −1 the second. */
export function marginRanking(
  first: Tensor,
  second: TensorLike,
  target: TensorLike,
  { margin = 0, reduction = 'mean' }: MarginOptions = {},
): Tensor {
  requireTensor('marginRanking', first);
  checkMargin('marginRanking', margin);
  checkReduction('marginRanking', reduction, first.size, first.shape);
  const a = floatsOf(first);
  const others = [targetLike('marginRanking', a, target), targetLike('marginRanking', a, second)];
  return reduce(a.map(ranking, others, [margin]), reduction);
}

/**
 * Σ max(0, margin − input[target] + input[i])ᵖ over the other classes i, divided by C.
 * @param input scores [N, C], [N, C, d1, …] or [C].
 * @param target class indices, int32 of shape [N], [N, d1, …] or [].
 */
export function multiMargin(
  input: Tensor,
  target: TensorLike,
  { margin = 1, p = 1, ...options }: MultiMarginOptions = {},
): Tensor {
  requireTensor('multiMargin', input);
  checkMargin('multiMargin', margin);
  if (p !== 1 && p !== 2) throw new ArgumentError(`multiMargin: p must be 1 or 2; got ${String(p)}`);
  const scores = floatsOf(input);
  const classes = classesOf('multiMargin', scores, options);
  const { dim, count, weight, reduction } = classes;
  const labels = labelsOf(target, classes);
  const right = pick(scores, labels, classes).unsqueeze(dim);
  const short = scores.sub(right).add(margin).relu();
  const own = alongClasses(Tensor.arange(count, { dtype: 'int32', device: scores.device }), scores, classes).eq(
    labels.unsqueeze(dim),
  );
  const losses = (p === 2 ? short.square() : short).maskedFill(own, 0).sum({ dim }).div(count);
  const factors = weight?.gather(0, labels.reshape([-1])).reshape(labels.shape);
  return reduce(factors ? losses.mul(factors) : losses, reduction);
}

/**
 * Σ max(0, 1 − input[j] + input[i]) over the labels j and the classes i that are none, divided by C.
 * @param input scores [N, C] or [C].
 * @param target int32 of the same shape: each sample's labels in front, and −1 after them.
 */
export function multiLabelMargin(input: Tensor, target: TensorLike, { reduction = 'mean' }: LossOptions = {}): Tensor {
  requireTensor('multiLabelMargin', input);
  const given = target instanceof Tensor ? target : Tensor.from(target);
  if (input.rank === 0 || input.rank > 2 || !sameShape(input.shape, given.shape)) {
    throw new ShapeError(
      `multiLabelMargin: takes scores [N, C] or [C] and labels of the same shape; got ${shapeText(input.shape)} and ${shapeText(given.shape)}`,
    );
  }
  const scores = floatsOf(input);
  checkReduction('multiLabelMargin', reduction, scores.size, scores.shape);
  const labels = wholeNumbers('multiLabelMargin', 'labels', given, target instanceof Tensor, input.device);
  const kept = labels.ge(0).int32().cumProd(-1); // a −1 ends the list
  const at = labels.mul(kept);
  const own = Tensor.zerosLike(labels).scatterAdd(-1, at, kept).gt(0);
  // [.., label j, class i]
  const short = scores.unsqueeze(-2).sub(scores.gather(-1, at).unsqueeze(-1)).add(1).relu();
  const counts = kept.unsqueeze(-1).logicalAnd(own.logicalNot().unsqueeze(-2));
  const losses = short.maskedFill(counts.logicalNot(), 0).sum({ dim: [-2, -1] });
  return reduce(losses.div(scores.shape.at(-1)!), reduction);
}

/**
 * The mean over the classes of the binary cross-entropy of sigmoid(input).
 * @param input logits [.., C]; the target has their shape and is 0 or 1.
 */
export function multiLabelSoftMargin(
  input: Tensor,
  target: TensorLike,
  { weight, reduction = 'mean' }: MultiLabelSoftMarginOptions = {},
): Tensor {
  requireTensor('multiLabelSoftMargin', input);
  const logits = floatsOf(input);
  if (logits.rank === 0) throw new ShapeError('multiLabelSoftMargin: the input must be [.., classes]; got []');
  checkReduction('multiLabelSoftMargin', reduction, logits.size, logits.shape);
  const y = targetLike('multiLabelSoftMargin', logits, target);
  const losses = bceWithLogits(logits, y, { reduction: 'none', weight: weight && factorsOf(weight, logits) });
  return reduce(losses.mean({ dim: -1 }), reduction);
}

function factorsOf(weight: TensorLike, logits: Tensor): Tensor {
  const factors = logits.lift('multiLabelSoftMargin', weight).cast(logits.dtype);
  if (sameShape(factors.shape, logits.shape.slice(-1))) return factors;
  throw new ShapeError(
    `multiLabelSoftMargin: weight must be ${shapeText(logits.shape.slice(-1))}, a factor per class; got ${shapeText(factors.shape)}`,
  );
}

function checkMargin(where: string, margin: number): void {
  if (!Number.isFinite(margin)) throw new ArgumentError(`${where}: margin must be a finite number; got ${margin}`);
}
