/** Rows of the layer table: convolutions. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

const plain: readonly LayerRow[] = [
  single({
    name: 'Conv1D',
    make: (o) => new nn.Conv1D(3, 2, o),
    input: () => signed([2, 2, 4]),
    output: [2, 3, 3],
    order: 2,
  }),
  single({
    name: 'Conv1D that is causal',
    make: (o) => new nn.Conv1D(2, 2, { padding: 'causal', dilation: 2, ...o }),
    input: () => signed([1, 2, 4]),
    output: [1, 2, 4],
    order: 2,
  }),
  single({
    name: 'Conv2D',
    make: (o) => new nn.Conv2D(3, 2, o),
    input: () => signed([2, 2, 3, 4]),
    output: [2, 3, 2, 3],
    order: 2,
  }),
  single({
    name: 'Conv2D strided, padded, dilated, in groups, activated',
    make: (o) =>
      new nn.Conv2D(4, [2, 3], {
        stride: [1, 2],
        padding: 1,
        dilation: [2, 1],
        groups: 2,
        bias: false,
        activation: 'sigmoid',
        ...o,
      }),
    input: () => signed([1, 2, 3, 5]),
    output: [1, 4, 3, 3],
    order: 2,
  }),
  single({
    name: 'Conv2D of the same size',
    make: (o) => new nn.Conv2D(2, 3, { padding: 'same', ...o }),
    input: () => signed([1, 1, 3, 3]),
    output: [1, 2, 3, 3],
    order: 2,
  }),
  ...(['reflect', 'replicate', 'circular'] as const).map((paddingMode) =>
    single({
      name: `Conv2D, padding mode ${paddingMode}`,
      make: (o) => new nn.Conv2D(1, 3, { padding: [1, 2], stride: 2, paddingMode, ...o }),
      input: () => signed([1, 1, 3, 4]),
      output: [1, 1, 2, 3],
      order: 2,
    }),
  ),
  single({
    name: 'Conv3D',
    make: (o) => new nn.Conv3D(2, [2, 1, 2], { stride: [1, 1, 2], padding: [0, 0, 1], ...o }),
    input: () => signed([1, 2, 3, 1, 3]),
    output: [1, 2, 2, 1, 2],
    order: 2,
  }),
];

const transposed: readonly LayerRow[] = [
  single({
    name: 'ConvTranspose1D',
    make: (o) => new nn.ConvTranspose1D(3, 2, o),
    input: () => signed([2, 2, 3]),
    output: [2, 3, 4],
    order: 2,
  }),
  single({
    name: 'ConvTranspose2D',
    make: (o) => new nn.ConvTranspose2D(3, 2, { bias: false, ...o }),
    input: () => signed([1, 2, 2, 3]),
    output: [1, 3, 3, 4],
    order: 2,
  }),
  single({
    name: 'ConvTranspose2D strided, cut, padded, dilated, in groups, activated',
    make: (o) =>
      new nn.ConvTranspose2D(4, [3, 2], {
        stride: [2, 3],
        padding: [1, 0],
        outputPadding: [1, 2],
        dilation: [2, 1],
        groups: 2,
        activation: 'tanh',
        ...o,
      }),
    input: () => signed([1, 2, 2, 2]),
    output: [1, 4, 6, 7],
    order: 2,
  }),
  single({
    name: 'ConvTranspose3D',
    make: (o) => new nn.ConvTranspose3D(2, [1, 2, 2], { stride: [1, 2, 1], ...o }),
    input: () => signed([1, 1, 2, 2, 1]),
    output: [1, 2, 2, 4, 2],
    order: 2,
  }),
];

const separate: readonly LayerRow[] = [
  single({
    name: 'DepthwiseConv1D',
    make: (o) => new nn.DepthwiseConv1D(2, { depthMultiplier: 2, padding: 1, ...o }),
    input: () => signed([2, 2, 3]),
    output: [2, 4, 4],
    order: 2,
  }),
  single({
    name: 'DepthwiseConv2D',
    make: (o) => new nn.DepthwiseConv2D([2, 3], { stride: [2, 1], ...o }),
    input: () => signed([1, 3, 4, 4]),
    output: [1, 3, 2, 2],
    order: 2,
  }),
  single({
    name: 'DepthwiseConv2D of the same size, without a bias, activated',
    make: (o) =>
      new nn.DepthwiseConv2D(2, { padding: 'same', paddingMode: 'replicate', bias: false, activation: 'silu', ...o }),
    input: () => signed([1, 2, 3, 2]),
    output: [1, 2, 3, 2],
    order: 2,
  }),
  single({
    name: 'SeparableConv1D',
    make: (o) => new nn.SeparableConv1D(3, 2, { padding: 'causal', ...o }),
    input: () => signed([2, 2, 4]),
    output: [2, 3, 4],
    order: 2,
  }),
  single({
    name: 'SeparableConv2D',
    make: (o) => new nn.SeparableConv2D(3, 2, { depthMultiplier: 2, stride: [2, 1], activation: 'tanh', ...o }),
    input: () => signed([1, 2, 4, 3]),
    output: [1, 3, 2, 2],
    order: 2,
  }),
];

export const convolutionRows: readonly LayerRow[] = [...plain, ...transposed, ...separate];
