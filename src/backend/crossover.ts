/** From how much work on the WASM engine wins over the plain loops, the copies to and from its heap included. */
import { visit } from '../core/expression.ts';
import type { Formula } from '../core/formula.ts';

/** Measured by bench/crossover.ts on one thread of a Zen 5 core under Node 24. */
export const crossover = {
  /** Multiplications of a matrix product. */
  matmul: 4_096,
  /** Multiplications of a convolution. */
  conv: 5_000,
  /** Elements of a map times its weight. */
  map: 16_384,
  /** Elements of a sum or maximum along the last dim, and along others only, which suits the plain loops less. */
  reduce: 8_192,
  reduceAcross: 2_048,
  /** Elements that are gathered, scattered, folded, placed, searched or summed up. */
  move: 4_096,
  /** Elements that are drawn. */
  random: 256,
} as const;

const transcendental = 32;

/**
 * What a function costs the plain loops beside reading and writing an element, which is 1; 0 for those that are not here
 * nor transcendental. A choice between two numbers is a branch there, which goes wrong half the time on real data.
 */
const weights: Readonly<Record<string, number>> = { where: 8, sqrt: 10, rsqrt: 12, div: 2, round: 2, sign: 2 };
const cheap: ReadonlySet<string> = new Set(
  'input scalar const neg abs floor ceil trunc add sub mul max min lt le eq ne and'.split(' '),
);

const known: number[] = [];

/** How many times the work of copying an element a formula is, in the plain loops. */
export function mapWeight(formula: Formula): number {
  let weight = known[formula.id];
  if (weight === undefined) {
    weight = 1;
    visit(formula.body, ({ op }) => {
      if (!cheap.has(op)) weight! += weights[op] ?? transcendental;
    });
    known[formula.id] = weight;
  }
  return weight;
}
