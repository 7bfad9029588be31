/** Rows of the layer table: layers that only move numbers. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const shapeRows: readonly LayerRow[] = [
  single({
    name: 'Flatten',
    make: () => new nn.Flatten(),
    input: () => signed([2, 3, 2]),
    output: [2, 6],
    order: 2,
  }),
];
