/** The simple recurrent layer. */
import { ArgumentError } from '../../core/errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Recurrent, type RecurrentOptions } from './recurrent.ts';
import { type RecurrentActivation, simpleStep } from './step.ts';

/** Options of SimpleRNN. */
export interface SimpleRNNOptions extends RecurrentOptions {
  readonly activation?: RecurrentActivation;
}

/**
 * hₜ = tanh(Wᵢₕ·xₜ + bᵢₕ + Wₕₕ·hₜ₋₁ + bₕₕ) over sequences [B, T, D] → [B, H], or [B, T, H] with `returnSequences`
 * (Elman 1990). Parameters are named as in PyTorch: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, ….
 * @example new nn.SimpleRNN(64).forward(x, { lengths: [5, 3] }) // [2, T, D] → [2, 64]
 */
export class SimpleRNN extends Recurrent<Tensor> {
  readonly activation: RecurrentActivation;

  constructor(hidden: number, options: SimpleRNNOptions = {}) {
    const { activation = 'tanh' } = options;
    super('SimpleRNN', hidden, simpleStep(checkActivation('SimpleRNN', activation)), options);
    this.activation = activation;
  }

  /** @internal */
  protected pack(states: readonly Tensor[]): Tensor {
    return states[0]!;
  }

  /** @internal */
  protected unpack(state: Tensor): readonly Tensor[] {
    return [state];
  }
}

/** Refuses what is neither tanh nor relu. */
export function checkActivation(where: string, activation: RecurrentActivation): RecurrentActivation {
  if (activation === 'tanh' || activation === 'relu') return activation;
  throw new ArgumentError(`${where}: activation must be 'tanh' or 'relu'; got ${String(activation)}`);
}
