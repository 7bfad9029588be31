/** How norm layers are described. */
import { BatchNorm } from '../../norm/batch-norm.ts';
import { LayerNorm } from '../../norm/layer-norm.ts';
import { floatIn, kind, type LayerKind } from '../layer-kind.ts';

export const normKinds: readonly LayerKind[] = [
  kind(
    'BatchNorm',
    BatchNorm,
    (layer) => ({
      features: Object.values(layer.stateDict())[0]?.size ?? 1,
      momentum: layer.momentum,
      eps: layer.eps,
      affine: layer.affine,
      trackRunningStats: layer.trackRunningStats,
      dtype: layer.dtype,
    }),
    (f, hold) => {
      const features = f.whole('features', 1);
      const [affine, trackRunningStats] = [f.flag('affine'), f.flag('trackRunningStats')];
      if (affine || trackRunningStats) hold('features', features);
      const momentum = f.raw('momentum') === null ? null : f.number('momentum');
      return new BatchNorm({ features, momentum, eps: f.number('eps'), affine, trackRunningStats, dtype: floatIn(f) });
    },
  ),
  kind(
    'LayerNorm',
    LayerNorm,
    ({ normalizedShape, eps, weight }) => ({
      normalizedShape,
      eps,
      affine: weight !== undefined,
      dtype: weight?.dtype ?? 'float32',
    }),
    (f, hold) => {
      const [shape, affine] = [f.wholes('normalizedShape', 1), f.flag('affine')];
      if (affine) hold('normalizedShape', ...shape);
      return new LayerNorm(shape, { eps: f.number('eps'), affine, dtype: floatIn(f) });
    },
  ),
];
