/** What a recurrent layer computes in one step of time: the maths that layers and cells share. */
import { add, type Expr, input, le, mul, sub, unary, where } from '../../core/expression.ts';
import { sigmoid } from '../../tensor/formulas.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** The activations of SimpleRNN. */
export type RecurrentActivation = 'tanh' | 'relu';

/**
 * One step: from the inputs' projection [B, G·H] and the states [B, H] to the next states, the output first.
 * Where `real` (bool [B, H]) is false the states stay.
 */
export type Step = (projected: Tensor, states: readonly Tensor[], real?: Tensor) => readonly Tensor[];

/** One kind of recurrence. */
export interface StepKind {
  /** How many blocks of H rows its weights have. */
  readonly gates: number;
  /** How many states it carries from step to step, the output among them. */
  readonly states: number;
  /** Of the two biases, what is added to the projection of the inputs, all steps at once. */
  inputBias(biasIh: Tensor, biasHh: Tensor): Tensor;
  /** The step for these weights, [G·H, H] and [G·H], and this batch. */
  start(weightHh: Tensor, biasHh: Tensor | undefined, batch: number): Step;
}

const [first, second, third, fourth, fifth] = [0, 1, 2, 3, 4].map(input) as [Expr, Expr, Expr, Expr, Expr];

/** An expression, and the one that keeps a state where the input `real` is false. */
interface Kept {
  readonly always: Expr;
  readonly masked: Expr;
}

function kept(always: Expr, state: Expr, real: Expr): Kept {
  return { always, masked: where(real, always, state) };
}

/** The formula over `inputs`; `state` is what stays where `real` is false, unless it is the last input anyway. */
function compute(
  formula: Kept,
  [x, ...others]: readonly [Tensor, ...Tensor[]],
  real: Tensor | undefined,
  state?: Tensor,
): Tensor {
  if (!real) return x.map(formula.always, others);
  return x.map(formula.masked, state ? [...others, state, real] : [...others, real]);
}

// inputs: projection, product, state, real
const total = add(first, second);
const simple: Readonly<Record<RecurrentActivation, Kept>> = {
  tanh: kept(unary('tanh', total), third, fourth),
  relu: kept(where(le(total, 0), 0, total), third, fourth),
};

/** hₜ = act(Wx + b + Uh + c) (Elman 1990). */
export function simpleStep(activation: RecurrentActivation): StepKind {
  const formula = simple[activation];
  return {
    gates: 1,
    states: 1,
    inputBias: (biasIh, biasHh) => biasIh.add(biasHh),
    start: (weightHh) => {
      const weight = weightHh.transpose();
      return (projected, [h], real) => [compute(formula, [projected, h!.matmul(weight)], real, h)];
    },
  };
}

// gates i, f, g, o; inputs: i, f, g, state, real, and: o, new cell state, state, real
const memory = kept(add(mul(sigmoid(second), fourth), mul(sigmoid(first), unary('tanh', third))), fourth, fifth);
const exposure: Kept = kept(mul(sigmoid(first), unary('tanh', second)), third, fourth);

/** c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′) (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000). */
export const lstmStep: StepKind = {
  gates: 4,
  states: 2,
  inputBias: (biasIh, biasHh) => biasIh.add(biasHh),
  start: (weightHh) => {
    const weight = weightHh.transpose();
    return (projected, [h, c], real) => {
      const [i, f, g, o] = projected.add(h!.matmul(weight)).chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
      const next = compute(memory, [i, f, g, c!], real);
      return [compute(exposure, [o, next], real, h), next];
    };
  },
};

// inputs: r, z, the new state's projection and its product, state, real
const proposed = unary('tanh', add(third, mul(sigmoid(first), fourth)));
const updated = kept(add(proposed, mul(sigmoid(second), sub(fifth, proposed))), fifth, input(5));

/** r, z = σ(Wx + b + Uh + c), n = tanh(Wx + b + r·(Uh + c)), h′ = (1 − z)·n + z·h (Cho et al. 2014, reset after). */
export const gruStep: StepKind = {
  gates: 3,
  states: 1,
  // of n the second bias stands inside the product with r
  inputBias: (biasIh, biasHh) => {
    const hidden = biasHh.shape[0]! / 3;
    return biasIh.add(biasHh.narrow(0, 0, 2 * hidden).pad([[0, hidden]]));
  },
  start: (weightHh, biasHh, batch) => {
    const weight = weightHh.transpose();
    const hidden = weightHh.shape[1]!;
    // once for all steps, so that its gradient is summed once
    const bias = biasHh?.narrow(0, 2 * hidden, hidden).expand([batch, hidden]);
    return (projected, [h], real) => {
      const product = h!.matmul(weight);
      const [r, z] = projected
        .narrow(1, 0, 2 * hidden)
        .add(product.narrow(1, 0, 2 * hidden))
        .chunk(2, 1);
      const fresh = projected.narrow(1, 2 * hidden, hidden);
      const carried = product.narrow(1, 2 * hidden, hidden);
      return [compute(updated, [r!, z!, fresh, bias ? carried.add(bias) : carried, h!], real)];
    };
  },
};
