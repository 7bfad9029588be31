/** Formulas as text for gpu.js: float32 arithmetic of the device, with the functions that shaders lack written out. */
import type { Expr } from '../../src/core/expression.ts';
import type { ScalarFunction } from '../../src/core/scalar-maths.ts';

/** Statements that name what is used twice or has to be a variable, and the expression of the result. */
export interface Printed {
  readonly statements: string;
  readonly result: string;
}

const infix: Partial<Record<ScalarFunction, string>> = { add: '+', sub: '-', mul: '*', div: '/' };
const comparison: Partial<Record<ScalarFunction, string>> = { lt: '<', le: '<=', eq: '===', ne: '!==' };
const infinity = '3.4028234e38'; // shaders have no literal for it

/** @param leaf the text of an input or scalar. */
export function printShader(body: Expr, leaf: (e: Expr) => string): Printed {
  const names = new Map<Expr, string>();
  let statements = '';
  const show = (e: Expr): string => {
    if (e.op === 'const') return numberText(e.value);
    const known = names.get(e);
    if (known) return known;
    const text = e.op === 'input' || e.op === 'scalar' ? leaf(e) : call(e.op as ScalarFunction, e.args.map(show));
    const name = `t${names.size}`;
    names.set(e, name);
    statements += `const ${name} = ${text};\n`;
    return name;
  };
  const result = show(body);
  return { statements, result };
}

function call(op: ScalarFunction, args: readonly string[]): string {
  const [a, b, c] = args;
  if (infix[op]) return `${a} ${infix[op]} ${b}`;
  if (comparison[op]) return `${a} ${comparison[op]} ${b} ? 1.0 : 0.0`;
  switch (op) {
    case 'neg':
      return `-${a}`;
    case 'and':
      return `${a} !== 0.0 && ${b} !== 0.0 ? 1.0 : 0.0`;
    case 'where':
      return `${a} !== 0.0 ? ${b} : ${c}`;
    case 'rsqrt':
      return `1.0 / Math.sqrt(${a})`;
    case 'pow':
      return `Math.pow(${a}, ${b})`;
    default:
      return `Math.${op}(${args.join(', ')})`;
  }
}

/** A number with a point, so that it is no whole number to gpu.js. */
export function numberText(value: number): string {
  if (value === Infinity) return infinity;
  if (value === -Infinity) return `(-${infinity})`;
  const text = String(Math.fround(value));
  const float = /[.e]/.test(text) ? text : `${text}.0`;
  return value < 0 || Object.is(value, -0) ? `(${float})` : float;
}
