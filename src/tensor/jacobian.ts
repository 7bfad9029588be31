/** Whole derivatives: Jacobians, Hessians, and products of a Hessian with a vector. */
import { ArgumentError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { Linearization, primalOf, type TensorFunction, vectorOf } from './linearization.ts';
import { Tensor, type TensorLike } from './tensor.ts';
import { gradientOf, type PerArgument } from './transform.ts';

/** Options of `jacobian`. */
export interface JacobianOptions {
  /** A pass per output (reverse), per input (forward), or whichever is less; the result is the same. */
  readonly mode?: 'auto' | 'forward' | 'reverse';
}

/**
 * ∂f/∂x: of f: [n..] → [m..] all derivatives [m.., n..], in x's dtype. With a list of tensors `f` takes them as
 * arguments, and there is a Jacobian for each. What f does not depend on gives zeros.
 * @example jacobian((x) => x.square(), [1, 2]); // [[2, 0], [0, 4]]
 */
export function jacobian(f: (x: Tensor) => Tensor, x: TensorLike, options?: JacobianOptions): Tensor;
export function jacobian<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  xs: readonly [...A],
  options?: JacobianOptions,
): PerArgument<A>;
export function jacobian(
  f: TensorFunction,
  x: TensorLike | readonly Tensor[],
  { mode = 'auto' }: JacobianOptions = {},
): Tensor | Tensor[] {
  if (mode !== 'auto' && mode !== 'forward' && mode !== 'reverse') {
    throw new ArgumentError(`jacobian: the mode must be auto, forward or reverse; got ${JSON.stringify(mode)}`);
  }
  const out = jacobians('jacobian', f, primalsOf('jacobian', x), mode);
  return isList(x) ? out : out[0]!;
}

/**
 * The second derivatives of a function that gives a single number: [n.., n..] for x of [n..]. With a list of tensors `f`
 * takes them as arguments, and `h[i][j]` is [nᵢ.., nⱼ..]. By forward mode over reverse mode.
 * @example hessian((x) => x.pow(3).sum(), [1, 2]); // [[6, 0], [0, 12]]
 */
export function hessian(f: (x: Tensor) => Tensor, x: TensorLike): Tensor;
export function hessian<A extends Tensor[]>(f: (...xs: A) => Tensor, xs: readonly [...A]): Tensor[][];
export function hessian(f: TensorFunction, x: TensorLike | readonly Tensor[]): Tensor | Tensor[][] {
  const primals = primalsOf('hessian', x);
  const columns = jacobians('hessian', flatGradient('hessian', f), primals, 'forward'); // [Σn, nⱼ..] each
  const blocks = columns.map((column, j) => parted(column, primals, primals[j]!.shape));
  return isList(x) ? primals.map((_, i) => blocks.map((parts) => parts[i]!)) : blocks[0]![0]!;
}

/**
 * The Hessian of a function that gives a single number, times `v` of x's shape, in about the time of two gradients and
 * without the Hessian: forward mode over reverse mode.
 * @example hvp((x) => x.pow(3).sum(), [1, 2], [1, 1]); // 6x·v: [6, 12]
 */
export function hvp(f: (x: Tensor) => Tensor, x: TensorLike, v: TensorLike): Tensor;
export function hvp<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  xs: readonly [...A],
  vs: { readonly [K in keyof A]: TensorLike },
): PerArgument<A>;
export function hvp(
  f: TensorFunction,
  x: TensorLike | readonly Tensor[],
  v: TensorLike | readonly TensorLike[],
): Tensor | Tensor[] {
  const primals = primalsOf('hvp', x);
  const list = isList(x) ? (v as readonly TensorLike[]) : [v as TensorLike];
  if (list.length !== primals.length)
    throw new ArgumentError(`hvp: needs a vector for each input; got ${list.length} for ${primals.length} inputs`);
  const vectors = list.map((part, i) => vectorOf('hvp', `vector ${i}`, part, primals[i]!));
  const product = new Linearization('hvp', flatGradient('hvp', f), primals).push(vectors);
  const parts = parted(product, primals, []);
  return isList(x) ? parts : parts[0]!;
}

/** Tensors in a list are inputs; numbers in a list are the elements of one. */
function isList(x: TensorLike | readonly Tensor[]): x is readonly Tensor[] {
  return Array.isArray(x) && x[0] instanceof Tensor;
}

function primalsOf(where: string, x: TensorLike | readonly Tensor[]): Tensor[] {
  return (isList(x) ? x : [x]).map((part, i) => primalOf(where, part, i));
}

/** The gradients by all arguments, flattened and joined: [Σn]. */
function flatGradient(where: string, f: TensorFunction): TensorFunction {
  return (...xs) => {
    const [, gradients] = gradientOf(where, f, { argnums: xs.map((_, i) => i) }, xs);
    return Tensor.concat((gradients as Tensor[]).map((g) => g.flatten()));
  };
}

/** [Σn, m..] as [n.., m..] for each input. */
function parted(joined: Tensor, primals: readonly Tensor[], rest: readonly number[]): Tensor[] {
  const sizes = primals.map((x) => x.size);
  return joined.split(sizes).map((part, i) => part.reshape([...primals[i]!.shape, ...rest]).cast(primals[i]!.dtype));
}

function jacobians(
  where: string,
  f: TensorFunction,
  primals: readonly Tensor[],
  mode: 'auto' | 'forward' | 'reverse',
): Tensor[] {
  const line = new Linearization(where, f, primals);
  const inputs = primals.reduce((sum, x) => sum + x.size, 0);
  const forward = mode === 'forward' || (mode === 'auto' && inputs <= line.output.size);
  return forward ? primals.map((x, i) => columns(line, primals, i).cast(x.dtype)) : rows(line, primals);
}

/** By forward mode: a pass per element of input i gives a column. */
function columns(line: Linearization, primals: readonly Tensor[], i: number): Tensor {
  const shape = [...line.output.shape, ...primals[i]!.shape];
  const { dtype, device } = line.output;
  if (sizeOf(shape) === 0) return Tensor.zeros(shape, { dtype, device });
  const found = basis(primals[i]!).map((e) => line.push(primals.map((_, k) => (k === i ? e : undefined))));
  return Tensor.stack(found, -1).reshape(shape);
}

/** By reverse mode: a pass per element of the output gives a row for every input. */
function rows(line: Linearization, primals: readonly Tensor[]): Tensor[] {
  const found = basis(line.output).map((e) => line.pull(e, true));
  return primals.map((x, i) => {
    const shape = [...line.output.shape, ...x.shape];
    if (sizeOf(shape) === 0) return Tensor.zeros(shape, { dtype: x.dtype, device: x.device });
    return Tensor.stack(found.map((parts) => parts[i]!)).reshape(shape);
  });
}

/** Each with one 1, else 0, of the shape and dtype of x, where x is. */
function basis(x: Tensor): Tensor[] {
  return Tensor.eye(x.size, x.size, { dtype: x.dtype, device: x.device })
    .unbind(0)
    .map((e) => e.reshape(x.shape));
}
