/** Gradients as functions: `grad` gives them instead of collecting them, `noGrad` leaves them out. */
import { GradientError } from '../core/errors.ts';
import { type BackwardOptions, backpropagate } from './autograd.ts';
import { Tensor, type TensorLike } from './tensor.ts';
import { withGrad } from './value.ts';

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** The gradient by the output; 1 if the output is a single number. */
  readonly gradient?: TensorLike;
  /** Give zeros for an input that the output does not depend on, instead of an error. */
  readonly allowUnused?: boolean;
}

/**
 * ∂output/∂input for each input; `grad` properties stay as they are.
 * @example const [d] = grad(x.pow(3).sum(), [x], { createGraph: true }); // 3x², on the tape
 */
export function grad(output: Tensor, inputs: readonly Tensor[], options: GradOptions = {}): Tensor[] {
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
