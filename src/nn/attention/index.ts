/** Attention, positions and transformers. */
export { type DecoderOptions, TransformerDecoder, TransformerDecoderLayer } from './decoder.ts';
export { TransformerEncoder, TransformerEncoderLayer, type TransformerStackOptions } from './encoder.ts';
export type { TransformerActivation, TransformerLayerOptions } from './feed-forward.ts';
export { KeyValueCache } from './key-value-cache.ts';
export { alibiMask, causalMask, type MaskOptions } from './mask.ts';
export {
  type AttentionOptions,
  type AttentionWithWeights,
  MultiHeadAttention,
  type MultiHeadAttentionCall,
  type MultiHeadAttentionOptions,
} from './multi-head-attention.ts';
export {
  LearnedPositions,
  type LearnedPositionsOptions,
  type PositionOptions,
  SinusoidalPositions,
} from './positions.ts';
export { Rotary, type RotaryOptions } from './rotary.ts';
export { type ScaledDotProductOptions, scaledDotProduct } from './scaled-dot-product.ts';
export { Transformer, type TransformerCall, type TransformerOptions } from './transformer.ts';
