/** Gradients as functions: `grad` gives them instead of collecting them, `noGrad` leaves them out. */
import { ArgumentError, GradientError } from '../core/errors.ts';
import { type BackwardOptions, backpropagate } from './autograd.ts';
import type { TensorFunction } from './linearization.ts';
import { Tensor, type TensorLike } from './tensor.ts';
import { type ArgumentOptions, type Arguments, gradientOf } from './transform.ts';
import { withGrad } from './value.ts';

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** The gradient by the output; 1 if the output is a single number. */
  readonly gradient?: TensorLike;
  /** Give zeros for an input that the output does not depend on, instead of an error. */
  readonly allowUnused?: boolean;
}

/**
 * The gradient of a function as a function, by the first argument or those that `argnums` names; or ∂output/∂input for
 * each input of what has been computed. `grad` properties stay as they are.
 * @throws GradientError if an output does not depend on an input (a function's gradient is then 0).
 * @example grad((x: Tensor) => x.pow(3).sum())([1, 2]); // 3x²: [3, 12]
 * @example const [d] = grad(x.pow(3).sum(), [x], { createGraph: true }); // 3x², on the tape
 */
export function grad<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  options?: { readonly argnums?: number },
): (...xs: Arguments<A>) => Tensor;
export function grad<A extends Tensor[]>(
  f: (...xs: A) => Tensor,
  options: { readonly argnums: readonly number[] },
): (...xs: Arguments<A>) => Tensor[];
export function grad(output: Tensor, inputs: readonly Tensor[], options?: GradOptions): Tensor[];
export function grad(
  subject: Tensor | TensorFunction,
  second: ArgumentOptions | readonly Tensor[] = {},
  options: GradOptions = {},
): Tensor[] | ((...xs: TensorLike[]) => Tensor | Tensor[]) {
  if (typeof subject === 'function') {
    if (isList(second))
      throw new ArgumentError('grad: of a function takes options, not inputs; call grad(f)(...inputs)');
    return (...xs) => gradientOf('grad', subject, second, xs)[1];
  }
  if (!isList(second)) throw new ArgumentError('grad: of an output needs a list of inputs; call grad(output, [input])');
  return gradientsByInputs(subject, second, options);
}

function isList(x: ArgumentOptions | readonly Tensor[]): x is readonly Tensor[] {
  return Array.isArray(x);
}

function gradientsByInputs(output: Tensor, inputs: readonly Tensor[], options: GradOptions): Tensor[] {
  const edges = inputs.map((x, i) => {
    if (!x.node)
      throw new GradientError(`grad: input ${i} does not require gradients; set requiresGrad before it is used`);
    return x.node;
  });
  const seed = options.gradient === undefined ? undefined : output.lift('grad', options.gradient);
  const reached = backpropagate<Tensor>(output, seed, options, new Set(edges));
  return edges.map((edge, i) => {
    const g = reached.get(edge);
    if (g) return g;
    if (options.allowUnused) return Tensor.zerosLike(inputs[i]!);
    throw new GradientError(`grad: the output does not depend on input ${i}; pass allowUnused: true to get zeros`);
  });
}

/** Runs `f` without writing a tape: faster, and nothing in it has a gradient. */
export function noGrad<R>(f: () => R): R {
  return withGrad(false, f);
}

/** Runs `f` with the tape on, inside `noGrad`. */
export function enableGrad<R>(f: () => R): R {
  return withGrad(true, f);
}
