/** Rows of the layer table: attention, positions and transformers. */
import * as nn from '../../../src/nn/index.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, type Setting, several, single } from './row.ts';

const x = (): Tensor => signed([2, 3, 4]);
const padding = ({ device }: Tensor): Tensor =>
  Tensor.from([false, false, true, false, false, false], { shape: [2, 3] }).to(device);
/** Without dropout, whose masks would hide faults. */
const small = (o: Setting): nn.TransformerLayerOptions => ({ ...o, ffFeatures: 3, dropout: 0, activation: 'tanh' });

export const attentionRows: readonly LayerRow[] = [
  single({
    name: 'MultiHeadAttention',
    make: (o) => new nn.MultiHeadAttention(4, 2, { ...o, biasInitializer: nn.init.normal }),
    input: x,
    output: [2, 3, 4],
    order: 2,
  }),
  single({
    name: 'MultiHeadAttention, causal, without bias',
    make: (o) => new nn.MultiHeadAttention(4, 2, { ...o, bias: false, causal: true }),
    input: x,
    output: [2, 3, 4],
    order: 2,
  }),
  single({
    name: 'MultiHeadAttention of fewer key heads, rotary',
    make: (o) => new nn.MultiHeadAttention(8, 4, { ...o, keyHeads: 2, rotary: true }),
    input: () => signed([1, 3, 8]),
    output: [1, 3, 8],
    order: 1,
  }),
  several({
    name: 'MultiHeadAttention of a query to a padded memory, with a mask that is added',
    make: (o) => new nn.MultiHeadAttention(4, 2, o),
    inputs: () => [signed([2, 2, 4]), signed([2, 3, 4], 2), signed([2, 3], 3)],
    run: (layer, q, k, mask) => layer.forward(q!, k, k, { mask: mask!, keyPaddingMask: padding(k!) }),
    output: [2, 2, 4],
    order: 2,
  }),
  several({
    name: 'MultiHeadAttention of keys and values of other sizes',
    make: (o) => new nn.MultiHeadAttention(4, 2, { ...o, kFeatures: 3, vFeatures: 2 }),
    inputs: () => [signed([2, 2, 4]), signed([2, 3, 3], 2), signed([2, 3, 2], 3)],
    run: (layer, q, k, v) => layer.forward(q!, k, v),
    output: [2, 2, 4],
    order: 2,
  }),
  several({
    name: 'MultiHeadAttention and its weights',
    make: (o) => new nn.MultiHeadAttention(4, 2, o),
    inputs: () => [x()],
    run: (layer, q) => {
      const { output, weights } = layer.forwardWithWeights(q!);
      return Tensor.concat([output.flatten(), weights.flatten()]);
    },
    output: [24 + 36],
    order: 2,
  }),
  single({
    name: 'MultiHeadAttention with dropout',
    make: (o) => new nn.MultiHeadAttention(4, 2, { ...o, dropout: 0.4 }),
    input: x,
    output: [2, 3, 4],
    order: 1,
    random: true,
  }),
  single({
    name: 'TransformerEncoderLayer',
    make: (o) => new nn.TransformerEncoderLayer(4, 2, small(o)),
    input: x,
    output: [2, 3, 4],
    order: 1,
  }),
  single({
    name: 'TransformerEncoderLayer with dropout, its norms first',
    make: (o) => new nn.TransformerEncoderLayer(4, 2, { ...small(o), dropout: 0.3, normFirst: true, causal: true }),
    input: x,
    output: [2, 3, 4],
    order: 1,
    random: true,
  }),
  several({
    name: 'TransformerDecoderLayer',
    make: (o) => new nn.TransformerDecoderLayer(4, 2, small(o)),
    inputs: () => [signed([2, 2, 4]), x()],
    run: (layer, target, memory) => layer.forward(target!, memory!, { memoryKeyPaddingMask: padding(memory!) }),
    output: [2, 2, 4],
    order: 1,
  }),
  several({
    name: 'TransformerDecoderLayer, causal, its norms first',
    make: (o) =>
      new nn.TransformerDecoderLayer(4, 2, { ...small(o), activation: 'geluTanh', normFirst: true, causal: true }),
    inputs: () => [signed([1, 2, 4]), signed([1, 3, 4], 2)],
    run: (layer, target, memory) => layer.forward(target!, memory!),
    output: [1, 2, 4],
    order: 1,
  }),
  single({
    name: 'TransformerEncoder',
    make: (o) => new nn.TransformerEncoder([1, 2].map((heads) => new nn.TransformerEncoderLayer(4, heads, small(o)))),
    input: () => signed([1, 2, 4]),
    output: [1, 2, 4],
    order: 1,
  }),
  single({
    name: 'TransformerEncoder with a norm',
    make: (o) => {
      const layer = new nn.TransformerEncoderLayer(4, 2, {
        ...small(o),
        normFirst: true,
        rotary: { interleaved: true },
      });
      return new nn.TransformerEncoder([layer], { norm: new nn.LayerNorm(4, { dtype: o.dtype }) });
    },
    input: () => signed([1, 3, 4]),
    output: [1, 3, 4],
    order: 1,
  }),
  several({
    name: 'TransformerDecoder',
    make: (o) => new nn.TransformerDecoder([new nn.TransformerDecoderLayer(4, 2, small(o))]),
    inputs: () => [signed([1, 2, 4]), signed([1, 3, 4], 2)],
    run: (layer, target, memory) => layer.forward(target!, memory!, { causal: true }),
    output: [1, 2, 4],
    order: 1,
  }),
  several({
    name: 'Transformer',
    make: (o) => new nn.Transformer(4, 2, { ...small(o), encoderLayers: 1, decoderLayers: 1, causal: true }),
    inputs: () => [signed([2, 3, 4]), signed([2, 2, 4], 2)],
    run: (layer, source, target) => layer.forward(source!, target!, { keyPaddingMask: padding(source!) }),
    output: [2, 2, 4],
    order: 1,
  }),
  single({
    name: 'SinusoidalPositions',
    make: () => new nn.SinusoidalPositions(),
    input: () => signed([2, 3, 5]),
    output: [2, 3, 5],
    order: 2,
  }),
  single({
    name: 'LearnedPositions',
    make: (o) => new nn.LearnedPositions(4, 3, o),
    input: () => signed([2, 2, 3]),
    output: [2, 2, 3],
    order: 2,
  }),
  single({
    name: 'Rotary',
    make: () => new nn.Rotary(),
    input: () => signed([2, 3, 4]),
    output: [2, 3, 4],
    order: 2,
  }),
  single({
    name: 'Rotary of neighbours',
    make: () => new nn.Rotary({ base: 100, interleaved: true }),
    input: () => signed([2, 3, 4]),
    output: [2, 3, 4],
    order: 2,
  }),
];
