/** The table of all layers, a row per way to make one; tests walk it. */
import { activationRows } from './layers/activation.ts';
import { attentionRows } from './layers/attention.ts';
import { containerRows } from './layers/container.ts';
import { convolutionRows } from './layers/convolution.ts';
import { denseRows } from './layers/dense.ts';
import { dropoutRows } from './layers/dropout.ts';
import { embeddingRows } from './layers/embedding.ts';
import { normRows } from './layers/norm.ts';
import { parametrizedRows } from './layers/parametrize.ts';
import { poolingRows } from './layers/pooling.ts';
import { recurrentRows } from './layers/recurrent.ts';
import type { LayerRow } from './layers/row.ts';
import { shapeRows } from './layers/shape.ts';

export { asFunction, inputsIn, type LayerRow, type Made } from './layers/row.ts';

/** Every layer. */
export const layerTable: readonly LayerRow[] = [
  ...activationRows,
  ...attentionRows,
  ...containerRows,
  ...convolutionRows,
  ...denseRows,
  ...dropoutRows,
  ...embeddingRows,
  ...normRows,
  ...parametrizedRows,
  ...poolingRows,
  ...recurrentRows,
  ...shapeRows,
];
