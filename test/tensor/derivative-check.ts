/** Functions, such as rows of the op table, proved in forward mode and to second order, each way of computing against the others. */
import { TsgradError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { grad } from '../../src/tensor/grad.ts';
import { hvp } from '../../src/tensor/jacobian.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { jvp, vjp } from '../../src/tensor/transform.ts';
import type { OpRow } from './op-table.ts';

/** What of a row is checked. */
export type Row = Pick<OpRow, 'run' | 'inputs' | 'gradcheck'>;

/** A row at its inputs: the function of the float64 ones, where they are, and directions in which to move. */
interface Trial {
  readonly f: (...xs: Tensor[]) => Tensor;
  readonly points: readonly Tensor[];
  readonly directions: readonly Tensor[];
  /** A cotangent of the output. */
  readonly weights: Tensor;
}

function trialOf({ run, inputs }: Row): Trial {
  const all = inputs();
  const varied = all.flatMap((x, i) => (x.dtype === 'float64' ? [i] : []));
  const f = (...xs: Tensor[]): Tensor => run(...all.map((x, i) => xs[varied.indexOf(i)] ?? x));
  const generator = new Generator(7);
  const random = (shape: readonly number[]): Tensor =>
    Tensor.rand(shape, { dtype: 'float64', generator }).mul(2).sub(0.7);
  const points = varied.map((i) => all[i]!);
  return { f, points, directions: points.map((x) => random(x.shape)), weights: random(f(...points).shape) };
}

/** Those of differences, which the row may widen, and that of two ways to compute one number. */
function tolerancesOf({ gradcheck }: Row): { eps: number; atol: number; rtol: number; exact: number } {
  const { eps = 1e-6, atol = 1e-6, rtol = 1e-5 } = gradcheck;
  return { eps, atol, rtol, exact: eps > 1e-6 ? 1e-6 : 1e-10 }; // a wider step means float32 in between
}

/**
 * J·t by forward mode: against uᵀ(J·t) = (Jᵀu)ᵀt by reverse mode, and against differences along t.
 * @throws Error that names what differs.
 */
export function checkForward(row: Row): void {
  const { f, points, directions, weights } = trialOf(row);
  const { eps, atol, rtol, exact } = tolerancesOf(row);
  const [output, moved] = jvp(f, [...points], [...directions]);
  same('the value', output, f(...points));
  const [, pullback] = vjp(f, ...points);
  close('⟨u, J·t⟩ and ⟨Jᵀ·u, t⟩', dot([moved], [weights]), dot(pullback(weights), directions), exact, exact);
  close('J·t and differences', moved, slope(f, points, directions, eps), atol, rtol);
}

/**
 * H·t of ⟨u, f⟩ by forward over reverse, reverse over reverse, reverse over forward, and differences of the gradient;
 * and tᵀH·t by forward over forward.
 * @throws Error that names what differs.
 */
export function checkSecond(row: Row): void {
  const { f, points, directions, weights } = trialOf(row);
  const { eps, atol, rtol, exact } = tolerancesOf(row);
  const g = (...xs: Tensor[]): Tensor =>
    f(...xs)
      .mul(weights)
      .sum();
  const all = points.map((_, i) => i);
  const gradients = grad(g, { argnums: all });
  const along = (...xs: Tensor[]): Tensor => jvp(g, xs, [...directions])[1];
  const found = hvp(g, [...points], [...directions]);
  const reverse = grad((...xs: Tensor[]) => dot(gradients(...xs), directions), { argnums: all })(...points);
  const mixed = grad(along, { argnums: all })(...points);
  found.forEach((h, i) => {
    close(`H·t forward and reverse over reverse, input ${i}`, h, reverse[i]!, exact, exact);
    close(`H·t forward over reverse and reverse over forward, input ${i}`, h, mixed[i]!, exact, exact);
    const differences = slope((...xs) => gradients(...xs)[i]!, points, directions, eps);
    close(`H·t and differences of the gradient, input ${i}`, h, differences, atol, rtol);
  });
  const twice = jvp(along, [...points], [...directions])[1];
  close('tᵀH·t forward over forward', twice, dot(found, directions), exact, exact);
}

/** An op without a derivative: forward mode refuses it, or its tangent is 0. */
export function checkFlat(row: Row): void {
  const { f, points, directions } = trialOf(row);
  try {
    const [, moved] = jvp(f, [...points], [...directions]);
    same('the tangent', moved, Tensor.zerosLike(moved));
  } catch (error) {
    if (!(error instanceof TsgradError && error.code === 'DTYPE')) throw error;
  }
}

function dot(xs: readonly Tensor[], ys: readonly Tensor[]): Tensor {
  return xs.reduce((sum, x, i) => sum.add(x.mul(ys[i]!).sum()), Tensor.zeros([], { dtype: 'float64' }));
}

/** The central difference of f along directions. */
function slope(
  f: (...xs: Tensor[]) => Tensor,
  points: readonly Tensor[],
  directions: readonly Tensor[],
  eps: number,
): Tensor {
  const at = (by: number): Tensor => f(...points.map((x, i) => x.add(directions[i]!.mul(by))));
  return at(eps)
    .sub(at(-eps))
    .div(2 * eps);
}

function same(what: string, found: Tensor, expected: Tensor): void {
  const equal = found.dataSync().every((x, i) => Object.is(x, expected.dataSync()[i]));
  if (!equal || String(found.shape) !== String(expected.shape)) throw new Error(`${what} is ${found}, not ${expected}`);
}

function close(what: string, a: Tensor, b: Tensor, atol: number, rtol: number): void {
  if (String(a.shape) !== String(b.shape)) throw new Error(`${what}: shapes [${a.shape}] and [${b.shape}]`);
  const other = b.dataSync();
  a.dataSync().forEach((x, i) => {
    if (!(Math.abs(x - other[i]!) <= atol + rtol * Math.abs(other[i]!)))
      throw new Error(`${what} differ at element ${i}: ${x} and ${other[i]}`);
  });
}
