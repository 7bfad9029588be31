/** Rows of the layer table: convolutions. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const convolutionRows: readonly LayerRow[] = [
  single({
    name: 'Conv2D',
    make: (o) => new nn.Conv2D(3, 2, o),
    input: () => signed([2, 2, 3, 4]),
    output: [2, 3, 2, 3],
    order: 2,
  }),
  single({
    name: 'Conv2D strided, padded, dilated, in groups, activated',
    make: (o) =>
      new nn.Conv2D(4, [2, 3], {
        stride: [1, 2],
        padding: 1,
        dilation: [2, 1],
        groups: 2,
        bias: false,
        activation: 'sigmoid',
        ...o,
      }),
    input: () => signed([1, 2, 3, 5]),
    output: [1, 4, 3, 3],
    order: 2,
  }),
  single({
    name: 'Conv2D of the same size',
    make: (o) => new nn.Conv2D(2, 3, { padding: 'same', ...o }),
    input: () => signed([1, 1, 3, 3]),
    output: [1, 2, 3, 3],
    order: 2,
  }),
];
