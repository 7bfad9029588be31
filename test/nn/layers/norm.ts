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
  single({
    name: 'GroupNorm',
    make: ({ dtype }) => new nn.GroupNorm(2, { dtype }),
    input: () => signed([2, 4, 3]),
    output: [2, 4, 3],
    order: 2,
  }),
  single({
    name: 'GroupNorm of one group, without weights or space',
    make: ({ dtype }) => new nn.GroupNorm(1, { dtype, affine: false, eps: 0.1 }),
    input: () => signed([2, 4]),
    output: [2, 4],
    order: 2,
  }),
  single({
    name: 'InstanceNorm',
    make: ({ dtype }) => new nn.InstanceNorm({ dtype, eps: 0.1 }),
    input: () => signed([2, 2, 3]),
    output: [2, 2, 3],
    order: 2,
  }),
  single({
    name: 'InstanceNorm with weights and statistics, in training',
    make: ({ dtype }) => new nn.InstanceNorm({ dtype, affine: true, trackRunningStats: true }),
    input: () => signed([2, 2, 2, 2]),
    output: [2, 2, 2, 2],
    order: 2,
  }),
  single({
    name: 'InstanceNorm by its statistics, of volumes',
    make: ({ dtype }) => new nn.InstanceNorm({ dtype, affine: true, trackRunningStats: true }).eval(),
    input: () => signed([1, 2, 2, 1, 2]),
    output: [1, 2, 2, 1, 2],
    order: 2,
  }),
  single({
    name: 'RMSNorm',
    make: ({ dtype }) => new nn.RMSNorm(4, { dtype }),
    input: () => signed([2, 4]),
    output: [2, 4],
    order: 2,
  }),
  single({
    name: 'RMSNorm over two dims, without a weight',
    make: ({ dtype }) => new nn.RMSNorm([3, 2], { dtype, affine: false, eps: 0.1 }),
    input: () => signed([2, 3, 2]),
    output: [2, 3, 2],
    order: 2,
  }),
  single({
    name: 'LocalResponseNorm',
    make: () => new nn.LocalResponseNorm(3, { alpha: 0.5, beta: 0.6, k: 2 }),
    input: () => signed([2, 4, 3]),
    output: [2, 4, 3],
    order: 2,
  }),
  single({
    name: 'LocalResponseNorm of an even size, of images',
    make: () => new nn.LocalResponseNorm(4, { alpha: 1 }),
    input: () => signed([1, 3, 2, 2]),
    output: [1, 3, 2, 2],
    order: 2,
  }),
];
