/** Formulas as text. */
import { expect, it } from 'vitest';
import { add, constant, type Expr, input, lt, mul, scalar, sub, unary, where } from '../../src/core/expression.ts';
import { formulaOf } from '../../src/core/formula.ts';
import { formulaText } from '../../src/jit/formula-text.ts';

it('reads as one writes it', () => {
  const e = where(lt(input(0), scalar(0)), sub(add(input(0), input(1)), constant(2)), unary('tanh', input(1)));
  expect(formulaText(formulaOf(e, 2), ['%3', '%7'], [0.1 + 0.2])).toBe('where(%3 < 0.3, (%3 + %7) - 2, tanh(%7))');
});

it('ends in dots where it would be long', () => {
  let e: Expr = input(0);
  for (let i = 0; i < 60; i++) e = mul(e, add(e, input(1))); // as a tree it would have 2⁶⁰ leaves
  const text = formulaText(formulaOf(e, 2), ['%1', '%2'], []);
  expect(text).toContain('…');
  expect(text.length).toBeLessThan(1000);
});
