/** Compiled loops beside the interpreter and the definition: the same bits for any formula, dtypes and layouts. */
import { describe, expect, it } from 'vitest';
import { copy } from '../../../kernels/cpu/copy.ts';
import { map, mapInterpreted } from '../../../kernels/cpu/map.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { type Dtype, dtypes, promote, type TypedArray } from '../../../src/core/dtype.ts';
import { add, div, input, lt, mul, scalar, unary, where } from '../../../src/core/expression.ts';
import { type Formula, formulaOf } from '../../../src/core/formula.ts';
import { contiguousLayout, elementOffsets } from '../../../src/core/layout.ts';
import { unaryFormulas } from '../../../src/tensor/formulas.ts';
import { randomTree, rollOf } from '../../core/random-expressions.ts';
import { arrangements, Dice, operand } from '../operands.ts';

function expectSameBits(found: TypedArray, expected: TypedArray, what: string): void {
  expect(found.constructor).toBe(expected.constructor);
  expect(found.length).toBe(expected.length);
  expected.forEach((e, i) => {
    if (!Object.is(found[i], e)) throw new Error(`${what}: element ${i} is ${found[i]}, expected ${e}`);
  });
}

/** The dtype of the result, as `infer` has it. */
function resultDtype(formula: Formula, xs: readonly Operand[]): Dtype {
  return formula.isBoolean ? 'bool' : xs.map((x) => x.dtype).reduce(promote);
}

const shapes = [[], [1], [7], [3, 4], [2, 3, 4], [2, 1, 3], [0, 2]];

describe('compiled loops', () => {
  it('give the interpreter’s bits for floats and mixed dtypes under any layout', () => {
    const roll = rollOf(11);
    const dice = new Dice(12);
    for (let n = 0; n < 700; n++) {
      const arity = 1 + roll(3);
      const { expr } = randomTree(roll, 1 + roll(4), { inputs: arity, scalars: 2, whole: false });
      const formula = formulaOf(expr, arity);
      const shape = shapes[roll(shapes.length)]!;
      const kinds: Dtype[] = roll(2) === 0 ? [roll(2) === 0 ? 'float32' : 'float64'] : [...dtypes];
      const xs = Array.from({ length: arity }, (_, i) =>
        operand(dice, shape, i === 0 ? 'float32' : kinds[roll(kinds.length)], arrangements[roll(6)], roll(2) === 0),
      );
      if (kinds.length === 1 && kinds[0] === 'float64') xs[0] = operand(dice, shape, 'float64', arrangements[roll(6)]);
      const scalars = [dice.next() * 4 - 2, roll(3) - 1];
      const dtype = resultDtype(formula, xs);
      expectSameBits(map(formula, scalars, xs, dtype), mapInterpreted(formula, scalars, xs, dtype), `tree ${n}`);
    }
  });

  it('give the interpreter’s bits for whole numbers and bools', () => {
    const roll = rollOf(21);
    const dice = new Dice(22);
    for (let n = 0; n < 500; n++) {
      const arity = 1 + roll(3);
      const { expr } = randomTree(roll, 1 + roll(4), { inputs: arity, scalars: 1, whole: true });
      const formula = formulaOf(expr, arity);
      const shape = shapes[roll(shapes.length)]!;
      const xs = Array.from({ length: arity }, () =>
        operand(dice, shape, roll(3) === 0 ? 'bool' : 'int32', arrangements[roll(6)]),
      );
      const scalars = [roll(7) - 3];
      const dtype = resultDtype(formula, xs);
      expectSameBits(map(formula, scalars, xs, dtype), mapInterpreted(formula, scalars, xs, dtype), `tree ${n}`);
    }
  });

  it('compute float64 as the functions themselves do', () => {
    const roll = rollOf(31);
    const dice = new Dice(32);
    for (let n = 0; n < 500; n++) {
      const { expr, direct } = randomTree(roll, 4, { inputs: 2, scalars: 1, whole: false });
      const xs = [0, 1].map(() => operand(dice, [2, 3], 'float64', arrangements[roll(6)], true));
      const scalars = [dice.next()];
      const formula = formulaOf(expr, 2);
      const offsets = xs.map(({ layout }) => elementOffsets(layout.shape, layout.strides, layout.offset));
      const expected = Float64Array.from({ length: 6 }, (_, i) =>
        direct(
          xs.map((x, k) => x.storage[offsets[k]![i]!]!),
          scalars,
        ),
      );
      const dtype = resultDtype(formula, xs);
      const found = map(formula, scalars, xs, dtype);
      expectSameBits(Float64Array.from(found), expected, `tree ${n}`);
    }
  });

  it('are right again when dtypes or layouts change between calls', () => {
    const dice = new Dice(41);
    const formula = formulaOf(add(mul(input(0), scalar(0)), input(1)), 2);
    for (let n = 0; n < 200; n++) {
      const xs = [0, 1].map(() =>
        operand(dice, [3, 2, 2], dtypes[dice.below(4)], arrangements[dice.below(arrangements.length)]),
      );
      const dtype = resultDtype(formula, xs);
      expectSameBits(map(formula, [3], xs, dtype), mapInterpreted(formula, [3], xs, dtype), `call ${n}`);
    }
  });
});

describe('float32', () => {
  it('rounds after every step, and scalars before the first', () => {
    const formula = formulaOf(add(mul(input(0), scalar(0)), input(1)), 2);
    const dice = new Dice(51);
    const [a, b] = [operand(dice, [100]), operand(dice, [100])];
    const expected = Float32Array.from(a.storage, (v, i) => Math.fround(v * Math.fround(0.1)) + b.storage[i]!);
    expectSameBits(map(formula, [0.1], [a, b], 'float32'), expected, 'a·s + b');
  });

  it('rounds whole numbers that it cannot hold', () => {
    const formula = formulaOf(add(input(0), input(1)), 2);
    const layout = contiguousLayout([1]);
    const xs: Operand[] = [
      { storage: Int32Array.of(16777217), layout, dtype: 'int32' },
      { storage: Float32Array.of(1), layout, dtype: 'float32' },
    ];
    expect([...map(formula, [], xs, 'float32')]).toEqual([16777216]); // 16777216 + 1, rounded to even
    expectSameBits(map(formula, [], xs, 'float32'), mapInterpreted(formula, [], xs, 'float32'), 'the sum');
  });
});

describe('int32', () => {
  const x: Operand = { storage: Int32Array.of(-5, 0, 2147483647), layout: contiguousLayout([3]), dtype: 'int32' };

  it.each([map, mapInterpreted])('takes infinite bounds: %o', (run) => {
    expect([...run(unaryFormulas.clamp, [0, Infinity], [x], 'int32')]).toEqual([0, 0, 2147483647]);
    expect([...run(unaryFormulas.clamp, [-Infinity, 0], [x], 'int32')]).toEqual([-5, 0, 0]);
    expect([...run(unaryFormulas.isFinite, [], [x], 'bool')]).toEqual([1, 1, 1]);
  });

  it.each([map, mapInterpreted])('wraps: %o', (run) => {
    expect([...run(unaryFormulas.square, [], [x], 'int32')]).toEqual([25, 0, 1]);
    expect([...run(formulaOf(add(input(0), 1), 1), [], [x], 'int32')]).toEqual([-4, 1, -2147483648]);
  });
});

describe('a branch that is not taken', () => {
  it('does not count', () => {
    const formula = formulaOf(where(lt(0, input(0)), unary('log', input(0)), 7), 1);
    const x: Operand = { storage: Float64Array.of(-1, 1, 0), layout: contiguousLayout([3]), dtype: 'float64' };
    expect([...map(formula, [], [x], 'float64')]).toEqual([7, 0, 7]);
  });
});

it('computes in the dtype of the result where it is stronger than the inputs', () => {
  const x = operand(new Dice(3), [5]);
  const third = formulaOf(div(input(0), 3), 1);
  const of = (dtype: Dtype, xs: readonly Operand[]): number[] => [...map(third, [], xs, dtype)];
  const strided = operand(new Dice(3), [5, 3], 'float32', 'permuted');
  for (const y of [x, strided]) {
    const numbers = [...copy(y)];
    expect(of('float32', [y])).toEqual(numbers.map((n) => Math.fround(n / 3)));
    expect(of('float64', [y])).toEqual(numbers.map((n) => n / 3));
  }
});
