/** Random scalar expressions, each beside the same tree computed directly, without the constructors' rewrites. */
import {
  add,
  and,
  atan2,
  constant,
  div,
  type Expr,
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
} from '../../src/core/expression.ts';
import { type ScalarFunction, scalarMaths, type UnaryFunction } from '../../src/core/scalar-maths.ts';
import { Dice } from '../kernels/operands.ts';

/** The value of a tree at inputs and scalars. */
export type Direct = (inputs: readonly number[], scalars: readonly number[]) => number;

export interface Tree {
  readonly expr: Expr;
  readonly direct: Direct;
}

/** Uniform whole numbers from 0 to n − 1; equal seeds give equal streams. */
export type Roll = (n: number) => number;

export function rollOf(seed: number): Roll {
  const dice = new Dice(seed);
  return (n) => dice.below(n);
}

const constants = [0, -0, 1, -1, 2, 0.5, -3, Infinity];
const unaries = Object.keys(scalarMaths).filter(
  (name) => scalarMaths[name as ScalarFunction].length <= 1 && name !== 'neg',
) as UnaryFunction[];
/** Those that give whole numbers for whole numbers. */
const wholeUnaries: readonly UnaryFunction[] = ['abs', 'sign', 'floor', 'ceil', 'trunc', 'round'];

type Maker = (a: Expr, b: Expr) => Expr;
const binaries: readonly [ScalarFunction, Maker][] = [
  ['add', add],
  ['sub', sub],
  ['mul', mul],
  ['max', max],
  ['min', min],
  ['lt', lt],
  ['le', le],
  ['eq', eq],
  ['ne', ne],
  ['and', and],
  ['div', div],
  ['fmod', fmod],
  ['atan2', atan2],
  ['pow', pow],
];
const wholeBinaries = binaries.slice(0, 10);

export interface Grammar {
  readonly inputs: number;
  readonly scalars: number;
  /** Only what int32 arithmetic computes exactly. */
  readonly whole: boolean;
}

/** A random tree; most are `depth` deep. */
export function randomTree(roll: Roll, depth: number, grammar: Grammar): Tree {
  const kind = roll(depth === 0 ? 3 : 12);
  if (kind < 3) return leaf(roll, grammar);
  const inner = (): Tree => randomTree(roll, depth - 1, grammar);
  if (kind === 3) {
    const a = inner();
    return { expr: neg(a.expr), direct: (x, s) => -a.direct(x, s) };
  }
  if (kind === 4) {
    const a = inner();
    return { expr: not(a.expr), direct: (x, s) => (a.direct(x, s) === 0 ? 1 : 0) };
  }
  if (kind === 5) return choice(inner(), inner(), inner());
  if (kind < 8) {
    const names = grammar.whole ? wholeUnaries : unaries;
    const name = names[roll(names.length)]!;
    const a = inner();
    return { expr: unary(name, a.expr), direct: (x, s) => scalarMaths[name](a.direct(x, s), 0, 0) };
  }
  const table = grammar.whole ? wholeBinaries : binaries;
  const [name, make] = table[roll(table.length)]!;
  return name === 'pow' ? power(inner(), roll) : pair(name, make, inner(), inner());
}

function leaf(roll: Roll, { inputs, scalars, whole }: Grammar): Tree {
  const i = roll(inputs + scalars + 1);
  if (i < inputs) return { expr: input(i), direct: (x) => x[i]! };
  if (i < inputs + scalars) return { expr: scalar(i - inputs), direct: (_x, s) => s[i - inputs]! };
  const values = whole ? constants.filter((c) => Number.isInteger(c)) : constants;
  const value = values[roll(values.length)]!;
  return { expr: constant(value), direct: () => value };
}

function choice(c: Tree, a: Tree, b: Tree): Tree {
  return {
    expr: where(c.expr, a.expr, b.expr),
    direct: (x, s) => (c.direct(x, s) ? a.direct(x, s) : b.direct(x, s)),
  };
}

function pair(name: ScalarFunction, make: Maker, a: Tree, b: Tree): Tree {
  return { expr: make(a.expr, b.expr), direct: (x, s) => scalarMaths[name](a.direct(x, s), b.direct(x, s), 0) };
}

/** Small constant powers are products by definition. */
function power(a: Tree, roll: Roll): Tree {
  const exponent = [-2, -1, 0, 0.5, 1, 2, 3][roll(7)]!;
  const products: Readonly<Record<number, (v: number) => number>> = {
    [-1]: (v) => 1 / v,
    0: () => 1,
    1: (v) => v,
    2: (v) => v * v,
    3: (v) => v * (v * v),
  };
  const compute = products[exponent] ?? ((v: number) => scalarMaths.pow(v, exponent, 0));
  return { expr: pow(a.expr, exponent), direct: (x, s) => compute(a.direct(x, s)) };
}

/** The value of an expression without calls, node by node in double precision. */
export function evaluate(e: Expr, inputs: readonly number[], scalars: readonly number[]): number {
  if (e.op === 'const') return e.value;
  if (e.op === 'input') return inputs[e.value]!;
  if (e.op === 'scalar') return scalars[e.value]!;
  if (e.op === 'call') throw new Error('lower the expression first');
  const [a, b, c] = e.args.map((arg) => evaluate(arg, inputs, scalars));
  return scalarMaths[e.op](a!, b ?? 0, c ?? 0);
}
