/** How attention, positions and transformers are described. */
import { FormatError } from '../../../core/errors.ts';
import { Fields, type Json } from '../../../core/json.ts';
import { activationNames } from '../../activation/activation.ts';
import { TransformerDecoder, TransformerDecoderLayer } from '../../attention/decoder.ts';
import { TransformerEncoder, TransformerEncoderLayer } from '../../attention/encoder.ts';
import type { TransformerActivation, TransformerLayerOptions } from '../../attention/feed-forward.ts';
import { MultiHeadAttention } from '../../attention/multi-head-attention.ts';
import { LearnedPositions, SinusoidalPositions } from '../../attention/positions.ts';
import { Rotary, type RotaryOptions } from '../../attention/rotary.ts';
import { Transformer } from '../../attention/transformer.ts';
import type { Layer, Module } from '../../module/module.ts';
import { floatIn, type Hold, hollow, hollowOptions, kind, kindOfSeveral, type LayerKind } from '../layer-kind.ts';
import { normKinds } from './norm.ts';

type Options = Readonly<Record<string, Json>>;
type TransformerLayer = TransformerEncoderLayer | TransformerDecoderLayer;

const activations: readonly TransformerActivation[] = [...activationNames, 'geluTanh'];

function rotaryJson(rotary: Rotary | undefined): Json {
  return rotary ? { base: rotary.base, interleaved: rotary.interleaved } : null;
}

function rotaryIn(f: Fields): RotaryOptions | undefined {
  if (f.raw('rotary') === null) return undefined;
  const part = f.object('rotary');
  const rotary = { base: part.number('base'), interleaved: part.flag('interleaved') };
  part.finish();
  return rotary;
}

function describeAttention(layer: MultiHeadAttention): Options {
  const { features, heads, keyHeads, kFeatures, vFeatures, causal, dtype } = layer;
  const bias = layer.inProjBias !== undefined;
  const dropout = layer.dropout.p;
  const rotary = rotaryJson(layer.rotary);
  return { features, heads, keyHeads, kFeatures, vFeatures, bias, dropout, causal, rotary, dtype };
}

function makeAttention(f: Fields, hold: Hold): MultiHeadAttention {
  const [features, kFeatures, vFeatures] = [f.whole('features', 1), f.whole('kFeatures', 1), f.whole('vFeatures', 1)];
  const keyHeads = f.whole('keyHeads', 1);
  hold('features', features, features);
  hold('kFeatures', keyHeads, kFeatures);
  hold('vFeatures', keyHeads, vFeatures);
  return new MultiHeadAttention(features, f.whole('heads', 1), {
    keyHeads,
    kFeatures,
    vFeatures,
    bias: f.flag('bias'),
    dropout: f.number('dropout'),
    causal: f.flag('causal'),
    rotary: rotaryIn(f),
    dtype: floatIn(f),
    ...hollowOptions,
  });
}

function describeLayer({ selfAttn, linear1, dropout, activation, normFirst, norm1, dtype }: TransformerLayer): Options {
  const { features, heads, keyHeads, causal } = selfAttn;
  const more = { activation, normFirst, layerNormEps: norm1.eps, causal, rotary: rotaryJson(selfAttn.rotary), dtype };
  return { features, heads, keyHeads, ffFeatures: linear1.outFeatures, dropout: dropout.p, ...more };
}

/** What all layers of a transformer are made with. */
function layerOptionsIn(f: Fields, hold: Hold): [features: number, heads: number, TransformerLayerOptions] {
  const [features, ffFeatures] = [f.whole('features', 1), f.whole('ffFeatures', 1)];
  hold('features', features, features);
  hold('ffFeatures', features, ffFeatures);
  const options: TransformerLayerOptions = {
    keyHeads: f.whole('keyHeads', 1),
    ffFeatures,
    dropout: f.number('dropout'),
    activation: f.oneOf('activation', activations),
    normFirst: f.flag('normFirst'),
    layerNormEps: f.number('layerNormEps'),
    causal: f.flag('causal'),
    rotary: rotaryIn(f),
    dtype: floatIn(f),
    ...hollowOptions,
  };
  return [features, f.whole('heads', 1), options];
}

/** A stack whose layers are of the class itself, each once, and whose norm is one of `nn`; else it is the user's own. */
function describeStack(
  stack: TransformerEncoder | TransformerDecoder,
  made: typeof TransformerEncoderLayer | typeof TransformerDecoderLayer,
): Options | undefined {
  const { layers, norm } = stack;
  const described = norm && normKinds.find(({ describe }) => describe(norm));
  const usual = layers.every((layer, i) => layer.constructor === made && layers.indexOf(layer as never) === i);
  if (!usual || (norm && !described)) return undefined;
  const normJson = norm && described ? { type: described.type, ...described.describe(norm) } : null;
  return { layers: layers.map(describeLayer), norm: normJson };
}

/** The layers and the norm of a stack. */
function stackIn<M extends Module>(
  f: Fields,
  hold: Hold,
  make: new (features: number, heads: number, options: TransformerLayerOptions) => M,
): { layers: M[]; norm: Layer | undefined } {
  const layers = f.list('layers', (item, at) => {
    const fields = new Fields(item, at);
    const layer = new make(...layerOptionsIn(fields, holdIn(fields, hold)));
    fields.finish();
    return layer;
  });
  return { layers, norm: f.raw('norm') === null ? undefined : normIn(f.object('norm'), hold) };
}

/** Says of a field inside the stack where it is. */
function holdIn(fields: Fields, hold: Hold): Hold {
  return (field, ...sizes) => {
    try {
      hold(field, ...sizes);
    } catch (error) {
      throw error instanceof FormatError ? fields.fault(field, 'is too much for the numbers of the file') : error;
    }
  };
}

function normIn(f: Fields, hold: Hold): Layer {
  const type = f.text('type');
  const part = normKinds.find((kind) => kind.type === type)?.make(f, holdIn(f, hold));
  if (!part?.single) throw f.fault('type', 'must be a norm of this version');
  f.finish();
  return part.module;
}

export const attentionKinds: readonly LayerKind[] = [
  kind('MultiHeadAttention', MultiHeadAttention, describeAttention, makeAttention),
  kind(
    'TransformerEncoderLayer',
    TransformerEncoderLayer,
    describeLayer,
    (f, hold) => new TransformerEncoderLayer(...layerOptionsIn(f, hold)),
  ),
  kindOfSeveral(
    'TransformerDecoderLayer',
    TransformerDecoderLayer,
    describeLayer,
    (f, hold) => new TransformerDecoderLayer(...layerOptionsIn(f, hold)),
  ),
  {
    type: 'TransformerEncoder',
    describe: (layer) =>
      layer instanceof TransformerEncoder && layer.constructor === TransformerEncoder
        ? describeStack(layer, TransformerEncoderLayer)
        : undefined,
    make: (f, hold) => {
      const { layers, norm } = stackIn(f, hold, TransformerEncoderLayer);
      return { single: true, module: new TransformerEncoder(layers, { norm }) };
    },
  },
  {
    type: 'TransformerDecoder',
    describe: (layer) =>
      layer instanceof TransformerDecoder && layer.constructor === TransformerDecoder
        ? describeStack(layer, TransformerDecoderLayer)
        : undefined,
    make: (f, hold) => {
      const { layers, norm } = stackIn(f, hold, TransformerDecoderLayer);
      return { single: false, module: new TransformerDecoder(layers, { norm }) };
    },
  },
  kindOfSeveral(
    'Transformer',
    Transformer,
    ({ encoder, decoder }) => ({
      encoderLayers: encoder.layers.length,
      decoderLayers: decoder.layers.length,
      ...describeLayer(decoder.layers[0]!),
    }),
    (f, hold) => {
      const [features, heads, options] = layerOptionsIn(f, hold);
      const [encoderLayers, decoderLayers] = [f.whole('encoderLayers', 1), f.whole('decoderLayers', 1)];
      hold('encoderLayers', encoderLayers, features, features);
      hold('decoderLayers', decoderLayers, features, features);
      return new Transformer(features, heads, { ...options, encoderLayers, decoderLayers });
    },
  ),
  kind(
    'SinusoidalPositions',
    SinusoidalPositions,
    () => ({}),
    () => new SinusoidalPositions(),
  ),
  kind(
    'LearnedPositions',
    LearnedPositions,
    ({ weight }) => ({ maxLength: weight.shape[0]!, features: weight.shape[1]!, dtype: weight.dtype }),
    (f, hold) => {
      const [maxLength, features] = [f.whole('maxLength', 1), f.whole('features', 1)];
      hold('maxLength', maxLength, features);
      return new LearnedPositions(maxLength, features, { dtype: floatIn(f), initializer: hollow });
    },
  ),
  kind(
    'Rotary',
    Rotary,
    ({ base, interleaved }) => ({ base, interleaved }),
    (f) => new Rotary({ base: f.number('base'), interleaved: f.flag('interleaved') }),
  ),
];
