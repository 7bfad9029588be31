/** Whole numbers in the text of kernels: variables that stay exact, quotients, and the coordinates of a thread. */
import type { LaunchBuilder, Limits } from './launch.ts';

/** Quotients below this are off by one at most before they are put right, whatever the shader's division. */
const quotientsBelow = 2 ** 21;
/** Threads that are numbered in one go. */
const threadsBelow = 2 ** 31;

/** Declares variables for whole numbers: gpu.js makes a float of any variable that is not counted up somewhere. */
export function integerVariables(...names: readonly string[]): string {
  return names.map((name) => `let ${name} = 0; ${name}++;\n`).join('');
}

/** Statements for `quotient` and `rest` of a whole number by another, rounded down, all four exact. */
export function divide(x: string, by: string, quotient: string, rest: string): string {
  return `${integerVariables(quotient, rest)}${divideInto(x, by, quotient, rest)}`;
}

/** The same for variables that are there. */
export function divideInto(x: string, by: string, quotient: string, rest: string): string {
  return `${quotient} = Math.floor((${x}) / ${by}) | 0;
${rest} = ${x} - ${quotient} * ${by};
if (${rest} < 0) { ${quotient}--; ${rest} += ${by}; }
if (${rest} >= ${by}) { ${quotient}++; ${rest} -= ${by}; }
`;
}

/** The threads of a result, and where each of them is in it. */
export interface Coordinates {
  readonly threads: readonly number[];
  /** Statements that name what has to be computed. */
  readonly statements: string;
  /** The coordinate along each dim, as text: whole numbers. */
  readonly at: readonly string[];
}

const axes = ['this.thread.x', 'this.thread.y', 'this.thread.z'];

/**
 * One thread for each element of the row-major `dims`. Up to three dims have an axis each, if they fill the 8 × 8 threads
 * of a group well; else the threads are numbered in one go, and divided.
 * @param components how many neighbours each thread gives.
 * @returns undefined where the device has too few threads.
 */
export function coordinatesOf(
  builder: LaunchBuilder,
  dims: readonly number[],
  limits: Limits,
  components: 1 | 4 = 1,
): Coordinates | undefined {
  const wide = dims.flatMap((n, d) => (n === 1 ? [] : [d])).reverse(); // innermost first
  const sizes = wide.map((d) => dims[d]!);
  const total = sizes.reduce((n, d) => n * d, 1);
  if (total * components > limits.elements) return undefined;
  const fits = (threads: readonly number[]): boolean => threads.length <= 1 || threads.every((n) => n <= limits.side);
  const divides = (from: number): boolean => {
    const shared = sizes.slice(from);
    return shared.slice(1).every((n) => n < quotientsBelow) && shared.reduce((n, d) => n * d, 1) < threadsBelow;
  };
  const filled = sizes.length <= 1 || (sizes[0]! >= 8 && sizes[1]! >= 8);
  const own = sizes.length <= 3 && fits(sizes);
  if (own && (filled || !divides(0))) return coordinates(builder, dims, wide, sizes.length);
  if (divides(0)) return coordinates(builder, dims, wide, 0);
  if (divides(2) && fits([...sizes.slice(0, 2), total / (sizes[0]! * sizes[1]!)])) {
    return coordinates(builder, dims, wide, 2);
  }
  return undefined;
}

/** The first `own` of the dims in `wide` get an axis each, the others share the next one. */
function coordinates(
  builder: LaunchBuilder,
  dims: readonly number[],
  wide: readonly number[],
  own: number,
): Coordinates {
  const at = dims.map(() => '0');
  const threads: number[] = [];
  let statements = '';
  for (let i = 0; i < own; i++) {
    at[wide[i]!] = axes[i]!;
    threads.push(dims[wide[i]!]!);
  }
  const shared = wide.slice(own).reverse(); // outermost first, so that quotients are small
  let inside = shared.reduce((n, d) => n * dims[d]!, 1);
  if (shared.length > 0) threads.push(inside);
  let rest = axes[own] ?? '0';
  for (const d of shared.slice(0, -1)) {
    inside /= dims[d]!;
    statements += divide(rest, builder.integer(inside), `at${d}`, `rest${d}`);
    at[d] = `at${d}`;
    rest = `rest${d}`;
  }
  if (shared.length > 0) at[shared.at(-1)!] = rest;
  return { threads: threads.length === 0 ? [1] : threads, statements, at };
}

/** A sum of products of whole numbers, as text: coordinates times strides, from an offset on. */
export function placeOf(
  builder: LaunchBuilder,
  at: readonly string[],
  strides: readonly number[],
  offset: number = 0,
): string {
  const terms: string[] = offset === 0 ? [] : [builder.integer(offset)];
  for (const [d, name] of at.entries()) {
    const stride = strides[d]!;
    if (stride === 0 || name === '0') continue;
    terms.push(stride === 1 ? name : `${name} * ${builder.integer(stride)}`);
  }
  return terms.length === 0 ? '0' : terms.join(' + ');
}
