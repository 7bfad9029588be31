/** The layers that describe themselves; types are texts of their own, since a minifier may rename classes. */
import { activationKinds } from './kinds/activation.ts';
import { attentionKinds } from './kinds/attention.ts';
import { containerKinds } from './kinds/container.ts';
import { convolutionKinds } from './kinds/convolution.ts';
import { denseKinds } from './kinds/dense.ts';
import { dropoutKinds } from './kinds/dropout.ts';
import { embeddingKinds } from './kinds/embedding.ts';
import { normKinds } from './kinds/norm.ts';
import { parametrizeKinds } from './kinds/parametrize.ts';
import { poolingKinds } from './kinds/pooling.ts';
import { recurrentKinds } from './kinds/recurrent.ts';
import { shapeKinds } from './kinds/shape.ts';
import type { LayerKind } from './layer-kind.ts';

/** All kinds. */
export const layerKinds: readonly LayerKind[] = [
  ...activationKinds,
  ...attentionKinds,
  ...containerKinds,
  ...convolutionKinds,
  ...denseKinds,
  ...dropoutKinds,
  ...embeddingKinds,
  ...normKinds,
  ...parametrizeKinds,
  ...poolingKinds,
  ...recurrentKinds,
  ...shapeKinds,
];
