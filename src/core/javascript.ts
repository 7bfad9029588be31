/** Formulas as JavaScript text: for loops that are compiled at run time, on the CPU and (through gpu.js) on the GPU. */
import type { Expr } from './expression.ts';
import { booleanFunctions, type ScalarFunction } from './scalar-maths.ts';

/** The arithmetic that a formula is computed in: every operation rounds to it. */
export type Arithmetic = 'float32' | 'float64' | 'int32';

/** Statements that name what is used twice, and the expression of the result. */
export interface Printed {
  readonly statements: string;
  readonly result: string;
}

const infix: Partial<Record<ScalarFunction, string>> = { add: '+', sub: '-', mul: '*', div: '/', fmod: '%' };
const comparison: Partial<Record<ScalarFunction, string>> = { lt: '<', le: '<=', eq: '===', ne: '!==' };
/** Those that JavaScript's Math has with the same meaning. */
const inMath: ReadonlySet<string> = new Set(
  'abs floor ceil trunc exp expm1 log log2 log10 log1p sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh max min atan2'.split(
    ' ',
  ),
);
/** Those that give a float32 when they are given float32s. */
const exact: ReadonlySet<string> = new Set([
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'trunc',
  'round',
  'max',
  'min',
  'where',
]);

/**
 * Prints a formula's body (without calls).
 * @param leaf the text of an input or scalar.
 * Functions that Math lacks are written `H.name(…)`: H is the table `scalarMaths`.
 */
export function printJavaScript(body: Expr, arithmetic: Arithmetic, leaf: (e: Expr) => string): Printed {
  const uses = new Map<Expr, number>();
  const count = (e: Expr): void => {
    const n = uses.get(e) ?? 0;
    uses.set(e, n + 1);
    if (n === 0) e.args.forEach(count);
  };
  count(body);
  const names = new Map<Expr, string>();
  let statements = '';
  const show = (e: Expr): string => {
    const known = names.get(e);
    if (known) return known;
    if (e.op === 'const') return numberText(arithmetic === 'float32' ? Math.fround(e.value) : e.value);
    const text =
      e.op === 'input' || e.op === 'scalar'
        ? leaf(e)
        : round(e.op as ScalarFunction, call(e, show, arithmetic), arithmetic);
    if (uses.get(e) === 1) return text;
    const name = `t${names.size}`;
    names.set(e, name);
    statements += `const ${name}=${text};`;
    return name;
  };
  const result = show(body);
  return { statements, result };
}

function call(e: Expr, show: (e: Expr) => string, arithmetic: Arithmetic): string {
  const op = e.op as ScalarFunction;
  const args = e.args.map(show);
  const [a, b, c] = args;
  if (op === 'mul' && arithmetic === 'int32') return `Math.imul(${a},${b})`; // all 64 bits of the product count
  if (infix[op]) return `(${a}${infix[op]}${b})`;
  if (comparison[op]) return `(${a}${comparison[op]}${b}?1:0)`;
  if (op === 'neg') return `(-${a})`;
  if (op === 'and') return `(${a}&&${b}?1:0)`;
  if (op === 'where') return `(${a}?${b}:${c})`;
  if (op === 'rsqrt') return `(1/Math.sqrt(${a}))`;
  return `${inMath.has(op) ? 'Math' : 'H'}.${op}(${args.join(',')})`;
}

function round(op: ScalarFunction, text: string, arithmetic: Arithmetic): string {
  if (booleanFunctions.has(op) || arithmetic === 'float64' || op === 'where') return text;
  if (arithmetic === 'float32') return exact.has(op) ? text : `Math.fround(${text})`;
  return `(${text}|0)`;
}

function numberText(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? '-0' : value})` : String(value);
}
