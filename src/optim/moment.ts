/** Running means of gradients, and what all elements of a parameter share. */
import { add, input, mul, pow, scalar, sub, unary } from '../core/expression.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** How much of a mean stays at each step: a number, or the cell of one that a schedule drives. */
export type Share = number | Tensor;

// old, new; scalars or inputs β, 1 − β
const blended = add(mul(scalar(0), input(0)), mul(scalar(1), input(1)));
const blendedBy = add(mul(input(2), input(0)), mul(input(3), input(1)));
const blendedSquare = add(mul(scalar(0), input(0)), mul(scalar(1), mul(input(1), input(1))));
const gathered = add(mul(scalar(0), input(0)), input(1));
const gatheredBy = add(mul(input(2), input(0)), input(1));
const rest = sub(1, input(0));

/** @internal β·old + (1 − β)·x. */
export function blend(old: Tensor, x: Tensor, beta: Share): Tensor {
  if (typeof beta === 'number') return old.map(blended, [x], [beta, 1 - beta]);
  return old.map(blendedBy, [x, spread(beta, old), spread(beta.map(rest), old)]);
}

/** @internal β·old + (1 − β)·x². */
export function blendSquare(old: Tensor, x: Tensor, beta: number): Tensor {
  return old.map(blendedSquare, [x], [beta, 1 - beta]);
}

/** @internal β·old + x. */
export function gather(old: Tensor, x: Tensor, beta: Share): Tensor {
  return typeof beta === 'number' ? old.map(gathered, [x], [beta]) : old.map(gatheredBy, [x, spread(beta, old)]);
}

const leftOver = sub(1, pow(scalar(0), input(0)));
const leftOverBy = sub(1, pow(input(1), input(0)));
const rootScale = unary('rsqrt', leftOver);

/** @internal 1 − βᵗ: what a mean that started at 0 must be divided by after t steps. */
export function biasCorrection(step: Tensor, beta: Share): Tensor {
  return typeof beta === 'number' ? step.map(leftOver, [], [beta]) : step.map(leftOverBy, [beta]);
}

/** @internal 1 / √(1 − βᵗ): what the root of such a mean must be multiplied by. */
export function biasCorrectionRoot(step: Tensor, beta: number): Tensor {
  return step.map(rootScale, [], [beta]);
}

/** @internal A number that lives in a cell, spread over a parameter without a copy. */
export function spread(cell: Tensor, p: Tensor): Tensor {
  return cell.cast(p.dtype).expand(p.shape);
}
