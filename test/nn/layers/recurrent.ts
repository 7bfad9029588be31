/** Rows of the layer table: recurrent layers. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const recurrentRows: readonly LayerRow[] = [
  single({
    name: 'SimpleRNN',
    make: (o) => new nn.SimpleRNN(3, o),
    input: () => signed([2, 3, 2]),
    output: [2, 3],
    order: 2,
  }),
  single({
    name: 'SimpleRNN of two layers, all steps',
    make: (o) => new nn.SimpleRNN(2, { layers: 2, returnSequences: true, ...o }),
    input: () => signed([2, 2, 3]),
    output: [2, 2, 2],
    order: 2,
  }),
  single({
    name: 'SimpleRNN with relu and no bias',
    make: (o) => new nn.SimpleRNN(3, { activation: 'relu', bias: false, ...o }),
    input: () => signed([1, 3, 2]),
    output: [1, 3],
    order: 1,
  }),
];
