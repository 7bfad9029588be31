/** Rows of the layer table: pooling. */
import * as nn from '../../../src/nn/index.ts';
import { signed, spread } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const poolingRows: readonly LayerRow[] = [
  single({
    name: 'MaxPool2D',
    make: () => new nn.MaxPool2D(2, { stride: 1, padding: 1 }),
    input: () => spread([1, 2, 3, 3]),
    output: [1, 2, 4, 4],
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
    name: 'AdaptiveAvgPool2D',
    make: () => new nn.AdaptiveAvgPool2D(1),
    input: () => signed([2, 2, 3, 4]),
    output: [2, 2, 1, 1],
    order: 2,
  }),
];
