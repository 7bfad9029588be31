/** Threads over the elements of a result: three coordinates, and from them the place of each element in an array. */
import { mergeDims } from '../../src/core/layout.ts';
import type { Shape } from '../../src/core/shape.ts';
import type { LaunchBuilder } from './launch.ts';

const coordinates = ['this.thread.x', 'this.thread.y', 'this.thread.z'];

/** Whole numbers up to here are exact in the arithmetic of shaders. */
export const exactBelow: number = 2 ** 24;
/** A quotient of whole numbers below this is right when half a unit is added first. */
const dividesBelow = 2 ** 22;

/** The threads of a result, and the terms of an index into each array that is walked along with it. */
export interface Space {
  readonly threads: readonly number[];
  /** Statements that name the coordinates of dims that share a thread's z. */
  readonly statements: string;
  /** The place in array i, as text: whole numbers throughout. */
  indexOf(i: number): string;
}

/**
 * One thread for each element of `shape`; `strides` and `offsets` are those of the arrays. Dims that all arrays walk in one
 * go are merged; where more than three are left, the first ones share z, as long as that is exact.
 * @returns undefined where it is not.
 */
export function spaceOf(
  builder: LaunchBuilder,
  shape: Shape,
  strides: readonly (readonly number[])[],
  offsets: readonly number[],
): Space | undefined {
  const { dims, strides: steps } = mergeDims(shape, strides);
  if (dims.length === 0) dims.push(1);
  const shared = Math.max(0, dims.length - 2);
  const behind = dims.slice(shared).reverse(); // x and y
  const z = dims.slice(0, shared).reduce((n, d) => n * d, 1);
  const split = shared > 1;
  if (split && (z >= dividesBelow || spanOf(dims, steps) >= exactBelow)) return undefined;
  let statements = '';
  const names = new Array<string>(dims.length);
  for (let i = 0; i < behind.length; i++) names[dims.length - 1 - i] = coordinates[i]!;
  if (shared === 1) names[0] = coordinates[2]!;
  if (split) {
    let rest = coordinates[2]!;
    for (let d = shared - 1; d > 0; d--) {
      const n = builder.integer(dims[d]!);
      statements += `const r${d} = Math.floor((${rest} + 0.5) / ${n});\nconst c${d} = ${rest} - r${d} * ${n};\n`;
      rest = `r${d}`;
      names[d] = `c${d}`;
    }
    names[0] = rest;
  }
  const threads = shared > 0 ? [...behind, z] : behind;
  return {
    threads,
    statements,
    indexOf: (i) => {
      const terms: string[] = [];
      if (offsets[i] !== 0) terms.push(builder.integer(offsets[i]!));
      for (let d = dims.length - 1; d >= 0; d--) {
        const step = steps[i]?.[d] ?? 0;
        if (step === 0 || dims[d] === 1) continue;
        terms.push(step === 1 ? names[d]! : `${names[d]} * ${builder.integer(step)}`);
      }
      return terms.length === 0 ? '0' : terms.join(' + ');
    },
  };
}

/** How far apart the first and the last element of any array are. */
function spanOf(dims: readonly number[], strides: readonly (readonly number[])[]): number {
  let widest = 0;
  for (const steps of strides) {
    widest = Math.max(
      widest,
      steps.reduce((sum, step, d) => sum + Math.abs(step) * (dims[d]! - 1), 0),
    );
  }
  return widest;
}
