/** What happens to a gradient before an optimizer uses it. */
import { add, type Expr, input, mul, neg, scalar } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';

const decayed: Expr = add(input(0), mul(scalar(0), input(1)));
const decayedUphill: Expr = add(neg(input(0)), mul(scalar(0), input(1)));

/** @internal The gradient (or, to maximize, its opposite) plus weightDecay·p: the gradient of weightDecay/2·p². */
export function decay(gradient: Tensor, p: Tensor, weightDecay: number, maximize: boolean): Tensor {
  if (weightDecay === 0) return maximize ? gradient.neg() : gradient;
  return gradient.map(maximize ? decayedUphill : decayed, [p], [weightDecay]);
}
