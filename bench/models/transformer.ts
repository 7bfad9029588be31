/** The transformer of the benchmarks, a small causal one: [B, T] symbols → [B·T, vocabulary]. */
import { nn, Tensor } from '../../src/index.ts';

const width = 128; // D
const heads = 4; // H

/** Causal self-attention with biases everywhere (Vaswani et al. 2017). */
class Attention extends nn.Module {
  readonly inProjection: nn.Dense = new nn.Dense(3 * width, { inFeatures: width });
  readonly outProjection: nn.Dense = new nn.Dense(width, { inFeatures: width });

  forward(x: Tensor): Tensor {
    const [batch, time] = [x.shape[0]!, x.shape[1]!];
    const parts = this.inProjection.forward(x).split(width, 2); // three of [B, T, D]
    const [q, k, v] = parts.map((part) => part.reshape([batch, time, heads, width / heads]).permute([0, 2, 1, 3]));
    const scores = q!.matmul(k!.transpose()).mul(1 / Math.sqrt(width / heads)); // [B, H, T, T]
    const later = Tensor.ones([time, time], { dtype: 'bool' }).triu(1);
    const weights = scores.maskedFill(later, Number.NEGATIVE_INFINITY).softmax(-1);
    const mixed = weights.matmul(v!).permute([0, 2, 1, 3]).reshape([batch, time, width]);
    return this.outProjection.forward(mixed);
  }
}

/** Attention and a feed-forward of 512, each behind a LayerNorm and beside a residual. */
class Block extends nn.Module {
  readonly norm1: nn.LayerNorm = new nn.LayerNorm([width]);
  readonly attention: Attention = new Attention();
  readonly norm2: nn.LayerNorm = new nn.LayerNorm([width]);
  readonly widen: nn.Dense = new nn.Dense(4 * width, { inFeatures: width });
  readonly narrow: nn.Dense = new nn.Dense(width, { inFeatures: 4 * width });

  forward(x: Tensor): Tensor {
    const attended = x.add(this.attention.forward(this.norm1.forward(x)));
    const hidden = this.widen.forward(this.norm2.forward(attended)).gelu({ approximate: 'tanh' });
    return attended.add(this.narrow.forward(hidden));
  }
}

/** Symbols and learned positions, two blocks, a last LayerNorm, Dense. */
export class Transformer extends nn.Module {
  readonly symbols: nn.Embedding;
  readonly positions: nn.Embedding;
  readonly blocks: readonly Block[] = [new Block(), new Block()];
  readonly norm: nn.LayerNorm = new nn.LayerNorm([width]);
  readonly head: nn.Dense;

  constructor(vocabulary: number, longest: number) {
    super();
    this.symbols = new nn.Embedding(vocabulary, width);
    this.positions = new nn.Embedding(longest, width);
    this.head = new nn.Dense(vocabulary, { inFeatures: width });
  }

  forward(symbols: Tensor): Tensor {
    const time = Tensor.arange(symbols.shape[1]!, { dtype: 'int32' });
    let x = this.symbols.forward(symbols).add(this.positions.forward(time)); // [B, T, D]
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm.forward(x)).flatten(0, 1);
  }
}
