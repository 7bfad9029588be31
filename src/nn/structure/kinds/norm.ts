/** How norm layers are described. */
import type { Layer } from '../../module/module.ts';
import { BatchNorm } from '../../norm/batch-norm.ts';
import { GroupNorm } from '../../norm/group-norm.ts';
import { InstanceNorm } from '../../norm/instance-norm.ts';
import { LayerNorm } from '../../norm/layer-norm.ts';
import { LocalResponseNorm } from '../../norm/local-response-norm.ts';
import { RMSNorm } from '../../norm/rms-norm.ts';
import type { RunningNorm, RunningNormOptions } from '../../norm/running-norm.ts';
import { floatIn, kind, type LayerKind } from '../layer-kind.ts';

export const normKinds: readonly LayerKind[] = [
  withStatistics('BatchNorm', BatchNorm),
  withStatistics('InstanceNorm', InstanceNorm),
  kind(
    'GroupNorm',
    GroupNorm,
    ({ groups, features, eps, affine, dtype }) => ({ groups, features: features ?? groups, eps, affine, dtype }),
    (f, hold) => {
      const [features, affine] = [f.whole('features', 1), f.flag('affine')];
      if (affine) hold('features', features);
      return new GroupNorm(f.whole('groups', 1), { features, eps: f.number('eps'), affine, dtype: floatIn(f) });
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
  kind(
    'RMSNorm',
    RMSNorm,
    ({ normalizedShape, eps, weight, dtype }) => ({
      normalizedShape,
      eps: eps ?? null,
      affine: weight !== undefined,
      dtype,
    }),
    (f, hold) => {
      const [shape, affine] = [f.wholes('normalizedShape', 1), f.flag('affine')];
      if (affine) hold('normalizedShape', ...shape);
      const eps = f.raw('eps') === null ? undefined : f.number('eps');
      return new RMSNorm(shape, { eps, affine, dtype: floatIn(f) });
    },
  ),
  kind(
    'LocalResponseNorm',
    LocalResponseNorm,
    ({ size, alpha, beta, k }) => ({ size, alpha, beta, k }),
    (f) =>
      new LocalResponseNorm(f.whole('size', 1), {
        alpha: f.number('alpha'),
        beta: f.number('beta'),
        k: f.number('k'),
      }),
  ),
];

/** One whose cells are per channel; without cells any number of channels will do. */
function withStatistics<M extends Layer & RunningNorm>(
  type: string,
  made: new (options: RunningNormOptions) => M,
): LayerKind {
  return kind(
    type,
    made,
    (layer) => ({
      features: (layer.bias ?? layer.runningMean)?.size ?? 1,
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
      return new made({ features, momentum, eps: f.number('eps'), affine, trackRunningStats, dtype: floatIn(f) });
    },
  );
}
