/** What becomes of finished sums before they are stored: a bias is added, and a formula applied. */
import type { Formula } from '../../src/core/formula.ts';
import { printFormula } from './formula.ts';
import type { LaunchBuilder } from './launch.ts';

/** What becomes of finished results; the bias is the third operand. */
export interface Finish {
  readonly bias: boolean;
  /** Of one input and without scalars. */
  readonly formula: Formula | undefined;
}

/**
 * Statements that put each of these variables in its final state.
 * @param bias the text of the bias of each; none is added if left out.
 */
export function finish(
  builder: LaunchBuilder,
  sums: readonly string[],
  formula: Formula | undefined,
  bias: readonly string[] | undefined,
): string {
  let text = '';
  for (const [i, sum] of sums.entries()) {
    if (bias) text += `${sum} += ${bias[i]};\n`;
    if (!formula) continue;
    const printing = { isInt: false, dtype: 'float32', prefix: `f${i}t` } as const;
    const { statements, result } = printFormula(builder, formula.body, printing, () => sum);
    text += `${statements}${sum} = ${result};\n`;
  }
  return text;
}

/** Stores one result, or neighbours at once. */
export function store(sums: readonly string[]): string {
  return `return ${sums.length === 1 ? sums[0] : `[${sums.join(', ')}]`};`;
}

/** Several parts of each result, which were computed apart: how they lie in their launch. */
export interface Parts {
  readonly launch: number;
  /** How many there are of each. */
  readonly count: number;
  /** How far apart they are: the results' number. */
  readonly step: number;
}

/** Adds the parts of results up; `at` is the text of the first result's place, of as many as there are in `sums`. */
export function addParts(
  builder: LaunchBuilder,
  { launch, count, step }: Parts,
  at: string,
  sums: readonly string[],
): string {
  const [array, n, s] = [builder.array({ launch }), builder.integer(count), builder.integer(step)];
  const declared = sums.map((sum) => `let ${sum} = 0.0;\n`).join('');
  const added = sums.map((sum, i) => `${sum} += ${array}[${at}${i > 0 ? ` + ${i}` : ''} + p * ${s}];\n`).join('');
  return `${declared}for (let p = 0; p < ${n}; p++) {\n${added}}\n`;
}
