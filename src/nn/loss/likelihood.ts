/** Negative log-likelihoods of counts and of numbers with noise. */
import { ShapeError } from '../../core/errors.ts';
import {
  add,
  constant,
  define,
  div,
  type Expr,
  input,
  le,
  lt,
  max,
  mul,
  scalar,
  sub,
  unary,
  where,
} from '../../core/expression.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { checkEps } from '../module/argument.ts';
import { elementwise } from './elementwise.ts';
import { checkReduction, floatsOf, type LossOptions, reduce, requireTensor, targetLike } from './reduction.ts';

/** Options of `poissonNll`. */
export interface PoissonNllOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. */
  readonly logInput?: boolean;
  /** Adds Stirling's approximation of log(target!), which does not depend on the input. */
  readonly full?: boolean;
  /** Added to the rate before its logarithm is taken. */
  readonly eps?: number;
}

/** Options of `gaussianNll`. */
export interface GaussianNllOptions extends LossOptions {
  /** Adds the constant ½·log(2π). */
  readonly full?: boolean;
  /** The least variance; below it the gradient is that at it. */
  readonly eps?: number;
}

const x = input(0);
const y = input(1);
const eps = scalar(0);
const ofLogRate: Expr = sub(unary('exp', x), mul(y, x));
const ofRate: Expr = sub(x, mul(y, unary('log', add(x, eps))));
/** log(y!) by Stirling, 0 up to 1; the logarithms see no number below 1, so that the derivative is finite too. */
const count: Expr = where(le(y, 1), 1, y);
const stirling: Expr = where(
  le(y, 1),
  0,
  add(sub(mul(count, unary('log', count)), count), mul(0.5, unary('log', mul(2 * Math.PI, count)))),
);

/**
 * rate − target·log(rate): the loss of counts that are Poisson distributed.
 * @param input the logarithm of the rate, or the rate itself with `logInput: false`.
 */
export function poissonNll(
  input: Tensor,
  target: TensorLike,
  { logInput = true, full = false, eps = 1e-8, ...options }: PoissonNllOptions = {},
): Tensor {
  const base = logInput ? ofLogRate : ofRate;
  return elementwise('poissonNll', input, target, full ? add(base, stirling) : base, options, [
    checkEps('poissonNll', eps),
  ]);
}

/** At least the bound, but with the derivative 1 below it too; a negative variance is NaN. */
const bounded = define(
  'boundedVariance',
  (v, least) => where(lt(v!, 0), Number.NaN, max(v!, least!)),
  () => [constant(1), constant(0)],
);
const variance: Expr = bounded(input(2), eps);
const difference: Expr = sub(x, y);
const ofVariance: Expr = mul(0.5, add(unary('log', variance), div(mul(difference, difference), variance)));

/**
 * ½·(log variance + (input − target)² / variance) (Nix and Weigend 1994).
 * @param variance of the input's shape, or with a last dim of 1 or none for one variance a row. Negative ones give NaN.
 */
export function gaussianNll(
  input: Tensor,
  target: TensorLike,
  variance: TensorLike,
  { full = false, eps = 1e-6, reduction = 'mean' }: GaussianNllOptions = {},
): Tensor {
  requireTensor('gaussianNll', input);
  const from = floatsOf(input);
  checkReduction('gaussianNll', reduction, from.size, from.shape);
  const others = [targetLike('gaussianNll', from, target), varianceLike(from, variance)];
  const losses = from.map(ofVariance, others, [checkEps('gaussianNll', eps)]);
  return reduce(full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, reduction);
}

function varianceLike(x: Tensor, variance: TensorLike): Tensor {
  if (typeof variance === 'number') return Tensor.fullLike(x, variance);
  const v = x.lift('gaussianNll', variance).cast(x.dtype);
  if (sameShape(v.shape, x.shape)) return v;
  if (sameShape(v.shape, x.shape.slice(0, -1))) return v.unsqueeze(-1).expand(x.shape);
  if (sameShape(v.shape, [...x.shape.slice(0, -1), 1])) return v.expand(x.shape);
  throw new ShapeError(
    `gaussianNll: the variance must be ${shapeText(x.shape)}, or one a row; got ${shapeText(v.shape)}`,
  );
}
