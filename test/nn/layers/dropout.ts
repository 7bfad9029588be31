/** Rows of the layer table: layers that leave out or disturb at random. */
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, type Setting, single } from './row.ts';

const disturbing = (name: string, make: (setting: Setting) => nn.Layer, shape: readonly number[] = [3, 4]): LayerRow =>
  single({ name, make, input: () => signed(shape), output: shape, order: 2, random: true });

export const dropoutRows: readonly LayerRow[] = [
  single({
    name: 'Dropout',
    make: ({ generator }) => new nn.Dropout(0.4, { generator }).eval(),
    input: () => signed([3, 4]),
    output: [3, 4],
    order: 2,
  }),
  disturbing('Dropout in training', ({ generator }) => new nn.Dropout(0.4, { generator })),
  disturbing('SpatialDropout', ({ generator }) => new nn.SpatialDropout(0.4, { generator }), [3, 4, 2, 2]),
  disturbing('AlphaDropout', ({ generator }) => new nn.AlphaDropout(0.3, { generator })),
  disturbing('GaussianDropout', ({ generator }) => new nn.GaussianDropout(0.3, { generator })),
  disturbing('GaussianNoise', ({ generator }) => new nn.GaussianNoise(0.5, { generator })),
  disturbing('StochasticDepth', ({ generator }) => new nn.StochasticDepth(0.4, { generator }), [6, 2]),
  disturbing(
    'StochasticDepth of the batch',
    ({ generator }) =>
      new nn.Sequential(
        new nn.StochasticDepth(0.5, { generator, mode: 'batch' }),
        new nn.GaussianNoise(0.1, { generator }),
      ),
    [2, 3],
  ),
];
