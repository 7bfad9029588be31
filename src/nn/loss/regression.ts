/** Losses of numbers: squared and absolute errors, and those in between. */
import { isFloat } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { div, type Expr, input, lt, mul, scalar, sub, unary, where } from '../../core/expression.ts';
import type { Tensor, TensorLike } from '../../tensor/tensor.ts';
import { checkReduction, type LossOptions, reduce, targetLike } from './reduction.ts';

/** Options of `huber`. */
export interface HuberOptions extends LossOptions {
  /** Where the loss turns from a parabola into a line. */
  readonly delta?: number;
}

/** Options of `smoothL1`. */
export interface SmoothL1Options extends LossOptions {
  /** Where the loss turns from a parabola into a line; 0 is `l1`. */
  readonly beta?: number;
}

const difference: Expr = sub(input(0), input(1));
const distance: Expr = unary('abs', difference);
const bound: Expr = scalar(0);
const inside: Expr = lt(distance, bound);
const half: Expr = mul(0.5, mul(difference, difference));

const squared: Expr = mul(difference, difference);
const huberLoss: Expr = where(inside, half, mul(bound, sub(distance, mul(0.5, bound))));
const smoothL1Loss: Expr = where(inside, div(half, bound), sub(distance, mul(0.5, bound)));

function elementwise(
  where: string,
  x: Tensor,
  y: TensorLike,
  loss: Expr,
  options: LossOptions,
  bound?: number,
): Tensor {
  const { reduction = 'mean' } = options;
  checkReduction(where, reduction, x.size, x.shape);
  const from = isFloat(x.dtype) ? x : x.float32();
  const losses = from.map(loss, [targetLike(where, from, y)], bound === undefined ? [] : [bound]);
  return reduce(losses, reduction);
}

/** (input − target)². Both have one shape; a plain number as target stands for all elements. */
export function mse(input: Tensor, target: TensorLike, options: LossOptions = {}): Tensor {
  return elementwise('mse', input, target, squared, options);
}

/** |input − target|. */
export function l1(input: Tensor, target: TensorLike, options: LossOptions = {}): Tensor {
  return elementwise('l1', input, target, distance, options);
}

/** With d = |input − target|: d²/2 where d < delta, else delta·(d − delta/2) (Huber 1964). */
export function huber(input: Tensor, target: TensorLike, { delta = 1, ...options }: HuberOptions = {}): Tensor {
  if (!(delta > 0)) throw new ArgumentError(`huber: delta must be above 0; got ${delta}`);
  return elementwise('huber', input, target, huberLoss, options, delta);
}

/** With d = |input − target|: d²/(2·beta) where d < beta, else d − beta/2 (Girshick 2015). */
export function smoothL1(input: Tensor, target: TensorLike, { beta = 1, ...options }: SmoothL1Options = {}): Tensor {
  if (!(beta >= 0)) throw new ArgumentError(`smoothL1: beta must be at least 0; got ${beta}`);
  if (beta === 0) return elementwise('smoothL1', input, target, distance, options);
  return elementwise('smoothL1', input, target, smoothL1Loss, options, beta);
}
