/** Rows of the layer table: pooling. */
import type { Shape } from '../../../src/core/shape.ts';
import * as nn from '../../../src/nn/index.ts';
import { between, signed, spread } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

/** A layer for inputs of this shape, distinct so that no maximum is shared. */
function pooling(name: string, make: () => nn.Layer, shape: Shape, output: Shape): LayerRow {
  return single({ name, make, input: () => spread(shape), output, order: 2 });
}

const windows: readonly LayerRow[] = [
  pooling('MaxPool1D', () => new nn.MaxPool1D(2), [2, 1, 5], [2, 1, 2]),
  pooling(
    'MaxPool1D with all options',
    () => new nn.MaxPool1D(3, { stride: 2, padding: 1, dilation: 2, ceilMode: true }),
    [1, 2, 6],
    [1, 2, 3],
  ),
  pooling('MaxPool2D', () => new nn.MaxPool2D(2, { stride: 1, padding: 1 }), [1, 2, 3, 3], [1, 2, 4, 4]),
  pooling('MaxPool3D', () => new nn.MaxPool3D([1, 2, 2], { stride: 1 }), [1, 1, 2, 3, 2], [1, 1, 2, 2, 1]),
  single({
    name: 'AvgPool1D',
    make: () => new nn.AvgPool1D(2, { stride: 1, padding: 1 }),
    input: () => signed([2, 2, 3]),
    output: [2, 2, 4],
    order: 2,
  }),
  single({
    name: 'AvgPool2D',
    make: () => new nn.AvgPool2D([2, 1], { stride: [1, 2] }),
    input: () => signed([1, 2, 3, 4]),
    output: [1, 2, 2, 2],
    order: 2,
  }),
  single({
    name: 'AvgPool2D that sticks out and does not count its padding',
    make: () => new nn.AvgPool2D(3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
    input: () => signed([1, 1, 4, 4]),
    output: [1, 1, 3, 3],
    order: 2,
  }),
  single({
    name: 'AvgPool3D',
    make: () => new nn.AvgPool3D(2, { stride: [1, 2, 2] }),
    input: () => signed([1, 1, 3, 2, 4]),
    output: [1, 1, 2, 1, 2],
    order: 2,
  }),
  single({
    name: 'LPPool1D',
    make: () => new nn.LPPool1D(2, 2, { stride: 1 }),
    input: () => signed([2, 1, 4]),
    output: [2, 1, 3],
    order: 2,
  }),
  single({
    name: 'LPPool2D',
    make: () => new nn.LPPool2D(3, 2, { ceilMode: true }),
    input: () => between(0.2, 1.5, [1, 2, 3, 4]),
    output: [1, 2, 2, 2],
    order: 2,
  }),
];

const adaptive: readonly LayerRow[] = [
  pooling('AdaptiveAvgPool1D', () => new nn.AdaptiveAvgPool1D(2), [2, 1, 5], [2, 1, 2]),
  single({
    name: 'AdaptiveAvgPool2D',
    make: () => new nn.AdaptiveAvgPool2D(1),
    input: () => signed([2, 2, 3, 4]),
    output: [2, 2, 1, 1],
    order: 2,
  }),
  pooling('AdaptiveAvgPool2D of rests', () => new nn.AdaptiveAvgPool2D([2, 3]), [1, 1, 3, 4], [1, 1, 2, 3]),
  pooling('AdaptiveAvgPool3D', () => new nn.AdaptiveAvgPool3D([1, 2, 1]), [1, 1, 2, 4, 2], [1, 1, 1, 2, 1]),
  pooling('AdaptiveMaxPool1D', () => new nn.AdaptiveMaxPool1D(2), [2, 1, 5], [2, 1, 2]),
  pooling('AdaptiveMaxPool2D', () => new nn.AdaptiveMaxPool2D([2, 1]), [1, 2, 4, 3], [1, 2, 2, 1]),
  pooling('AdaptiveMaxPool3D', () => new nn.AdaptiveMaxPool3D(2), [1, 1, 2, 3, 2], [1, 1, 2, 2, 2]),
];

const whole: readonly LayerRow[] = [
  pooling('GlobalAvgPool1D', () => new nn.GlobalAvgPool1D(), [2, 3, 4], [2, 3]),
  pooling('GlobalAvgPool2D', () => new nn.GlobalAvgPool2D(), [2, 3, 2, 2], [2, 3]),
  pooling('GlobalAvgPool2D, dims kept', () => new nn.GlobalAvgPool2D({ keepDim: true }), [1, 3, 2, 2], [1, 3, 1, 1]),
  pooling('GlobalAvgPool3D', () => new nn.GlobalAvgPool3D(), [1, 2, 2, 2, 2], [1, 2]),
  pooling('GlobalMaxPool1D', () => new nn.GlobalMaxPool1D({ keepDim: true }), [2, 3, 4], [2, 3, 1]),
  pooling('GlobalMaxPool2D', () => new nn.GlobalMaxPool2D(), [2, 3, 2, 2], [2, 3]),
  pooling('GlobalMaxPool3D', () => new nn.GlobalMaxPool3D(), [1, 2, 2, 2, 2], [1, 2]),
];

export const poolingRows: readonly LayerRow[] = [...windows, ...adaptive, ...whole];
