/** Losses of numbers: squared and absolute errors, those in between, and relative ones. */
import { ArgumentError } from '../../core/errors.ts';
import { add, define, div, type Expr, input, lt, max, mul, scalar, sub, unary, where } from '../../core/expression.ts';
import type { Tensor, TensorLike } from '../../tensor/tensor.ts';
import { checkEps } from '../module/argument.ts';
import { elementwise } from './elementwise.ts';
import type { LossOptions } from './reduction.ts';

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

/** Options of `mape`. */
export interface MapeOptions extends LossOptions {
  /** Targets nearer to 0 count as this far from it. */
  readonly eps?: number;
}

const difference: Expr = sub(input(0), input(1));
const distance: Expr = unary('abs', difference);
const bound: Expr = scalar(0);
const inside: Expr = lt(distance, bound);
const half: Expr = mul(0.5, mul(difference, difference));

const squared: Expr = mul(difference, difference);
const huberLoss: Expr = where(inside, half, mul(bound, sub(distance, mul(0.5, bound))));
const logCoshLoss: Expr = define(
  'logCosh',
  (d) => {
    const far = unary('abs', d!);
    const sinh = unary('sinh', d!);
    const near = mul(0.5, unary('log1p', mul(sinh, sinh))); // the other form would cancel
    return where(lt(far, 1), near, sub(add(far, unary('log1p', unary('exp', mul(-2, far)))), Math.LN2));
  },
  (_loss, d) => [unary('tanh', d!)],
)(difference);
const relative: Expr = mul(100, div(distance, max(unary('abs', input(1)), bound)));
const logOf = (e: Expr): Expr => unary('log1p', max(e, 0));
const logDifference: Expr = sub(logOf(input(0)), logOf(input(1)));
const squaredLog: Expr = mul(logDifference, logDifference);
const smoothL1Loss: Expr = where(inside, div(half, bound), sub(distance, mul(0.5, bound)));

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
  return elementwise('huber', input, target, huberLoss, options, [delta]);
}

/** With d = |input − target|: d²/(2·beta) where d < beta, else d − beta/2 (Girshick 2015). */
export function smoothL1(input: Tensor, target: TensorLike, { beta = 1, ...options }: SmoothL1Options = {}): Tensor {
  if (!(beta >= 0)) throw new ArgumentError(`smoothL1: beta must be at least 0; got ${beta}`);
  if (beta === 0) return elementwise('smoothL1', input, target, distance, options);
  return elementwise('smoothL1', input, target, smoothL1Loss, options, [beta]);
}

/** log cosh(input − target): d²/2 near 0, |d| − log 2 far from it, and smooth everywhere. */
export function logCosh(input: Tensor, target: TensorLike, options: LossOptions = {}): Tensor {
  return elementwise('logCosh', input, target, logCoshLoss, options);
}

/** 100·|input − target| / max(|target|, eps): the error in percent. */
export function mape(input: Tensor, target: TensorLike, { eps = 1e-7, ...options }: MapeOptions = {}): Tensor {
  return elementwise('mape', input, target, relative, options, [checkEps('mape', eps)]);
}

/** (log(1 + input) − log(1 + target))², numbers below 0 counting as 0. */
export function msle(input: Tensor, target: TensorLike, options: LossOptions = {}): Tensor {
  return elementwise('msle', input, target, squaredLog, options);
}
