/** What the layers of a transformer have in common: their options, and the two dense layers at each position. */
import type { Tensor } from '../../tensor/tensor.ts';
import { type ActivationName, activationOf } from '../activation/activation.ts';
import { Dense, type DenseOptions } from '../dense/dense.ts';
import type { Dropout } from '../dropout/dropout.ts';
import type { Initializer } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import type { ParameterOptions } from '../module/lazy.ts';
import type { RotaryOptions } from './rotary.ts';

/** The activations by name, and gelu by tanh, which GPT-2 has. */
export type TransformerActivation = ActivationName | 'geluTanh';

/** Options of TransformerEncoderLayer and TransformerDecoderLayer. */
export interface TransformerLayerOptions extends ParameterOptions {
  /** The features between the two dense layers. */
  readonly ffFeatures?: number;
  /** With which probability elements of weights, of what is between the dense layers, and of what is added are left out. */
  readonly dropout?: number;
  readonly activation?: TransformerActivation;
  /** Whether each part normalises what it takes, instead of the sum that it makes. */
  readonly normFirst?: boolean;
  readonly layerNormEps?: number;
  /** Whether a step sees only those up to its own, where `forward` does not say. */
  readonly causal?: boolean;
  /** Turns queries and keys of self-attention by their positions; true for the defaults of Rotary. */
  readonly rotary?: boolean | RotaryOptions | undefined;
  /** How many heads the keys and values of self-attention have; as many as its queries if left out. */
  readonly keyHeads?: number | undefined;
  /** Of all weights of attention and dense layers; PyTorch's if left out. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Of all biases of attention and dense layers; PyTorch's if left out. */
  readonly biasInitializer?: Initializer | undefined;
}

/** @internal */
export function activationFor(where: string, name: TransformerActivation): (x: Tensor) => Tensor {
  return name === 'geluTanh' ? (x) => x.gelu({ approximate: 'tanh' }) : activationOf(where, name);
}

/** @internal `linear1` and `linear2` of a layer. */
export function denseLayers(where: string, features: number, options: TransformerLayerOptions): [Dense, Dense] {
  const { ffFeatures = 2048, dtype = 'float32', generator, kernelInitializer, biasInitializer } = options;
  checkCount(where, 'ffFeatures', ffFeatures);
  const shared: DenseOptions = { dtype, generator, kernelInitializer, biasInitializer };
  return [
    new Dense(ffFeatures, { ...shared, inFeatures: features }),
    new Dense(features, { ...shared, inFeatures: ffFeatures }),
  ];
}

/** @internal What a layer does at each position by itself. */
export function feedForward(
  layer: { readonly linear1: Dense; readonly linear2: Dense; readonly dropout: Dropout },
  activate: (x: Tensor) => Tensor,
  x: Tensor,
): Tensor {
  return layer.linear2.forward(layer.dropout.forward(activate(layer.linear1.forward(x))));
}
