/** Expressions: one object per meaning, and rewrites that change no bit, whatever the numbers. */
import { describe, expect, it } from 'vitest';
import {
  add,
  constant,
  define,
  div,
  input,
  isBoolean,
  isConstant,
  le,
  lower,
  lt,
  mul,
  neg,
  not,
  one,
  pow,
  scalar,
  sub,
  substitute,
  unary,
  visit,
  where,
  zero,
} from '../../src/core/expression.ts';
import { evaluate, randomTree, rollOf } from './random-expressions.ts';

const x = input(0);
const y = input(1);
const specials = [0, -0, 1, -1, 0.3, -2.5, 1e308, 5e-324, Infinity, -Infinity, Number.NaN];

describe('equal expressions', () => {
  it('are one object', () => {
    expect(add(x, mul(y, 2))).toBe(add(mul(2, y), x));
    expect(unary('exp', x)).toBe(unary('exp', x));
    expect(sub(x, y)).not.toBe(sub(y, x));
    expect(constant(0)).toBe(zero);
    expect(constant(-0)).not.toBe(zero);
    expect(constant(Number.NaN)).toBe(constant(Number.NaN));
    expect(input(0)).not.toBe(scalar(0));
  });
});

describe('rewrites', () => {
  it('change no bit of random expressions at special numbers', () => {
    const roll = rollOf(7);
    const grammar = { inputs: 2, scalars: 1, whole: false };
    for (let n = 0; n < 6000; n++) {
      const { expr, direct } = randomTree(roll, 1 + roll(5), grammar);
      for (let k = 0; k < 12; k++) {
        const [a, b, s] = [0, 1, 2].map(() => specials[roll(specials.length)]!) as [number, number, number];
        const [found, expected] = [evaluate(expr, [a, b], [s]), direct([a, b], [s])];
        if (!Object.is(found, expected)) {
          throw new Error(`tree ${n} at ${a}, ${b}, ${s}: ${found}, computed directly ${expected}`);
        }
      }
    }
  });

  it('leave 0·x, x + 0, 0/x and x − x alone', () => {
    expect(mul(0, x).op).toBe('mul');
    expect(add(x, 0).op).toBe('add');
    expect(add(0, x).op).toBe('add');
    expect(div(0, x).op).toBe('div');
    expect(sub(x, x).op).toBe('sub');
    expect(sub(x, -0).op).toBe('sub');
  });

  it('drop what changes nothing', () => {
    expect(mul(1, x)).toBe(x);
    expect(div(x, 1)).toBe(x);
    expect(add(x, -0)).toBe(x);
    expect(add(-0, x)).toBe(x);
    expect(sub(x, 0)).toBe(x);
    expect(neg(neg(x))).toBe(x);
    expect(mul(-1, x)).toBe(neg(x));
    expect(where(le(x, 0), y, y)).toBe(y);
    expect(where(one, x, y)).toBe(x);
    expect(where(zero, x, y)).toBe(y);
    expect(where(constant(Number.NaN), x, y)).toBe(y); // as JavaScript's ?:, which printers use
  });

  it('fold constants, and write small powers as products', () => {
    expect(isConstant(add(2, mul(3, 4)), 14)).toBe(true);
    expect(isConstant(unary('exp', 0), 1)).toBe(true);
    expect(pow(x, 0)).toBe(one);
    expect(pow(x, 1)).toBe(x);
    expect(pow(x, 2)).toBe(mul(x, x));
    expect(pow(x, 3)).toBe(mul(x, mul(x, x)));
    expect(pow(x, -1)).toBe(div(1, x));
    expect(pow(x, 0.5).op).toBe('pow'); // √−0 and pow(−0, ½) differ in sign
  });
});

describe('calls', () => {
  const half = define(
    'test half',
    (v) => mul(v!, 0.5),
    () => [constant(0.5)],
  );

  it('are kept until they are lowered', () => {
    const e = half(half(x));
    expect(e.op).toBe('call');
    expect(lower(e)).toBe(mul(mul(x, 0.5), 0.5));
    expect(lower(add(e, e))).toBe(add(lower(e), lower(e)));
  });

  it('are boolean as their bodies are', () => {
    const below = define(
      'test below',
      (v) => lt(v!, 0),
      () => [zero],
    );
    expect(isBoolean(below(x))).toBe(true);
    expect(isBoolean(not(x))).toBe(true);
    expect(isBoolean(half(x))).toBe(false);
    expect(isBoolean(where(lt(x, 0), 1, 0))).toBe(false);
  });
});

describe('walks', () => {
  it('visit each node once, arguments first', () => {
    const square = mul(x, x);
    const e = add(unary('exp', square), square);
    const seen: unknown[] = [];
    visit(e, (n) => seen.push(n));
    expect(seen.length).toBe(4);
    expect(seen[0]).toBe(x);
    expect(seen.at(-1)).toBe(e);
  });

  it('substitute and rewrite again', () => {
    expect(substitute(mul(x, y), (e) => (e === y ? one : undefined))).toBe(x);
    expect(substitute(add(x, y), () => undefined)).toBe(add(x, y));
  });
});
