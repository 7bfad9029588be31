/** Formulas as people write them, for `explain`. */
import type { Expr } from '../core/expression.ts';
import type { Formula } from '../core/formula.ts';
import type { RowProgram } from '../core/row-program.ts';

const infix: Readonly<Record<string, string>> = {
  ...{ add: '+', sub: '-', mul: '*', div: '/', lt: '<', le: '<=', eq: '==', ne: '!=', and: '&' },
};
const mostSigns = 100;

/** A formula of things with these names and of these numbers; what is longer than a line ends in dots. */
export function formulaText({ body }: Formula, names: readonly string[], scalars: readonly number[]): string {
  let left = mostSigns;
  const take = (text: string): string => {
    left -= text.length;
    return text;
  };
  const show = (e: Expr, isInner: boolean): string => {
    if (left <= 0) return '…';
    if (e.op === 'input') return take(names[e.value]!);
    if (e.op === 'const' || e.op === 'scalar') return take(rounded(e.op === 'const' ? e.value : scalars[e.value]!));
    const sign = infix[e.op];
    if (!sign) return `${take(e.op)}(${e.args.map((a) => show(a, false)).join(', ')})`;
    const text = `${show(e.args[0]!, true)} ${take(sign)} ${show(e.args[1]!, true)}`;
    return isInner ? `(${text})` : text;
  };
  return show(body, false);
}

/** A row program stage by stage, those that are stored with the number of the result: `a = max %3; b → 0 = exp(%3 - a)`. */
export function rowsText({ stages, scalars, results }: RowProgram, names: readonly string[]): string {
  const known = [...names];
  const texts = stages.map((stage, s) => {
    const read = stage.reads.map((v) => known[v]!);
    const name = letters(s);
    known.push(name);
    const result = results.indexOf(s);
    const target = result < 0 ? name : `${name} → ${result}`;
    if (stage.op === 'pick') return `${target} = ${read[0]}[${read[1]}]`;
    if (stage.op === 'spread') return `${target} = ${read[0]} at ${read[1]}`;
    const text = formulaText(stage.formula, read, scalars);
    return `${target} = ${stage.op === 'sum' || stage.op === 'max' ? `${stage.op} of ${text}` : text}`;
  });
  return texts.join('; ');
}

/** a, b, … z, aa, ab, … */
function letters(n: number): string {
  const last = String.fromCharCode(97 + (n % 26));
  return n < 26 ? last : letters(Math.floor(n / 26) - 1) + last;
}

function rounded(x: number): string {
  return numberText(Number(x.toPrecision(6)));
}

/** A number in words that no other one has. */
export function numberText(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}
