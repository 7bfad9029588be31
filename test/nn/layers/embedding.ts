/** Rows of the layer table: embeddings. */
import * as nn from '../../../src/nn/index.ts';
import { whole } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

export const embeddingRows: readonly LayerRow[] = [
  single({
    name: 'Embedding',
    make: (o) => new nn.Embedding(5, 3, { paddingIndex: 1, ...o }),
    input: () => whole(0, 5, [2, 4]),
    output: [2, 4, 3],
    order: 0,
  }),
];
