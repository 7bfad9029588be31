/** Maps in WebAssembly agree with the plain loops: exactly where arithmetic is exact, else within a few roundings. */
import { describe, expect, it } from 'vitest';
import { map } from '../../../kernels/cpu/map.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { canMap, canMapAll, planMap, planMaps, scalarDtype } from '../../../kernels/wasm/map.ts';
import { type Dtype, dtypes, promote, type TypedArray } from '../../../src/core/dtype.ts';
import {
  add,
  and,
  constant,
  div,
  type Expr,
  eq,
  input,
  le,
  lt,
  max,
  min,
  mul,
  ne,
  neg,
  not,
  scalar,
  sub,
  unary,
  visit,
  where,
} from '../../../src/core/expression.ts';
import { type Formula, formulaOf } from '../../../src/core/formula.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { binaryFormulas, numberFormulas, ternaryFormulas, unaryFormulas } from '../../../src/tensor/formulas.ts';
import { arrangements, Dice, operand } from '../operands.ts';
import { Stage } from './stage.ts';

const stage = new Stage();

/** The dtype that the library gives a result. */
function resultOf(formula: Formula, inputs: readonly Dtype[]): Dtype {
  return formula.isBoolean ? 'bool' : inputs.reduce(promote, 'bool');
}

function mapped(formula: Formula, scalars: readonly number[], xs: readonly Operand[]): TypedArray {
  const inputs = xs.map((x) => x.dtype);
  const result = resultOf(formula, inputs);
  const numbers = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
  const held = stage.write(numbers[scalarDtype(formula, inputs, result)].from(scalars));
  try {
    return stage.with(xs, (arrays) =>
      stage.result(result, xs[0]!.layout.size, (to) => [planMap(formula, arrays, result, to, held)]),
    );
  } finally {
    stage.engine.heap.release(held);
  }
}

const inexact: ReadonlySet<string> = new Set(
  'exp expm1 log log2 log10 log1p rsqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf pow atan2'.split(
    ' ',
  ),
);

/** What differs first from the plain loops, or undefined: not a bit where all operations are exact. */
function wrong(formula: Formula, scalars: readonly number[], xs: readonly Operand[]): string | undefined {
  const got = mapped(formula, scalars, xs);
  const expected = map(
    formula,
    scalars,
    xs,
    resultOf(
      formula,
      xs.map((x) => x.dtype),
    ),
  );
  let exact = true;
  visit(formula.body, ({ op }) => {
    exact &&= !inexact.has(op);
  });
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    const near = !exact && Math.abs(a - b) <= 2e-6 * Math.max(1, Math.abs(b));
    if (!Object.is(a, b) && !near) return `element ${i}: got ${a}, expected ${b}`;
  }
  return got.length === expected.length ? undefined : `got ${got.length} elements`;
}

const shapes: readonly Shape[] = [
  [],
  [1],
  [0],
  [3],
  [4],
  [7],
  [16],
  [45],
  [3, 0],
  [5, 3],
  [2, 18],
  [3, 4, 21],
  [2, 3, 2, 5],
];

describe.each(dtypes)('over %s', (dtype) => {
  const dice = new Dice(7);

  it('maps every layout', () => {
    for (const formula of [unaryFormulas.neg, unaryFormulas.relu, unaryFormulas.tanh, unaryFormulas.isFinite]) {
      if (!canMap(formula, [dtype], resultOf(formula, [dtype]), [])) continue;
      for (const arrangement of arrangements) {
        for (const shape of shapes) {
          const x = operand(dice, shape, dtype, arrangement, true);
          expect(wrong(formula, [], [x]), `${formula.id} [${shape}] by [${x.layout.strides}]`).toBeUndefined();
        }
      }
    }
  });

  it('maps inputs of other dtypes and layouts beside it', () => {
    for (const other of dtypes) {
      for (const formula of [
        binaryFormulas.add,
        binaryFormulas.maximum,
        binaryFormulas.lt,
        binaryFormulas.logicalXor,
      ]) {
        for (const shape of shapes) {
          const [one, two] = [arrangements[dice.below(6)]!, arrangements[dice.below(6)]!];
          const xs = [operand(dice, shape, dtype, one, true), operand(dice, shape, other, two, true)];
          expect(wrong(formula, [], xs), `${formula.id} ${dtype} ${one}, ${other} ${two} [${shape}]`).toBeUndefined();
        }
      }
    }
  });

  it('takes bools and numbers for conditions', () => {
    for (const condition of dtypes) {
      for (const shape of [[5], [40], [3, 17]]) {
        const xs = [
          operand(dice, shape, condition, 'mixed', true),
          operand(dice, shape, dtype, 'plain', true),
          operand(dice, shape, dtype, 'expanded', true),
        ];
        expect(wrong(ternaryFormulas.where, [], xs), `${condition} [${shape}]`).toBeUndefined();
      }
    }
  });
});

it('maps the formulas of all elementwise methods and of their gradients', () => {
  const dice = new Dice(11);
  const tables = [unaryFormulas, binaryFormulas, numberFormulas, ternaryFormulas];
  for (const [name, formula] of tables.flatMap((table) => Object.entries(table))) {
    const partials = Array.from({ length: formula.arity }, (_, i) => formula.partial(i).formula);
    for (const f of [formula, ...partials]) {
      if (f.arity === 0) continue; // a constant reads no tensor
      for (const arrangement of ['plain', 'mixed'] as const) {
        const xs = Array.from({ length: f.arity }, () => operand(dice, [9, 7], 'float32', arrangement, true));
        expect(
          canMap(
            f,
            xs.map((x) => x.dtype),
            resultOf(f, ['float32']),
            [0.75, 1.5],
          ),
          name,
        ).toBe(true);
        expect(wrong(f, [0.75, 1.5], xs), `${name} ${arrangement}`).toBeUndefined();
      }
    }
  }
});

/** A random expression of exact operations over three inputs and two scalars. */
function randomExpr(dice: Dice, depth: number, isFloat: boolean): Expr {
  const part = (): Expr => randomExpr(dice, depth - 1, isFloat);
  if (depth === 0)
    return [input(0), input(1), input(2), scalar(0), scalar(1), constant(2), constant(0)][dice.below(7)]!;
  const common = [
    () => add(part(), part()),
    () => sub(part(), part()),
    () => mul(part(), part()),
    () => max(part(), part()),
    () => min(part(), part()),
    () => neg(part()),
    () => unary('abs', part()),
    () => unary('sign', part()),
    () => unary('round', part()),
    () => where(part(), part(), part()),
    () => where(lt(part(), part()), part(), 0),
    () => where(le(part(), part()), 0, part()),
    () => where(part(), le(part(), part()), ne(part(), part())),
    () => and(part(), ne(part(), part())),
    () => eq(lt(part(), part()), not(part())),
    () => not(le(part(), part())),
    () => eq(part(), part()),
  ];
  const floats = [
    () => div(part(), part()),
    () => unary('sqrt', part()),
    () => unary('floor', part()),
    () => unary('ceil', part()),
    () => unary('trunc', part()),
  ];
  const all = isFloat ? [...common, ...floats] : common;
  return all[dice.below(all.length)]!();
}

describe.each(['float32', 'float64', 'int32'] as const)('random formulas in %s', (dtype) => {
  it('give the same bits as the plain loops', () => {
    const dice = new Dice(5);
    for (let trial = 0; trial < 150; trial++) {
      const formula = formulaOf(randomExpr(dice, 1 + dice.below(4), dtype !== 'int32'), 3);
      const weaker = dtypes.slice(0, dtypes.indexOf(dtype) + 1);
      const xs = [dtype, weaker[dice.below(weaker.length)]!, 'bool' as const].map((d) =>
        operand(dice, [2, 19], d, arrangements[dice.below(6)]!, true),
      );
      const scalars = [dice.below(5) - 2, dtype === 'int32' ? 3 : 0.3];
      const inputs = xs.map((x) => x.dtype);
      expect(canMap(formula, inputs, resultOf(formula, inputs), scalars)).toBe(true);
      expect(wrong(formula, scalars, xs), JSON.stringify(shown(formula.body))).toBeUndefined();
    }
  });
});

function shown(e: Expr): unknown {
  return e.args.length > 0 ? [e.op, ...e.args.map(shown)] : `${e.op} ${e.value}`;
}

it('writes over an input of the same layout', () => {
  const storage = Float32Array.from({ length: 103 }, (_, i) => i - 50);
  const address = stage.write(storage);
  const layout = operand(new Dice(1), [103]).layout;
  const call = planMap(unaryFormulas.square, [{ address, layout, dtype: 'float32' }], 'float32', address);
  stage.run(call, 1, false);
  expect([...stage.read(address, 'float32', 103)]).toEqual([...storage].map((v) => v * v));
  stage.engine.heap.release(address);
});

describe.each(['float32', 'float64', 'int32'] as const)('several formulas of the same %s inputs', (dtype) => {
  it('give what each gives alone', () => {
    const dice = new Dice(9);
    for (let trial = 0; trial < 40; trial++) {
      const exprs = Array.from({ length: 2 + dice.below(2) }, () =>
        randomExpr(dice, 1 + dice.below(3), dtype !== 'int32'),
      );
      const scalars = [2, dtype === 'int32' ? 3 : 0.3];
      const xs = [dtype, 'bool' as const, dtype].map((d) =>
        operand(dice, [3, 21], d, arrangements[dice.below(6)]!, true),
      );
      const inputs = xs.map((x) => x.dtype);
      const results = exprs.map((e) => {
        const formula = formulaOf(e, 3);
        return { formula, dtype: resultOf(formula, inputs) };
      });
      expect(canMapAll(results, inputs, scalars)).toBe(true);
      const numbers = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
      const held = stage.write(numbers[dtype].from(scalars));
      const others = stage.engine.heap.allocate(4096);
      stage.with(xs, (arrays) => {
        results.forEach(({ dtype: kind, formula }, r) => {
          const got = stage.result(kind, 63, (to) => [
            planMaps(
              results.map((result, i) => ({ ...result, to: i === r ? to : others + 1024 * i })),
              arrays,
              held,
            ),
          ]);
          expect([...got]).toEqual([...map(formula, scalars, xs, kind)]);
        });
      });
      stage.engine.heap.release(others);
      stage.engine.heap.release(held);
    }
  });
});

it('takes no formulas together that are computed differently', () => {
  const floats = { formula: unaryFormulas.neg, dtype: 'float32' } as const;
  expect(canMapAll([floats, { formula: unaryFormulas.neg, dtype: 'float64' }], ['float32'], [])).toBe(false);
  expect(canMapAll([floats, { formula: unaryFormulas.relu, dtype: 'float32' }], ['float32'], [])).toBe(true);
});

it('leaves to the plain loops what has no vector code', () => {
  const can = (formula: Formula, dtype: Dtype, ...scalars: number[]): boolean =>
    canMap(formula, [dtype], resultOf(formula, [dtype]), scalars);
  expect(can(unaryFormulas.exp, 'float64')).toBe(false);
  expect(can(unaryFormulas.exp, 'float32')).toBe(true);
  expect(can(unaryFormulas.sqrt, 'float64')).toBe(true);
  expect(can(unaryFormulas.sqrt, 'int32')).toBe(false);
  expect(can(numberFormulas.mul, 'int32', 0.5)).toBe(false);
  expect(can(numberFormulas.mul, 'int32', 5)).toBe(true);
  expect(can(unaryFormulas.clamp, 'int32', 0, Infinity)).toBe(false);
  expect(can(numberFormulas.fmod, 'int32', 5)).toBe(false);
});
