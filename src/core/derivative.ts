/** The derivative of an expression, symbolically on its DAG; at the edges the values are PyTorch's. */
import {
  accumulate,
  add,
  and,
  constant,
  div,
  type Expr,
  eq,
  isConstant,
  le,
  lt,
  mul,
  neg,
  one,
  pow,
  sub,
  unary,
  where,
  zero,
} from './expression.ts';
import type { ScalarFunction } from './scalar-maths.ts';

/** The partial by each argument; `y` is the result. */
type Partials = (y: Expr, a: Expr, b: Expr) => readonly Expr[];

const half = constant(0.5);
const none: Partials = () => [zero, zero, zero];

const partials: Readonly<Record<ScalarFunction, Partials>> = {
  neg: () => [constant(-1)],
  abs: (_y, a) => [unary('sign', a)],
  sign: none,
  floor: none,
  ceil: none,
  trunc: none,
  round: none,
  exp: (y) => [y],
  expm1: (y) => [add(y, 1)],
  log: (_y, a) => [div(1, a)],
  log2: (_y, a) => [div(Math.LOG2E, a)],
  log10: (_y, a) => [div(Math.LOG10E, a)],
  log1p: (_y, a) => [div(1, add(1, a))],
  sqrt: (y) => [div(0.5, y)],
  rsqrt: (y, a) => [div(mul(-0.5, y), a)],
  sin: (_y, a) => [unary('cos', a)],
  cos: (_y, a) => [neg(unary('sin', a))],
  tan: (y) => [add(1, mul(y, y))],
  asin: (_y, a) => [unary('rsqrt', sub(1, mul(a, a)))],
  acos: (_y, a) => [neg(unary('rsqrt', sub(1, mul(a, a))))],
  atan: (_y, a) => [div(1, add(1, mul(a, a)))],
  sinh: (_y, a) => [unary('cosh', a)],
  cosh: (_y, a) => [unary('sinh', a)],
  tanh: (y) => [sub(1, mul(y, y))],
  asinh: (_y, a) => [unary('rsqrt', add(1, mul(a, a)))],
  acosh: (_y, a) => [unary('rsqrt', sub(mul(a, a), 1))],
  atanh: (_y, a) => [div(1, sub(1, mul(a, a)))],
  erf: (_y, a) => [mul(2 / Math.sqrt(Math.PI), unary('exp', neg(mul(a, a))))],
  add: () => [one, one],
  sub: () => [one, constant(-1)],
  mul: (_y, a, b) => [b, a],
  div: (y, _a, b) => [div(1, b), neg(div(y, b))],
  pow: (y, a, b) => [
    isConstant(b) ? mul(b, pow(a, b.value - 1)) : where(eq(b, 0), 0, mul(b, pow(a, sub(b, 1)))),
    where(and(eq(a, 0), le(0, b)), 0, mul(y, unary('log', a))),
  ],
  max: (_y, a, b) => [winner(b, a), winner(a, b)],
  min: (_y, a, b) => [winner(a, b), winner(b, a)],
  fmod: (_y, a, b) => [one, neg(unary('trunc', div(a, b)))],
  atan2: (_y, a, b) => {
    const r = add(mul(a, a), mul(b, b));
    return [div(b, r), neg(div(a, r))];
  },
  lt: none,
  le: none,
  eq: none,
  ne: none,
  and: none,
  where: none, // its branches are handled by `derive`
};

/** 1 where a < b or either is NaN, ½ at a tie: the share of b in max(a, b), and of a in min(a, b). */
function winner(a: Expr, b: Expr): Expr {
  return where(eq(a, b), half, where(lt(b, a), 0, 1));
}

/** The derivative of `root` by the leaf `variable`. */
export function derive(root: Expr, variable: Expr): Expr {
  const memo = new Map<Expr, Expr>();
  const go = (e: Expr): Expr => {
    if (e === variable) return one;
    if (e.args.length === 0) return zero;
    let d = memo.get(e);
    if (!d) {
      d = deriveNode(e, go);
      memo.set(e, d);
    }
    return d;
  };
  return go(root);
}

function deriveNode(e: Expr, go: (e: Expr) => Expr): Expr {
  if (e.op === 'where') return where(e.args[0]!, go(e.args[1]!), go(e.args[2]!));
  const inner = e.args.map(go);
  if (inner.every((d) => d === zero)) return zero;
  if (e.op === 'div' && inner[1] === zero) return div(inner[0]!, e.args[1]!);
  const own =
    e.op === 'call'
      ? e.definition!.derivative(e, ...e.args)
      : partials[e.op as ScalarFunction](e, e.args[0]!, e.args[1]!);
  let sum = zero;
  inner.forEach((d, i) => {
    const p = own[i]!;
    if (d !== zero && p !== zero) sum = accumulate(sum, timesInBranches(d, p));
  });
  return sum;
}

/** d·p, where a branch of p that is the constant 0 stays 0 whatever d is (infinite, say). */
export function timesInBranches(d: Expr, p: Expr): Expr {
  if (p === zero) return zero;
  if (p.op !== 'where') return mul(d, p);
  return where(p.args[0]!, timesInBranches(d, p.args[1]!), timesInBranches(d, p.args[2]!));
}
