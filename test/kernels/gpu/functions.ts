/** Every scalar function as a plan, against its definition: over its whole domain, and where shaders go wrong. */

import { planMap } from '../../../kernels/gpu/map.ts';
import type { Dtype } from '../../../src/core/dtype.ts';
import {
  add,
  and,
  atan2,
  type Binary,
  div,
  eq,
  fmod,
  input,
  le,
  lt,
  max,
  min,
  mul,
  ne,
  pow,
  sub,
  unary as unaryOf,
} from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import { type ScalarFunction, scalarMaths, type UnaryFunction } from '../../../src/core/scalar-maths.ts';
import { Dice } from '../operands.ts';
import type { Machine } from './conformance.ts';

/** The ends of each operand's range. */
type Range = readonly [number, number];
const any: Range = [-5, 5];

const unary: Readonly<Record<UnaryFunction, Range>> = {
  neg: any,
  abs: any,
  sign: any,
  floor: [-1e6, 1e6],
  ceil: [-1e6, 1e6],
  trunc: [-1e6, 1e6],
  round: [-1e6, 1e6],
  exp: [-80, 80],
  expm1: [-20, 80],
  log: [1e-30, 1e30],
  log2: [1e-30, 1e30],
  log10: [1e-30, 1e30],
  log1p: [-0.9999, 1e20],
  sqrt: [0, 1e20],
  rsqrt: [1e-20, 1e20],
  sin: [-1000, 1000],
  cos: [-1000, 1000],
  tan: [-30, 30],
  asin: [-1, 1],
  acos: [-1, 1],
  atan: [-1e10, 1e10],
  sinh: [-88, 88],
  cosh: [-88, 88],
  tanh: [-1e10, 1e10],
  asinh: [-1e20, 1e20],
  acosh: [1, 1e20],
  atanh: [-0.9999, 0.9999],
  erf: [-1e10, 1e10],
};

const binary: Readonly<Partial<Record<ScalarFunction, readonly [Range, Range]>>> = {
  add: [any, any],
  sub: [any, any],
  mul: [any, any],
  div: [any, any],
  pow: [
    [0, 20],
    [-8, 8],
  ],
  max: [any, any],
  min: [any, any],
  fmod: [[-1e8, 1e8], any],
  atan2: [any, any],
  lt: [any, any],
  le: [any, any],
  eq: [any, any],
  ne: [any, any],
  and: [any, any],
};

const builders: Readonly<Partial<Record<ScalarFunction, Binary>>> = {
  add,
  and,
  atan2,
  div,
  eq,
  fmod,
  le,
  lt,
  max,
  min,
  mul,
  ne,
  pow,
  sub,
};

/** Functions of whole numbers, and the operands' range. */
const integers: Readonly<Partial<Record<ScalarFunction, Range>>> = {
  neg: [-4000, 4000],
  abs: [-4000, 4000],
  sign: [-2, 2],
  floor: [-9, 9],
  round: [-9, 9],
  add: [-4000, 4000],
  sub: [-4000, 4000],
  mul: [-4000, 4000],
  div: [-4000, 4000],
  fmod: [-4000, 4000],
  pow: [-6, 8],
  max: [-9, 9],
  min: [-9, 9],
  lt: [-9, 9],
  le: [-9, 9],
  eq: [-9, 9],
  ne: [-9, 9],
  and: [-2, 2],
};

/** Where functions change their way, and the numbers around. */
const corners = [0, 0.5, 1, 2, 2.5, 3, 4, 15, 0.25, Math.PI, 1.5, 100, 0.95, 0.95001].flatMap((x) => [
  x,
  -x,
  x * 1.0001,
  x * 0.9999,
]);

const tolerance = 1e-5;
const most = 3.4e38;
const least = 1e-36; // subnormals are 0 on GPUs

/** One test of a function. */
export interface FunctionCase {
  readonly name: string;
  readonly op: ScalarFunction;
  readonly dtype: Dtype;
  readonly operands: readonly Float32Array[];
}

/** The cases of all functions, always the same ones. */
export function functionCases(count: number): FunctionCase[] {
  const dice = new Dice(7);
  const cases: FunctionCase[] = [];
  const test = (op: ScalarFunction, dtype: Dtype, ...operands: readonly Float32Array[]): void => {
    cases.push({
      name: `${op} of ${dtype}${cases.some((c) => c.op === op && c.dtype === dtype) ? ' again' : ''}`,
      op,
      dtype,
      operands,
    });
  };
  for (const [op, range] of Object.entries(unary)) test(op as UnaryFunction, 'float32', spread(dice, range, count));
  for (const [op, [a, b]] of Object.entries(binary)) {
    test(op as ScalarFunction, 'float32', spread(dice, a, count), turned(spread(dice, b, count)));
  }
  const whole = (from: number, to: number) =>
    Float32Array.from({ length: count }, () => from + dice.below(to - from + 1));
  test('pow', 'float32', spread(dice, [-3, 3], count), whole(-70, 70));
  test(
    'round',
    'float32',
    Float32Array.from({ length: 100 }, (_, i) => i / 2 - 25),
  );
  for (const [op, [from, to]] of Object.entries(integers)) {
    const inputs = [whole(from, to), whole(op === 'pow' ? 0 : Math.max(from, -100), Math.min(to, 100))];
    test(op as ScalarFunction, 'int32', ...inputs.slice(0, op in unary ? 1 : 2));
  }
  return cases;
}

/** Numbers of a range: some evenly, some by their exponents, and the corners. */
function spread(dice: Dice, [low, high]: Range, count: number): Float32Array {
  const inside = corners.filter((x) => x >= low && x <= high);
  return Float32Array.from({ length: count }, (_, i) => {
    if (i < inside.length) return inside[i]!;
    const even = low + (high - low) * dice.next();
    if (i % 2 === 0) return even;
    const x = Math.sign(even) * Math.exp(Math.log(Math.max(Math.abs(low), Math.abs(high)) * 1e6) * dice.next()) * 1e-6;
    return x >= low && x <= high ? x : even;
  });
}

/** In another order, so that corners meet others. */
function turned(x: Float32Array): Float32Array {
  return x.map((_, i) => x[(i * 7 + 3) % x.length]!);
}

/** What is wrong first with a function, or undefined. */
export async function faultOf(machine: Machine, { op, dtype, operands }: FunctionCase): Promise<string | undefined> {
  const [x, y] = operands;
  const body = y ? builders[op]!(input(0), input(1)) : unaryOf(op as UnaryFunction, input(0));
  const formula = formulaOf(body, operands.length);
  const shape = [x!.length];
  const given = operands.map((data) => ({ data, layout: contiguousLayout(shape), dtype }));
  const out = { shape, dtype: formula.isBoolean ? ('bool' as const) : dtype };
  const plan = planMap({ formula, scalars: [] }, given, out, machine.limits);
  if (!plan) return 'no plan';
  const got = await machine.run(plan, given);
  for (let i = 0; i < got.length; i++) {
    const exact = scalarMaths[op](x![i]!, y?.[i] ?? 0, 0);
    const wanted = dtype === 'int32' ? exact | 0 : exact;
    if (Number.isNaN(wanted) || Math.abs(wanted) > most) continue; // no GPU is asked for these
    const size = op === 'sin' || op === 'cos' ? 1 : Math.abs(wanted);
    const limit = dtype === 'int32' || formula.isBoolean ? 0 : Math.max(tolerance * size, least);
    if (!(Math.abs(got[i]! - wanted) <= limit))
      return `of ${x![i]}${y ? `, ${y[i]}` : ''} gave ${got[i]}, not ${wanted}`;
  }
  return undefined;
}
