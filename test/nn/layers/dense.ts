/** Rows of the layer table: layers of plain products. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, several, single } from './row.ts';

export const denseRows: readonly LayerRow[] = [
  single({
    name: 'Dense',
    make: (o) => new nn.Dense(3, o),
    input: () => signed([2, 4]),
    output: [2, 3],
    order: 2,
  }),
  single({
    name: 'Dense over more dims, activated',
    make: (o) => new nn.Dense(3, { activation: 'tanh', ...o }),
    input: () => signed([2, 2, 4]),
    output: [2, 2, 3],
    order: 2,
  }),
  single({
    name: 'Dense without bias, on a vector',
    make: (o) => new nn.Dense(3, { bias: false, ...o }),
    input: () => signed([4]),
    output: [3],
    order: 2,
  }),
  several({
    name: 'Bilinear',
    make: (o) => new nn.Bilinear(3, o),
    inputs: () => [signed([2, 4]), signed([2, 5], 5)],
    run: (layer, x, y) => layer.forward(x!, y!),
    output: [2, 3],
    order: 2,
  }),
  several({
    name: 'Bilinear without bias, over more dims',
    make: (o) => new nn.Bilinear(3, { inFeatures: [4, 2], bias: false, ...o }),
    inputs: () => [signed([2, 2, 4]), signed([2, 2, 2], 5)],
    run: (layer, x, y) => layer.forward(x!, y!),
    output: [2, 2, 3],
    order: 2,
  }),
];
