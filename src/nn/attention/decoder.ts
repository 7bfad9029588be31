/** The decoder of a transformer: each step sees the steps before it and a memory. */
import type { Dtype } from '../../core/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Dense } from '../dense/dense.ts';
import { Dropout } from '../dropout/dropout.ts';
import { type Layer, Module } from '../module/module.ts';
import { LayerNorm } from '../norm/layer-norm.ts';
import { checkLayers, type TransformerStackOptions } from './encoder.ts';
import {
  activationFor,
  denseLayers,
  feedForward,
  type TransformerActivation,
  type TransformerLayerOptions,
} from './feed-forward.ts';
import { type AttentionOptions, MultiHeadAttention } from './multi-head-attention.ts';

/** What `forward` of decoders takes besides the sequences: masks and causality are those of the target. */
export interface DecoderOptions extends AttentionOptions {
  /** As `mask`, of the attention to the memory: [Tq, Tm], …. */
  readonly memoryMask?: Tensor | undefined;
  /** True at steps of the memory that are padding, [B, Tm]. */
  readonly memoryKeyPaddingMask?: Tensor | undefined;
}

/**
 * Self-attention, attention to a memory, and two dense layers, each beside a residual and normalised (Vaswani et al. 2017):
 * target [B, T, D] and memory [B, Tm, D] → [B, T, D]. Options and names of parameters are PyTorch's: `self_attn`,
 * `multihead_attn`, `linear1`, …. With a cache, the memory's projections are computed at the first call only.
 */
export class TransformerDecoderLayer extends Module {
  readonly dtype: Dtype;
  readonly activation: TransformerActivation;
  readonly normFirst: boolean;
  readonly selfAttn: MultiHeadAttention;
  readonly multiheadAttn: MultiHeadAttention;
  readonly linear1: Dense;
  readonly dropout: Dropout;
  readonly linear2: Dense;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  private readonly activate: (x: Tensor) => Tensor;

  constructor(features: number, heads: number, options: TransformerLayerOptions = {}) {
    super();
    const where = 'TransformerDecoderLayer';
    const { dropout = 0.1, activation = 'relu', normFirst = false, layerNormEps: eps = 1e-5 } = options;
    const { dtype = 'float32', generator, kernelInitializer, biasInitializer } = options;
    this.dtype = dtype;
    this.activation = activation;
    this.activate = activationFor(where, activation);
    this.normFirst = normFirst;
    const shared = { dropout, dtype, generator, kernelInitializer, biasInitializer };
    this.selfAttn = new MultiHeadAttention(features, heads, { ...options, dropout });
    this.multiheadAttn = new MultiHeadAttention(features, heads, shared);
    [this.linear1, this.linear2] = denseLayers(where, features, options);
    const norms = [0, 1, 2].map(() => new LayerNorm(features, { eps, dtype }));
    [this.norm1, this.norm2, this.norm3] = norms as [LayerNorm, LayerNorm, LayerNorm];
    const drops = [0, 1, 2, 3].map(() => new Dropout(dropout, { generator }));
    [this.dropout, this.dropout1, this.dropout2, this.dropout3] = drops as [Dropout, Dropout, Dropout, Dropout];
  }

  forward(target: Tensor, memory: Tensor, options: DecoderOptions = {}): Tensor {
    const x = target.cast(this.dtype);
    if (this.normFirst) {
      const attended = x.add(this.attend(this.norm1.forward(x), options));
      const informed = attended.add(this.consult(this.norm2.forward(attended), memory, options));
      return informed.add(this.transform(this.norm3.forward(informed)));
    }
    const attended = this.norm1.forward(x.add(this.attend(x, options)));
    const informed = this.norm2.forward(attended.add(this.consult(attended, memory, options)));
    return this.norm3.forward(informed.add(this.transform(informed)));
  }

  private attend(x: Tensor, { mask, keyPaddingMask, causal, cache }: DecoderOptions): Tensor {
    const options = { mask, keyPaddingMask, causal, cache: cache?.part('self') };
    return this.dropout1.forward(this.selfAttn.forward(x, x, x, options));
  }

  private consult(x: Tensor, memory: Tensor, options: DecoderOptions): Tensor {
    const { memoryMask: mask, memoryKeyPaddingMask: keyPaddingMask, cache } = options;
    const call = { mask, keyPaddingMask, memoryCache: cache?.part('memory') };
    return this.dropout2.forward(this.multiheadAttn.forward(x, memory, memory, call));
  }

  private transform(x: Tensor): Tensor {
    return this.dropout3.forward(feedForward(this, this.activate, x));
  }
}

/** Decoder layers one after the other: target [B, T, D] and memory [B, Tm, D] → [B, T, D]; named as in PyTorch. */
export class TransformerDecoder extends Module {
  readonly layers: readonly TransformerDecoderLayer[];
  readonly norm: Layer | undefined;

  constructor(layers: readonly TransformerDecoderLayer[], { norm }: TransformerStackOptions = {}) {
    super();
    checkLayers('TransformerDecoder', layers, TransformerDecoderLayer);
    this.layers = [...layers];
    this.norm = norm;
  }

  forward(target: Tensor, memory: Tensor, options: DecoderOptions = {}): Tensor {
    const { cache, ...masks } = options;
    const out = this.layers.reduce(
      (y, layer, i) => layer.forward(y, memory, { ...masks, cache: cache?.part(i) }),
      target,
    );
    return this.norm ? this.norm.forward(out) : out;
  }
}
