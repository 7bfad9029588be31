/** Derivatives of expressions beside central differences, and what must stay out of them. */
import { describe, expect, it } from 'vitest';
import { derive, timesInBranches } from '../../src/core/derivative.ts';
import {
  add,
  atan2,
  constant,
  define,
  div,
  type Expr,
  fmod,
  input,
  lower,
  lt,
  max,
  min,
  mul,
  pow,
  sub,
  unary,
  where,
  zero,
} from '../../src/core/expression.ts';
import type { UnaryFunction } from '../../src/core/scalar-maths.ts';
import { evaluate } from './random-expressions.ts';

const x = input(0);
const y = input(1);

/** ∂e/∂input(i) at a point, and the central difference there. */
function both(e: Expr, i: number, at: readonly number[]): readonly [derived: number, numeric: number] {
  const h = 1e-5;
  const moved = (by: number): number =>
    evaluate(
      lower(e),
      at.map((v, k) => (k === i ? v + by : v)),
      [],
    );
  return [evaluate(lower(derive(e, input(i))), at, []), (moved(h) - moved(-h)) / (2 * h)];
}

function expectDerivative(e: Expr, ...at: readonly number[]): void {
  at.forEach((_, i) => {
    const [derived, numeric] = both(e, i, at);
    expect(Math.abs(derived - numeric), `∂/∂input ${i}: ${derived}, by differences ${numeric}`).toBeLessThan(
      1e-8 * Math.max(1, Math.abs(numeric)),
    );
  });
}

const anywhere = [-1.3, -0.4, 0.3, 0.8, 1.7];
const points: Readonly<Record<UnaryFunction, readonly number[]>> = {
  neg: anywhere,
  abs: anywhere,
  sign: anywhere,
  floor: anywhere,
  ceil: anywhere,
  trunc: anywhere,
  round: anywhere,
  exp: anywhere,
  expm1: anywhere,
  log: [0.3, 2],
  log2: [0.3, 2],
  log10: [0.3, 2],
  log1p: [-0.5, 2],
  sqrt: [0.3, 2],
  rsqrt: [0.3, 2],
  sin: anywhere,
  cos: anywhere,
  tan: [-1.2, 0.3],
  asin: [-0.7, 0.4],
  acos: [-0.7, 0.4],
  atan: anywhere,
  sinh: anywhere,
  cosh: anywhere,
  tanh: anywhere,
  asinh: anywhere,
  acosh: [1.3, 3],
  atanh: [-0.7, 0.4],
  erf: anywhere,
};

describe('derivatives', () => {
  it.each(Object.entries(points))('of %s', (name, at) => {
    for (const v of at) {
      expectDerivative(unary(name as UnaryFunction, x), v);
      expectDerivative(unary(name as UnaryFunction, mul(x, x)), Math.sqrt(Math.abs(v)));
    }
  });

  it.each<[string, Expr]>([
    ['add', add(x, y)],
    ['sub', sub(x, y)],
    ['mul', mul(x, y)],
    ['div', div(x, y)],
    ['pow', pow(x, y)],
    ['max', max(x, y)],
    ['min', min(x, y)],
    ['fmod', fmod(x, y)],
    ['atan2', atan2(x, y)],
    ['where', where(lt(x, y), mul(x, y), sub(x, y))],
    ['a power', pow(x, 1.7)],
    ['a shared part', mul(add(unary('exp', mul(x, y)), y), unary('exp', mul(x, y)))],
    ['second order', derive(div(unary('tanh', mul(x, y)), y), x)],
    ['third order', derive(derive(div(unary('tanh', mul(x, y)), y), x), y)],
  ])('of %s', (_name, e) => {
    expectDerivative(e, 0.7, 1.3);
    expectDerivative(e, 1.9, 0.6);
  });

  it('of comparisons and constants are 0 itself', () => {
    expect(derive(lt(x, y), x)).toBe(zero);
    expect(derive(y, x)).toBe(zero);
    expect(derive(unary('floor', x), x)).toBe(zero);
    expect(derive(mul(y, unary('exp', y)), x)).toBe(zero);
  });

  it('of a call are the given ones, of what is in it by the chain rule', () => {
    const triple = define(
      'test triple',
      (v) => mul(3, v!),
      () => [constant(42)],
    );
    expect(derive(triple(x), x)).toBe(constant(42));
    expect(derive(triple(mul(x, x)), x)).toBe(mul(add(x, x), 42));
  });
});

describe('a cotangent', () => {
  it('goes into the branches and not past a 0', () => {
    const e = timesInBranches(y, where(lt(0, x), div(1, x), 0));
    expect(evaluate(e, [0, Infinity], [])).toBe(0);
    expect(evaluate(e, [2, 3], [])).toBe(1.5);
    expect(timesInBranches(y, zero)).toBe(zero);
  });
});
