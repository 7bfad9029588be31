/** Formulas as JavaScript text: rounded where float32 and int32 round, each shared part computed once. */
import { describe, expect, it } from 'vitest';
import {
  add,
  constant,
  div,
  type Expr,
  fmod,
  input,
  lt,
  mul,
  neg,
  pow,
  scalar,
  sub,
  unary,
  where,
} from '../../src/core/expression.ts';
import { type Arithmetic, printJavaScript } from '../../src/core/javascript.ts';
import { scalarMaths } from '../../src/core/scalar-maths.ts';

const x = input(0);
const y = input(1);

function text(e: Expr, arithmetic: Arithmetic): string {
  const { statements, result } = printJavaScript(e, arithmetic, (leaf) =>
    leaf.op === 'scalar' ? `s${leaf.value}` : `a${leaf.value}`,
  );
  return `${statements}${result}`;
}

function run(e: Expr, arithmetic: Arithmetic, a0: number, a1: number): number {
  const { statements, result } = printJavaScript(e, arithmetic, (leaf) => `a${leaf.value}`);
  const f = new Function('H', 'a0', 'a1', `${statements}return ${result}`) as (
    h: typeof scalarMaths,
    a0: number,
    a1: number,
  ) => number;
  return f(scalarMaths, a0, a1);
}

describe('float32', () => {
  it('rounds at every operation and constant', () => {
    expect(text(sub(mul(x, y), scalar(0)), 'float32')).toBe('Math.fround((Math.fround((a0*a1))-s0))');
    const [a, b] = [Math.fround(1 / 3), Math.fround(7.7)];
    const step = Math.fround;
    expect(run(add(mul(x, y), 0.1), 'float32', a, b)).toBe(step(step(a * b) + step(0.1)));
    expect(run(unary('exp', div(x, y)), 'float32', a, b)).toBe(step(Math.exp(step(a / b))));
    expect(run(pow(x, 3), 'float32', a, b)).toBe(step(a * step(a * a)));
    expect(run(unary('rsqrt', x), 'float32', a, b)).toBe(step(1 / Math.sqrt(a)));
  });

  it('does not round what is exact', () => {
    expect(text(unary('abs', neg(x)), 'float32')).not.toContain('fround');
    expect(text(where(lt(x, y), x, y), 'float32')).not.toContain('fround');
    expect(text(unary('round', x), 'float32')).toBe('H.round(a0)');
  });
});

describe('int32', () => {
  it('wraps, with all bits of a product', () => {
    expect(run(mul(x, y), 'int32', 123456789, 987654321)).toBe(Math.imul(123456789, 987654321));
    expect(run(add(x, y), 'int32', 2 ** 31 - 1, 1)).toBe(-(2 ** 31));
    expect(run(neg(x), 'int32', -(2 ** 31), 0)).toBe(-(2 ** 31));
    expect(run(fmod(x, y), 'int32', -7, 3)).toBe(-1);
  });
});

describe('text', () => {
  it('names what is used twice, once', () => {
    const shared = unary('exp', x);
    expect(text(mul(shared, shared), 'float64')).toBe('const t0=Math.exp(a0);(t0*t0)');
    expect(text(mul(x, x), 'float64')).toBe('const t0=a0;(t0*t0)');
  });

  it('keeps negative and special constants readable by JavaScript', () => {
    expect(text(add(x, -2), 'float64')).toContain('(-2)');
    for (const value of [-0, 0, -1.5, 1e-300, Number.NaN, Infinity, -Infinity]) {
      expect(run(where(lt(x, 0), value, value === 0 ? 1 : 0), 'float64', -1, 0)).toBe(value);
    }
    expect(run(neg(add(x, constant(-5))), 'float64', 1, 0)).toBe(4);
  });

  it('asks the caller for leaves', () => {
    expect(text(mul(x, scalar(3)), 'float64')).toMatch(/a0.*s3|s3.*a0/);
  });
});
