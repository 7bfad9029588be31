/** The transformer as it was published: an encoder, and a decoder that reads what the encoder made. */
import type { Tensor } from '../../tensor/tensor.ts';
import { glorotUniform } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { Module } from '../module/module.ts';
import { LayerNorm } from '../norm/layer-norm.ts';
import { TransformerDecoder, TransformerDecoderLayer } from './decoder.ts';
import { TransformerEncoder, TransformerEncoderLayer } from './encoder.ts';
import type { TransformerLayerOptions } from './feed-forward.ts';

/** Options of Transformer; those of its layers apply to all of them, `causal` to the decoder. */
export interface TransformerOptions extends TransformerLayerOptions {
  readonly encoderLayers?: number;
  readonly decoderLayers?: number;
}

/** Options of `Transformer.forward`. */
export interface TransformerCall {
  /** Of the source's attention to itself; see AttentionOptions. */
  readonly mask?: Tensor | undefined;
  /** True at steps of the source that are padding, [B, Ts]; for encoder and decoder. */
  readonly keyPaddingMask?: Tensor | undefined;
  /** Of the target's attention to itself. */
  readonly targetMask?: Tensor | undefined;
  /** True at steps of the target that are padding, [B, Tt]. */
  readonly targetKeyPaddingMask?: Tensor | undefined;
  /** Whether a step of the target sees only those up to its own; what the transformer was made with if left out. */
  readonly causal?: boolean | undefined;
}

/**
 * Source [B, Ts, D] and target [B, Tt, D] → [B, Tt, D] (Vaswani et al. 2017). To generate, run `encoder` once and `decoder`
 * step by step with a KeyValueCache. Sizes, defaults and names of parameters are PyTorch's.
 */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;

  constructor(features: number = 512, heads: number = 8, options: TransformerOptions = {}) {
    super();
    const { encoderLayers = 6, decoderLayers = 6, ...rest } = options;
    const own = { kernelInitializer: glorotUniform, ...rest };
    const norm = { eps: rest.layerNormEps ?? 1e-5, dtype: rest.dtype ?? 'float32' };
    checkCount('Transformer', 'encoderLayers', encoderLayers);
    checkCount('Transformer', 'decoderLayers', decoderLayers);
    this.encoder = new TransformerEncoder(
      Array.from(
        { length: encoderLayers },
        () => new TransformerEncoderLayer(features, heads, { ...own, causal: false }),
      ),
      { norm: new LayerNorm(features, norm) },
    );
    this.decoder = new TransformerDecoder(
      Array.from({ length: decoderLayers }, () => new TransformerDecoderLayer(features, heads, own)),
      { norm: new LayerNorm(features, norm) },
    );
  }

  forward(source: Tensor, target: Tensor, options: TransformerCall = {}): Tensor {
    const { mask, keyPaddingMask, targetMask, targetKeyPaddingMask, causal } = options;
    const memory = this.encoder.forward(source, { mask, keyPaddingMask });
    return this.decoder.forward(target, memory, {
      mask: targetMask,
      keyPaddingMask: targetKeyPaddingMask,
      memoryKeyPaddingMask: keyPaddingMask,
      causal,
    });
  }
}
