/** The named formulas behind the elementwise methods: one line each; their derivatives follow by themselves. */
import {
  add,
  and,
  atan2,
  constant,
  define,
  div,
  type Expr,
  type ExprLike,
  eq,
  fmod,
  input,
  le,
  lt,
  max,
  min,
  mul,
  ne,
  neg,
  not,
  pow,
  scalar,
  sub,
  unary,
  where,
} from '../core/expression.ts';
import { type Formula, formulaOf } from '../core/formula.ts';
import type { UnaryFunction } from '../core/scalar-maths.ts';

/** Methods of one tensor. */
export type UnaryName =
  | UnaryFunction
  | 'same'
  | 'square'
  | 'cube'
  | 'reciprocal'
  | 'sigmoid'
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'threshold'
  | 'elu'
  | 'celu'
  | 'selu'
  | 'gelu'
  | 'geluTanh'
  | 'softplus'
  | 'silu'
  | 'mish'
  | 'hardtanh'
  | 'hardsigmoid'
  | 'hardswish'
  | 'softsign'
  | 'logSigmoid'
  | 'tanhshrink'
  | 'hardshrink'
  | 'softshrink'
  | 'logit'
  | 'isNaN'
  | 'isFinite'
  | 'logicalNot'
  | 'clamp';

/** Methods of a tensor and a tensor or a number. */
export type NumberName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'atan2'
  | 'fmod'
  | 'remainder'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalXor';

/** Methods of two tensors. */
export type BinaryName = NumberName | 'lerp' | 'maskedFill';

const x = input(0);
const y = input(1);
const z = input(2);
const p = scalar(0);
const q = scalar(1);

// Those with a derivative of their own: the derived one overflows or cancels.
export const sigmoid: (...args: ExprLike[]) => Expr = define(
  'sigmoid',
  (v) => div(1, add(1, unary('exp', neg(v!)))),
  (s) => [mul(s, sub(1, s))],
);
/** log(1 + e^(−|v|)), which does not overflow. */
const logOnePlusExp = (v: Expr): Expr => unary('log1p', unary('exp', neg(unary('abs', v))));
const softplus = define(
  'softplus',
  (v) => add(max(v!, 0), logOnePlusExp(v!)),
  (_s, v) => [sigmoid(v!)],
);
const logSigmoid = define(
  'logSigmoid',
  (v) => sub(min(v!, 0), logOnePlusExp(v!)),
  (_s, v) => [sigmoid(neg(v!))],
);
const hardswish = define(
  'hardswish',
  (v) => div(mul(v!, min(max(add(v!, 3), 0), 6)), 6),
  (_s, v) => [where(lt(v!, -3), 0, where(le(v!, 3), add(div(v!, 3), 0.5), 1))],
);

const hardsigmoid = define(
  'hardsigmoid',
  (v) => where(le(v!, -3), 0, where(le(3, v!), 1, add(div(v!, 6), 0.5))),
  (_s, v) => [where(and(lt(-3, v!), lt(v!, 3)), 1 / 6, 0)],
);
/** The result tells as much as the argument, which then need not be kept. */
const relu = define(
  'relu',
  (v) => where(le(v!, 0), 0, v!),
  (y) => [where(le(y, 0), 0, 1)],
);
/** Infinite at 0 and at 1, with an infinite derivative; NaN outside, and so is the derivative. */
const logit = define(
  'logit',
  (v) => unary('log', div(v!, sub(1, v!))),
  (_s, v) => [where(and(le(0, v!), le(v!, 1)), div(1, mul(v!, sub(1, v!))), Number.NaN)],
);

/** NaN stays, but its derivative is 0; at both bounds it is 1. */
const clamp = define(
  'clamp',
  (v, low, high) => where(lt(v!, low!), low!, where(lt(high!, v!), high!, v!)),
  (_s, v, low, high) => [where(and(le(low!, v!), le(v!, high!)), 1, 0), constant(0), constant(0)],
);

const of1 = (e: Expr): Formula => formulaOf(e, 1);
const of2 = (e: Expr): Formula => formulaOf(e, 2);
const plain = (name: UnaryFunction): Formula => of1(unary(name, x));
const geluTanh = mul(0.5, mul(x, add(1, unary('tanh', mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, pow(x, 3))))))));
const remainderOf = (a: Expr, b: Expr): Expr => {
  const r = fmod(a, b); // has the sign of a; the remainder has the sign of b
  return where(and(ne(r, 0), ne(lt(r, 0), lt(b, 0))), add(r, b), r);
};
// a NaN counts as positive, as in PyTorch: its gradient is that of the identity
const eluOf = (scale: Expr): Expr => where(le(x, 0), scale, x);

/** Of one tensor. */
export const unaryFormulas: Readonly<Record<UnaryName, Formula>> = {
  same: of1(x),
  neg: of1(neg(x)),
  abs: plain('abs'),
  sign: plain('sign'),
  floor: plain('floor'),
  ceil: plain('ceil'),
  trunc: plain('trunc'),
  round: plain('round'),
  exp: plain('exp'),
  expm1: plain('expm1'),
  log: plain('log'),
  log2: plain('log2'),
  log10: plain('log10'),
  log1p: plain('log1p'),
  sqrt: plain('sqrt'),
  rsqrt: plain('rsqrt'),
  square: of1(mul(x, x)),
  cube: of1(pow(x, 3)),
  reciprocal: of1(div(1, x)),
  sin: plain('sin'),
  cos: plain('cos'),
  tan: plain('tan'),
  asin: plain('asin'),
  acos: plain('acos'),
  atan: plain('atan'),
  sinh: plain('sinh'),
  cosh: plain('cosh'),
  tanh: plain('tanh'),
  asinh: plain('asinh'),
  acosh: plain('acosh'),
  atanh: plain('atanh'),
  erf: plain('erf'),
  sigmoid: of1(sigmoid(x)),
  relu: of1(relu(x)),
  relu6: of1(where(le(x, 0), 0, where(le(6, x), 6, x))),
  threshold: of1(where(lt(p, x), x, q)),
  leakyRelu: of1(where(lt(0, x), x, mul(x, p))),
  elu: of1(eluOf(mul(p, unary('expm1', x)))),
  celu: of1(eluOf(mul(p, unary('expm1', div(x, p))))),
  selu: of1(mul(1.0507009873554805, eluOf(mul(1.6732632423543772, unary('expm1', x))))),
  gelu: of1(mul(mul(0.5, x), add(1, unary('erf', mul(Math.SQRT1_2, x))))),
  geluTanh: of1(geluTanh),
  softplus: of1(softplus(x)),
  silu: of1(mul(x, sigmoid(x))),
  mish: of1(mul(x, unary('tanh', softplus(x)))),
  hardtanh: of1(where(le(x, p), p, where(le(q, x), q, x))),
  hardsigmoid: of1(hardsigmoid(x)),
  hardswish: of1(hardswish(x)),
  softsign: of1(div(x, add(1, unary('abs', x)))),
  logSigmoid: of1(logSigmoid(x)),
  tanhshrink: of1(sub(x, unary('tanh', x))),
  hardshrink: of1(where(le(unary('abs', x), p), 0, x)),
  softshrink: of1(where(lt(p, x), sub(x, p), where(lt(x, neg(p)), add(x, p), mul(x, 0)))),
  logit: of1(logit(x)),
  isNaN: of1(ne(x, x)),
  isFinite: of1(lt(unary('abs', x), Infinity)),
  logicalNot: of1(not(x)),
  clamp: of1(clamp(x, p, q)),
};

/** Of two tensors. */
export const binaryFormulas: Readonly<Record<BinaryName, Formula>> = {
  add: of2(add(x, y)),
  sub: of2(sub(x, y)),
  mul: of2(mul(x, y)),
  div: of2(div(x, y)),
  pow: of2(pow(x, y)),
  maximum: of2(max(x, y)),
  minimum: of2(min(x, y)),
  atan2: of2(atan2(x, y)),
  fmod: of2(fmod(x, y)),
  remainder: of2(remainderOf(x, y)),
  eq: of2(eq(x, y)),
  ne: of2(ne(x, y)),
  lt: of2(lt(x, y)),
  le: of2(le(x, y)),
  gt: of2(lt(y, x)),
  ge: of2(le(y, x)),
  logicalAnd: of2(and(ne(x, 0), ne(y, 0))),
  logicalOr: of2(not(and(not(x), not(y)))),
  logicalXor: of2(ne(not(x), not(y))),
  lerp: of2(add(x, mul(p, sub(y, x)))),
  maskedFill: of2(where(y, p, x)),
};

/** Of a tensor and a number: the number is a scalar, so that no new text is compiled for it. */
export const numberFormulas: Readonly<Record<NumberName, Formula>> = {
  add: of1(add(x, p)),
  sub: of1(sub(x, p)),
  mul: of1(mul(x, p)),
  div: of1(div(x, p)),
  pow: of1(pow(x, p)),
  maximum: of1(max(x, p)),
  minimum: of1(min(x, p)),
  atan2: of1(atan2(x, p)),
  fmod: of1(fmod(x, p)),
  remainder: of1(remainderOf(x, p)),
  eq: of1(eq(x, p)),
  ne: of1(ne(x, p)),
  lt: of1(lt(x, p)),
  le: of1(le(x, p)),
  gt: of1(lt(p, x)),
  ge: of1(le(p, x)),
  logicalAnd: of1(and(ne(x, 0), ne(p, 0))),
  logicalOr: of1(not(and(not(x), not(p)))),
  logicalXor: of1(ne(not(x), not(p))),
};

/** Of three tensors. */
export const ternaryFormulas: Readonly<Record<'where' | 'share', Formula>> = {
  where: formulaOf(where(x, y, z), 3),
  /** The share of g that each of n equal maxima gets: (g, mask, n) → g·mask/n. */
  share: formulaOf(div(where(y, x, 0), z), 3),
};

/** √x, with the derivative 0 at 0 that norms and deviations take there. */
const flatSqrt = define(
  'flatSqrt',
  (v) => unary('sqrt', v!),
  (s) => [where(eq(s, 0), 0, div(0.5, s))],
);
/** The p-th root, likewise. */
const flatRoot = define(
  'flatRoot',
  (v, n) => pow(v!, div(1, n!)),
  (s, v, n) => [where(eq(s, 0), 0, div(s, mul(n!, v!))), constant(0)],
);
export const rootFormulas: { readonly sqrt: Formula; readonly root: Formula } = {
  sqrt: of1(flatSqrt(x)),
  root: of1(flatRoot(x, p)),
};

/** A normal draw from two uniform ones: √(−2·log(1 − u))·cos(2π·v) (Box and Muller 1958). */
export const boxMuller: Formula = of2(
  mul(unary('sqrt', mul(-2, unary('log', sub(1, x)))), unary('cos', mul(constant(2 * Math.PI), y))),
);
