/** The GRU layer. */
import type { Tensor } from '../../tensor/tensor.ts';
import { Recurrent, type RecurrentOptions } from './recurrent.ts';
import { gruStep } from './step.ts';

/**
 * The gated recurrent unit (Cho et al. 2014): r, z = σ(Wx + b + Uh + c), n = tanh(Wx + b + r·(Uh + c)) and
 * h′ = (1 − z)·n + z·h, where r, z, n are the rows of `weight_ih_l0` [3·H, D] and `weight_hh_l0` [3·H, H] in this order,
 * as in PyTorch. [B, T, D] → [B, H], or [B, T, H] with `returnSequences`.
 */
export class GRU extends Recurrent<Tensor> {
  constructor(hidden: number, options: RecurrentOptions = {}) {
    super('GRU', hidden, gruStep, options);
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
