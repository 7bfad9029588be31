/** Rows of the layer table: layers whose parameters are computed of others. */
import * as nn from '../../../src/nn/index.ts';
import { signed, whole } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const parametrizedRows: readonly LayerRow[] = [
  single({
    name: 'Dense with weight norm',
    make: (o) => nn.weightNorm(new nn.Dense(3, o)),
    input: () => signed([2, 4]),
    output: [2, 3],
    order: 2,
  }),
  single({
    name: 'Conv2D with weight norm over its inputs',
    make: (o) => nn.weightNorm(new nn.Conv2D(2, 2, o), 'weight', { dim: 1 }),
    input: () => signed([1, 2, 3, 3]),
    output: [1, 2, 2, 2],
    order: 2,
  }),
  single({
    name: 'Embedding with one length of all',
    make: (o) => nn.weightNorm(new nn.Embedding(4, 2, o), 'weight', { dim: null }),
    input: () => whole(0, 4, [3]),
    output: [3, 2],
    order: 0,
  }),
  single({
    name: 'SimpleRNN with weight norm of both weights',
    make: (o) => nn.weightNorm(nn.weightNorm(new nn.SimpleRNN(2, o), 'weightHhL0'), 'weightIhL0'),
    input: () => signed([1, 3, 2]),
    output: [1, 2],
    order: 2,
  }),
  single({
    name: 'Dense with spectral norm',
    make: (o) => nn.spectralNorm(new nn.Dense(3, { ...o, inFeatures: 4 }), 'weight', o).eval(),
    input: () => signed([2, 4]),
    output: [2, 3],
    order: 2,
  }),
  single({
    name: 'ConvTranspose1D with spectral norm',
    make: (o) => nn.spectralNorm(new nn.ConvTranspose1D(2, 2, o), 'weight', { ...o, iterations: 2 }).eval(),
    input: () => signed([1, 3, 2]),
    output: [1, 2, 3],
    order: 2,
  }),
  single({
    name: 'ActivityRegularization',
    make: () => new nn.ActivityRegularization(nn.regularizer.l2(0.1)),
    input: () => signed([2, 3]),
    output: [2, 3],
    order: 2,
  }),
];
