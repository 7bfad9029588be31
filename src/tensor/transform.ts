/** Derivatives of functions: each takes a function of tensors and gives its derivative as a function or a product. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import { Linearization, primalOf, type TensorFunction, vectorOf } from './linearization.ts';
import { Tensor, type TensorLike } from './tensor.ts';

/** For each argument of a function of tensors, a tensor or what becomes one. */
export type Arguments<A extends readonly Tensor[]> = { [K in keyof A]: TensorLike };

/** A tensor for each argument of a function of tensors. */
export type PerArgument<A extends readonly Tensor[]> = { [K in keyof A]: Tensor };

/** Options of `grad` and `valueAndGrad` of a function. */
export interface ArgumentOptions {
  /** By which arguments: one gives a gradient, a list gives a list. The first if left out. */
  readonly argnums?: number | readonly number[];
}

/**
 * A function that gives the value of `f`, which must be a single number, and its gradient by an argument. `grad`
 * properties stay as they are. Where an argument, or a tensor that `f` closes over, requires gradients, so does the
 * result; `noGrad(() => …)` around the call spares that.
 * @throws DtypeError for an argument that is no float; ShapeError if `f` gives more than one number.
 * @example const [loss, g] = valueAndGrad((w: Tensor) => x.matmul(w).square().mean())(w);
 */
export function valueAndGrad<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  options?: { readonly argnums?: number },
): (...xs: Arguments<A>) => [value: Tensor, gradient: Tensor];
export function valueAndGrad<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  options: { readonly argnums: readonly number[] },
): (...xs: Arguments<A>) => [value: Tensor, gradients: Tensor[]];
export function valueAndGrad(
  f: TensorFunction,
  options: ArgumentOptions = {},
): (...xs: TensorLike[]) => [Tensor, Tensor | Tensor[]] {
  return (...xs) => gradientOf('valueAndGrad', f, options, xs);
}

/** @internal The value of f and its gradients by the arguments that the options name. */
export function gradientOf(
  where: string,
  f: TensorFunction,
  { argnums = 0 }: ArgumentOptions,
  xs: readonly TensorLike[],
): [Tensor, Tensor | Tensor[]] {
  const chosen = positionsOf(where, argnums, xs.length);
  const all = xs.map((x, i) => (chosen.includes(i) ? primalOf(where, x, i) : x instanceof Tensor ? x : Tensor.from(x)));
  const along: TensorFunction = (...ps) => f(...all.map((x, i) => ps[chosen.indexOf(i)] ?? x));
  const line = new Linearization(
    where,
    along,
    chosen.map((i) => all[i]!),
  );
  const { output } = line;
  if (output.size !== 1) {
    throw new ShapeError(
      `${where}: the function must return a single number; got shape ${shapeText(output.shape)}; take sum() or mean(), or use vjp or jacobian`,
    );
  }
  const gradients = line.pull(Tensor.onesLike(output), false);
  return [output, typeof argnums === 'number' ? gradients[0]! : gradients];
}

function positionsOf(where: string, argnums: number | readonly number[], count: number): number[] {
  const listed = typeof argnums === 'number' ? [argnums] : argnums;
  const positions = listed.map((i) => (i < 0 ? i + count : i));
  if (
    positions.some((i) => !Number.isInteger(i) || i < 0 || i >= count) ||
    new Set(positions).size !== positions.length
  ) {
    throw new ArgumentError(
      `${where}: argnums must name arguments, each once; got ${JSON.stringify(argnums)} for ${count} arguments`,
    );
  }
  return positions;
}

/**
 * The value of `f` and its vector-Jacobian product (reverse mode): a function that takes a cotangent, of the output's
 * shape, to a gradient by each argument. It can be called any number of times.
 * @example
 * const [y, pullback] = vjp((x: Tensor, w: Tensor) => x.matmul(w), x, w);
 * const [dx, dw] = pullback(Tensor.onesLike(y));
 */
export function vjp<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  ...primals: Arguments<A>
): [output: Tensor, pullback: (cotangent: TensorLike) => PerArgument<A>] {
  const line = new Linearization(
    'vjp',
    f as TensorFunction,
    primals.map((x, i) => primalOf('vjp', x, i)),
  );
  const { output } = line;
  return [
    output,
    (cotangent) => line.pull(vectorOf('vjp', 'the cotangent', cotangent, output), true) as PerArgument<A>,
  ];
}

/**
 * The value of `f` and its Jacobian-vector product (forward mode): how the output moves when the arguments move along
 * the tangents, which have their shapes.
 * @example const [y, dy] = jvp((x: Tensor) => x.sin(), [x], [1]); // cos x
 */
export function jvp<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  primals: Arguments<A>,
  tangents: Arguments<A>,
): [output: Tensor, tangent: Tensor] {
  if (tangents.length !== primals.length) {
    throw new ArgumentError(
      `jvp: needs a tangent for each argument; got ${tangents.length} for ${primals.length} arguments`,
    );
  }
  const points = primals.map((x, i) => primalOf('jvp', x, i));
  const directions = tangents.map((t, i) => vectorOf('jvp', `tangent ${i}`, t, points[i]!));
  const line = new Linearization('jvp', f as TensorFunction, points);
  return [line.output, line.push(directions)];
}
