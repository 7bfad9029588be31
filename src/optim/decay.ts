/** Weight decay, by the gradient or by itself. */
import { add, type Expr, input, mul, neg, scalar, sub } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';

const decayed: Expr = add(input(0), mul(scalar(0), input(1)));
const decayedUphill: Expr = add(neg(input(0)), mul(scalar(0), input(1)));

/** @internal The gradient (or, to maximize, its opposite) plus weightDecay·p: the gradient of weightDecay/2·p². */
export function decay(gradient: Tensor, p: Tensor, weightDecay: number, maximize: boolean): Tensor {
  if (weightDecay === 0) return maximize ? gradient.neg() : gradient;
  return gradient.map(maximize ? decayedUphill : decayed, [p], [weightDecay]);
}

const kept: Expr = sub(1, mul(input(0), scalar(0)));

/** @internal 1 − lr·weightDecay: what decoupled decay multiplies parameters by. */
export function shrinkage(rate: Tensor, weightDecay: number): Tensor {
  return rate.map(kept, [], [weightDecay]);
}
