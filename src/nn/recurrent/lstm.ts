/** The LSTM layer. */
import type { Tensor } from '../../tensor/tensor.ts';
import { Recurrent, type RecurrentOptions } from './recurrent.ts';
import { lstmStep } from './step.ts';

/** What an LSTM carries from step to step: outputs and cell states, of equal shapes. */
export interface LSTMState {
  readonly h: Tensor;
  readonly c: Tensor;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997): c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′), where the
 * gates i, f, g, o are the rows of `weight_ih_l0` [4·H, D] and `weight_hh_l0` [4·H, H] in this order, as in PyTorch.
 * [B, T, D] → [B, H], or [B, T, H] with `returnSequences`.
 * @example
 * const { output, state } = new nn.LSTM(128, { layers: 2, returnSequences: true }).forwardWithState(x);
 * state.c; // [2, B, 128]
 */
export class LSTM extends Recurrent<LSTMState> {
  constructor(hidden: number, options: RecurrentOptions = {}) {
    super('LSTM', hidden, lstmStep, options);
  }

  /** @internal */
  protected pack([h, c]: readonly Tensor[]): LSTMState {
    return { h: h!, c: c! };
  }

  /** @internal */
  protected unpack({ h, c }: LSTMState): readonly Tensor[] {
    return [h, c];
  }
}
