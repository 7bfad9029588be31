/** Rows of the layer table: layers that leave out or disturb at random. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const dropoutRows: readonly LayerRow[] = [
  single({
    name: 'Dropout',
    make: ({ generator }) => new nn.Dropout(0.4, { generator }).eval(),
    input: () => signed([3, 4]),
    output: [3, 4],
    order: 2,
  }),
  single({
    name: 'Dropout in training',
    make: ({ generator }) => new nn.Dropout(0.4, { generator }),
    input: () => signed([3, 4]),
    output: [3, 4],
    order: 2,
    random: true,
  }),
];
