/** The transformer of the benchmarks, a small causal one: [B, T] symbols → [B·T, vocabulary]. */
import { nn, type Tensor } from '../../src/index.ts';

const width = 128; // D
const heads = 4;

/** Attention and a feed-forward of 512, each behind a LayerNorm and beside a residual, biases everywhere, no dropout. */
function block(): nn.TransformerEncoderLayer {
  const options = { ffFeatures: 4 * width, dropout: 0, activation: 'geluTanh', normFirst: true, causal: true } as const;
  return new nn.TransformerEncoderLayer(width, heads, options);
}

/** Symbols and learned positions, two blocks, a last LayerNorm, Dense. */
export class Transformer extends nn.Module {
  readonly symbols: nn.Embedding;
  readonly positions: nn.LearnedPositions;
  readonly body: nn.TransformerEncoder;
  readonly head: nn.Dense;

  constructor(vocabulary: number, longest: number) {
    super();
    this.symbols = new nn.Embedding(vocabulary, width);
    this.positions = new nn.LearnedPositions(longest, width, { initializer: nn.init.normal });
    this.body = new nn.TransformerEncoder([block(), block()], { norm: new nn.LayerNorm(width) });
    this.head = new nn.Dense(vocabulary, { inFeatures: width });
  }

  forward(symbols: Tensor): Tensor {
    const x = this.positions.forward(this.symbols.forward(symbols)); // [B, T, D]
    return this.head.forward(this.body.forward(x)).flatten(0, 1);
  }
}
