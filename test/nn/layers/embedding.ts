/** Rows of the layer table: embeddings. */
import * as nn from '../../../src/nn/index.ts';
import { signed, whole } from '../../tensor/samples.ts';
import { type LayerRow, several, single } from './row.ts';

export const embeddingRows: readonly LayerRow[] = [
  single({
    name: 'Embedding',
    make: (o) => new nn.Embedding(5, 3, { paddingIndex: 1, ...o }),
    input: () => whole(0, 5, [2, 4]),
    output: [2, 4, 3],
    order: 0,
  }),
  ...(['sum', 'mean', 'max'] as const).flatMap((mode) => [
    single({
      name: `EmbeddingBag, ${mode}`,
      make: (o) => new nn.EmbeddingBag(5, 3, { mode, ...o }),
      input: () => whole(0, 5, [2, 4]),
      output: [2, 3],
      order: 0,
    }),
    several({
      name: `EmbeddingBag by offsets, ${mode}, with padding`,
      make: (o) => new nn.EmbeddingBag(5, 3, { mode, paddingIndex: -2, ...o }),
      inputs: () => [whole(0, 5, [9])],
      run: (layer, index) => layer.forward(index!, { offsets: [0, 4, 4, 7, 9] }),
      output: [5, 3],
      order: 0,
    }),
  ]),
  several({
    name: 'EmbeddingBag with weights',
    make: (o) => new nn.EmbeddingBag(5, 3, { mode: 'sum', paddingIndex: 0, ...o }),
    inputs: () => [whole(0, 5, [2, 4]), signed([2, 4])],
    run: (layer, index, weights) => layer.forward(index!, { weights }),
    output: [2, 3],
    order: 1,
  }),
];
