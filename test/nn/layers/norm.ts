/** Rows of the layer table: normalisations. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const normRows: readonly LayerRow[] = [
  single({
    name: 'BatchNorm in training',
    make: ({ dtype }) => new nn.BatchNorm({ dtype }),
    input: () => signed([4, 2]),
    output: [4, 2],
    order: 2,
  }),
  single({
    name: 'BatchNorm in evaluation, of images',
    make: ({ dtype }) => new nn.BatchNorm({ dtype }).eval(),
    input: () => signed([2, 3, 2, 2]),
    output: [2, 3, 2, 2],
    order: 2,
  }),
  single({
    name: 'BatchNorm without statistics or weights, in evaluation',
    make: ({ dtype }) => new nn.BatchNorm({ dtype, affine: false, trackRunningStats: false }).eval(),
    input: () => signed([3, 2, 2]),
    output: [3, 2, 2],
    order: 2,
  }),
  single({
    name: 'LayerNorm',
    make: ({ dtype }) => new nn.LayerNorm(4, { dtype }),
    input: () => signed([2, 4]),
    output: [2, 4],
    order: 2,
  }),
  single({
    name: 'LayerNorm over two dims, without weights',
    make: ({ dtype }) => new nn.LayerNorm([3, 2], { dtype, affine: false }),
    input: () => signed([2, 3, 2]),
    output: [2, 3, 2],
    order: 2,
  }),
];
