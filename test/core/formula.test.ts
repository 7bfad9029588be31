/** Formulas: one per expression, with partials that read as little as they can. */
import { describe, expect, it } from 'vitest';
import { add, define, input, lt, mul, scalar, sub, unary, where } from '../../src/core/expression.ts';
import { formulaOf } from '../../src/core/formula.ts';
import { evaluate } from './random-expressions.ts';

const x = input(0);
const y = input(1);

describe('a formula', () => {
  it('is one object per expression and arity', () => {
    expect(formulaOf(add(x, y), 2)).toBe(formulaOf(add(y, x), 2));
    expect(formulaOf(x, 1)).not.toBe(formulaOf(x, 2));
  });

  it('counts its scalars and knows whether it compares', () => {
    expect(formulaOf(mul(x, scalar(1)), 1).scalarCount).toBe(2);
    expect(formulaOf(x, 1).scalarCount).toBe(0);
    expect(formulaOf(lt(x, y), 2).isBoolean).toBe(true);
    expect(formulaOf(where(lt(x, y), x, y), 2).isBoolean).toBe(false);
  });
});

describe('a partial', () => {
  it('is kept', () => {
    const f = formulaOf(unary('sin', mul(x, y)), 2);
    expect(f.partial(1)).toBe(f.partial(1));
  });

  it('reads the output where it occurs in the derivative', () => {
    const tanh = formulaOf(unary('tanh', x), 1);
    expect(tanh.partial(0).uses).toEqual([1, 2]); // y and g
    expect(tanh.readsOf(1)).toEqual({ inputs: [false], output: true });
    const y0 = Math.tanh(0.3);
    expect(evaluate(tanh.partial(0).formula.body, [y0, 5], [])).toBe(5 * (1 - y0 * y0));
  });

  it('reads the inputs that the needed ones ask for', () => {
    const product = formulaOf(mul(x, y), 2);
    expect(product.readsOf(1)).toEqual({ inputs: [false, true], output: false });
    expect(product.readsOf(2)).toEqual({ inputs: [true, false], output: false });
    expect(product.readsOf(3)).toEqual({ inputs: [true, true], output: false });
    expect(formulaOf(sub(x, y), 2).readsOf(3)).toEqual({ inputs: [false, false], output: false });
  });

  it('says where it is 0 everywhere', () => {
    expect(formulaOf(unary('floor', x), 1).partial(0).zero).toBe(true);
    expect(formulaOf(unary('exp', x), 1).partial(0).zero).toBe(false);
  });

  it('keeps the scalars’ numbers', () => {
    const f = formulaOf(mul(mul(x, x), scalar(1)), 1);
    const { formula, uses } = f.partial(0);
    expect(uses).toEqual([0, 2]);
    expect(evaluate(formula.body, [3, 10], [99, 0.5])).toBe(30);
  });

  it('of a definition reads what its own derivative reads', () => {
    const halfRoot = define(
      'test half root',
      (v) => unary('sqrt', v!),
      (s) => [mul(s, 0.5)],
    );
    expect(formulaOf(halfRoot(x), 1).readsOf(1)).toEqual({ inputs: [false], output: true });
  });
});
