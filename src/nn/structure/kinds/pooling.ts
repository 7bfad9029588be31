/** How pooling layers are described. */
import type { Fields } from '../../../core/json.ts';
import type { PerDim } from '../../../tensor/convolution.ts';
import { AdaptiveAvgPool2D, AvgPool2D, MaxPool2D } from '../../pooling/pooling.ts';
import { kind, type LayerKind, perDimIn } from '../layer-kind.ts';

export const poolingKinds: readonly LayerKind[] = [
  kind(
    'MaxPool2D',
    MaxPool2D,
    ({ kernel, options }) => ({ kernel, ...options }),
    (f) =>
      new MaxPool2D(perDimIn(f, 'kernel'), {
        ...windowsIn(f),
        ...(f.has('dilation') && { dilation: perDimIn(f, 'dilation') }),
      }),
  ),
  kind(
    'AvgPool2D',
    AvgPool2D,
    ({ kernel, options }) => ({ kernel, ...options }),
    (f) =>
      new AvgPool2D(perDimIn(f, 'kernel'), {
        ...windowsIn(f),
        ...(f.has('countIncludePad') && { countIncludePad: f.flag('countIncludePad') }),
      }),
  ),
  kind(
    'AdaptiveAvgPool2D',
    AdaptiveAvgPool2D,
    ({ outputSize }) => ({ outputSize }),
    (f) => new AdaptiveAvgPool2D(perDimIn(f, 'outputSize')),
  ),
];

/** What both kinds of pooling may have. */
function windowsIn(f: Fields): { stride?: PerDim; padding?: PerDim; ceilMode?: boolean } {
  return {
    ...(f.has('stride') && { stride: perDimIn(f, 'stride') }),
    ...(f.has('padding') && { padding: perDimIn(f, 'padding') }),
    ...(f.has('ceilMode') && { ceilMode: f.flag('ceilMode') }),
  };
}
