/** The character model of the benchmarks: [B, T] symbols below 65 → [B·T, 65]. */
import { nn, type Tensor } from '../../src/index.ts';

export const vocabulary = 65;
/** How wide the recurrent layer is. */
export const hidden = 128;

/** Embedding 64, a recurrent layer of 128 with all outputs, Dense 65. */
export class CharacterModel extends nn.Module {
  readonly embedding: nn.Embedding = new nn.Embedding(vocabulary, 64);
  readonly recurrent: nn.Layer;
  readonly head: nn.Dense = new nn.Dense(vocabulary);

  constructor(recurrent: nn.Layer) {
    super();
    this.recurrent = recurrent;
  }

  forward(symbols: Tensor): Tensor {
    const outputs = this.recurrent.forward(this.embedding.forward(symbols)); // [B, T, 128]
    return this.head.forward(outputs).flatten(0, 1);
  }
}
