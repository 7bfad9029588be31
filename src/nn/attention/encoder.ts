/** The encoder of a transformer, which with a causal mask is a whole language model's body. */
import type { Dtype } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Dense } from '../dense/dense.ts';
import { Dropout } from '../dropout/dropout.ts';
import { type Layer, Module } from '../module/module.ts';
import { LayerNorm } from '../norm/layer-norm.ts';
import {
  activationFor,
  denseLayers,
  feedForward,
  type TransformerActivation,
  type TransformerLayerOptions,
} from './feed-forward.ts';
import { type AttentionOptions, MultiHeadAttention } from './multi-head-attention.ts';

/**
 * Self-attention and two dense layers, each beside a residual and normalised (Vaswani et al. 2017): [B, T, D] → [B, T, D].
 * Options and names of parameters are PyTorch's: `self_attn.in_proj_weight`, `linear1.weight`, `norm1.weight`, ….
 * @example new nn.TransformerEncoderLayer(64, 4, { ffFeatures: 256, normFirst: true, causal: true }) // a block of GPT
 */
export class TransformerEncoderLayer extends Module {
  readonly dtype: Dtype;
  readonly activation: TransformerActivation;
  readonly normFirst: boolean;
  readonly selfAttn: MultiHeadAttention;
  readonly linear1: Dense;
  readonly dropout: Dropout;
  readonly linear2: Dense;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  private readonly activate: (x: Tensor) => Tensor;

  constructor(features: number, heads: number, options: TransformerLayerOptions = {}) {
    super();
    const where = 'TransformerEncoderLayer';
    const { dropout = 0.1, activation = 'relu', normFirst = false, layerNormEps: eps = 1e-5 } = options;
    const { dtype = 'float32', generator } = options;
    this.dtype = dtype;
    this.activation = activation;
    this.activate = activationFor(where, activation);
    this.normFirst = normFirst;
    this.selfAttn = new MultiHeadAttention(features, heads, { ...options, dropout });
    [this.linear1, this.linear2] = denseLayers(where, features, options);
    this.norm1 = new LayerNorm(features, { eps, dtype });
    this.norm2 = new LayerNorm(features, { eps, dtype });
    this.dropout = new Dropout(dropout, { generator });
    this.dropout1 = new Dropout(dropout, { generator });
    this.dropout2 = new Dropout(dropout, { generator });
  }

  forward(input: Tensor, options: AttentionOptions = {}): Tensor {
    const x = input.cast(this.dtype);
    if (this.normFirst) {
      const attended = x.add(this.attend(this.norm1.forward(x), options));
      return attended.add(this.transform(this.norm2.forward(attended)));
    }
    const attended = this.norm1.forward(x.add(this.attend(x, options)));
    return this.norm2.forward(attended.add(this.transform(attended)));
  }

  private attend(x: Tensor, options: AttentionOptions): Tensor {
    return this.dropout1.forward(this.selfAttn.forward(x, x, x, options));
  }

  private transform(x: Tensor): Tensor {
    return this.dropout2.forward(feedForward(this, this.activate, x));
  }
}

/** Options of TransformerEncoder and TransformerDecoder. */
export interface TransformerStackOptions {
  /** Applied to the output of the last layer; layers with `normFirst` want one. */
  readonly norm?: Layer | undefined;
}

/**
 * Encoder layers one after the other: [B, T, D] → [B, T, D]; masks and a cache reach all of them. Parameters are named as in
 * PyTorch: `layers.0.self_attn.in_proj_weight`, …, `norm.weight`.
 * @example new nn.TransformerEncoder([0, 1].map(() => new nn.TransformerEncoderLayer(64, 4)))
 */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: Layer | undefined;

  constructor(layers: readonly TransformerEncoderLayer[], { norm }: TransformerStackOptions = {}) {
    super();
    checkLayers('TransformerEncoder', layers, TransformerEncoderLayer);
    this.layers = [...layers];
    this.norm = norm;
  }

  forward(x: Tensor, options: AttentionOptions = {}): Tensor {
    const { cache, ...masks } = options;
    const out = this.layers.reduce((y, layer, i) => layer.forward(y, { ...masks, cache: cache?.part(i) }), x);
    return this.norm ? this.norm.forward(out) : out;
  }
}

/** @internal Refuses a stack of nothing, and of other modules. */
export function checkLayers(
  where: string,
  layers: readonly unknown[],
  type: abstract new (...args: never[]) => Module,
): void {
  if (layers.length > 0 && layers.every((layer) => layer instanceof type)) return;
  const got = layers.map((layer) => (layer instanceof Module ? layer.typeName : typeof layer));
  throw new ArgumentError(`${where}: takes at least one ${type.name}, and no other; got [${got.join(', ')}]`);
}
