/** Formulas as text for gpu.js: float32 arithmetic of the device, or whole numbers that are held in floats. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Expr } from '../../src/core/expression.ts';
import type { ScalarFunction } from '../../src/core/scalar-maths.ts';
import { Code } from './code.ts';
import type { LaunchBuilder } from './launch.ts';
import { shaderMaths, trunc, type Written } from './maths.ts';
import { intPow } from './power.ts';

/** Statements, and the name or literal of the result. */
export interface Printed {
  readonly statements: string;
  readonly result: string;
}

/** Those whose result is whole where their operands are. */
const whole: ReadonlySet<string> = new Set<ScalarFunction>(
  'neg abs sign floor ceil trunc round add sub mul max min lt le eq ne and where'.split(' ') as ScalarFunction[],
);

/** What int32 computes its own way; every other result that is no whole number is cut towards zero. */
const intMaths: Partial<Record<ScalarFunction, Written>> = { div: intDiv, fmod: intMod, pow: intPow };

/** What a formula is computed in, and stored as. */
export interface Printing {
  /** Whether it is computed in whole numbers, as `arithmeticOf` says. */
  readonly isInt: boolean;
  readonly dtype: Dtype;
  /** What the names begin with; another one for each formula of a kernel. */
  readonly prefix?: string;
}

/**
 * A formula's body as statements.
 * @param leaf the text of an input or scalar.
 */
export function printFormula(
  builder: LaunchBuilder,
  body: Expr,
  { isInt, dtype, prefix = 't' }: Printing,
  leaf: (e: Expr) => string,
): Printed {
  const code = new Code((value) => builder.float(value), prefix);
  const result = write(code, body, isInt, leaf);
  const stored = dtype === 'int32' && !isInt ? code.hold(trunc(code, result)) : result;
  return { statements: code.statements, result: stored };
}

/** Writes the statements of a body, and gives the name or literal of its result. */
function write(code: Code, body: Expr, isInt: boolean, leaf: (e: Expr) => string): string {
  const names = new Map<Expr, string>();
  const show = (e: Expr): string => {
    if (e.op === 'const') return code.number(e.value);
    let name = names.get(e);
    if (!name) {
      name = code.hold(e.op === 'input' || e.op === 'scalar' ? leaf(e) : call(code, e, isInt, e.args.map(show)));
      names.set(e, name);
    }
    return name;
  };
  return show(body);
}

function call(code: Code, e: Expr, isInt: boolean, [a = '', b = '', d = '']: readonly string[]): string {
  const op = e.op as ScalarFunction;
  if (!isInt) return shaderMaths[op](code, a, b, d);
  const own = intMaths[op];
  if (own) return own(code, a, b, d);
  const text = shaderMaths[op](code, a, b, d);
  return whole.has(op) ? text : trunc(code, code.hold(text));
}

/** a/b cut towards zero, 0 for b = 0: a quotient of shaders may be off in its last place, so it is put right. */
function intDiv(code: Code, a: string, b: string): string {
  const { quotient } = divide(code, a, b);
  const signed = code.hold(`(${a} < 0.0) !== (${b} < 0.0) ? -${quotient} : ${quotient}`);
  return `${b} === 0.0 ? 0.0 : ${signed}`;
}

/** The remainder with the sign of a. */
function intMod(code: Code, a: string, b: string): string {
  const { rest } = divide(code, a, b);
  const signed = code.hold(`${a} < 0.0 ? -${rest} : ${rest}`);
  return `${b} === 0.0 ? 0.0 : ${signed}`;
}

function divide(code: Code, a: string, b: string): { readonly quotient: string; readonly rest: string } {
  const [top, base] = [code.hold(`Math.abs(${a})`), code.hold(`Math.abs(${b})`)];
  const guess = code.hold(`Math.floor(${top} / ${base})`);
  const left = code.hold(`${top} - ${guess} * ${base}`);
  const off = code.hold(`${left} >= ${base} ? 1.0 : (${left} < 0.0 ? -1.0 : 0.0)`);
  return { quotient: code.hold(`${guess} + ${off}`), rest: code.hold(`${left} - ${off} * ${base}`) };
}
