/** Losses of yes-or-no questions: binary cross-entropy of probabilities and of logits. */
import { isFloat } from '../../core/dtype.ts';
import { DtypeError } from '../../core/errors.ts';
import { add, define, div, type Expr, input, max, mul, neg, sub, unary } from '../../core/expression.ts';
import type { Tensor, TensorLike } from '../../tensor/tensor.ts';
import { checkReduction, type LossOptions, reduce, requireTensor, targetLike } from './reduction.ts';

/** Options of `bce`. */
export interface BceOptions extends LossOptions {
  /** A factor per element; broadcasts. */
  readonly weight?: TensorLike | undefined;
}

/** Options of `bceWithLogits`. */
export interface BceWithLogitsOptions extends BceOptions {
  /** How much more a positive counts; broadcasts, usually [classes]. */
  readonly posWeight?: TensorLike | undefined;
}

const atLeast = (e: Expr): Expr => max(e, -100);
const logOf = (p: Expr): Expr => atLeast(unary('log', p));
const logOfRest = (p: Expr): Expr => atLeast(unary('log1p', neg(p)));
/** Its derivative is PyTorch's: finite where the probability is 0 or 1. */
const binaryEntropy = define(
  'binaryEntropy',
  (p, y) => neg(add(mul(y!, logOf(p!)), mul(sub(1, y!), logOfRest(p!)))),
  (_loss, p, y) => [div(sub(p!, y!), max(mul(p!, sub(1, p!)), 1e-12)), sub(logOfRest(p!), logOf(p!))],
)(input(0), input(1));

/**
 * −target·log(input) − (1 − target)·log(1 − input), logarithms being at least −100.
 * @param input probabilities from 0 to 1 (outside the loss is NaN); `bceWithLogits` is the stable way to get there.
 */
export function bce(input: Tensor, target: TensorLike, { weight, reduction = 'mean' }: BceOptions = {}): Tensor {
  requireTensor('bce', input);
  if (!isFloat(input.dtype)) throw new DtypeError(`bce: takes probabilities, which are floats; got ${input.dtype}`);
  checkReduction('bce', reduction, input.size, input.shape);
  const losses = input.map(binaryEntropy, [targetLike('bce', input, target)]);
  return reduce(weighted(losses, weight), reduction);
}

/** `bce` of sigmoid(input), without overflow or cancellation. */
export function bceWithLogits(
  input: Tensor,
  target: TensorLike,
  { weight, posWeight, reduction = 'mean' }: BceWithLogitsOptions = {},
): Tensor {
  requireTensor('bceWithLogits', input);
  const x = isFloat(input.dtype) ? input : input.float32();
  checkReduction('bceWithLogits', reduction, x.size, x.shape);
  const y = targetLike('bceWithLogits', x, target);
  const logP = x.logSigmoid();
  const positive = posWeight === undefined ? logP : logP.mul(x.lift('bceWithLogits', posWeight).cast(x.dtype));
  const negative = x.neg().logSigmoid(); // log(1 − sigmoid(x)), which logP − x would only give with cancellation
  const losses = y.mul(positive).add(y.neg().add(1).mul(negative)).neg();
  return reduce(weighted(losses, weight), reduction);
}

function weighted(losses: Tensor, weight: TensorLike | undefined): Tensor {
  return weight === undefined ? losses : losses.mul(losses.lift('bce', weight).cast(losses.dtype));
}
