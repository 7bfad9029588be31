/** Rows of the layer table: layers made of layers. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const containerRows: readonly LayerRow[] = [
  single({
    name: 'Sequential',
    make: (o) => new nn.Sequential(new nn.Flatten(), new nn.Dense(3, o), new nn.Tanh(), new nn.Dense(2, o)),
    input: () => signed([2, 2, 2]),
    output: [2, 2],
    order: 2,
  }),
];
