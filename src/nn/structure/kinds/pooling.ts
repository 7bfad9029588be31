/** How pooling layers are described. */
import type { Fields } from '../../../core/json.ts';
import type { PerDim } from '../../../tensor/convolution.ts';
import type { AvgPoolOptions, LPPoolOptions, MaxPoolOptions } from '../../../tensor/pooling.ts';
import type { Layer } from '../../module/module.ts';
import {
  AdaptiveAvgPool1D,
  AdaptiveAvgPool2D,
  AdaptiveAvgPool3D,
  AdaptiveMaxPool1D,
  AdaptiveMaxPool2D,
  AdaptiveMaxPool3D,
} from '../../pooling/adaptive.ts';
import { AvgPool1D, AvgPool2D, AvgPool3D, LPPool1D, LPPool2D } from '../../pooling/average.ts';
import {
  GlobalAvgPool1D,
  GlobalAvgPool2D,
  GlobalAvgPool3D,
  GlobalMaxPool1D,
  GlobalMaxPool2D,
  GlobalMaxPool3D,
  type GlobalPoolOptions,
} from '../../pooling/global.ts';
import { MaxPool1D, MaxPool2D, MaxPool3D } from '../../pooling/max.ts';
import { kind, type LayerKind, perDimIn } from '../layer-kind.ts';

export const poolingKinds: readonly LayerKind[] = [
  maximum('MaxPool1D', MaxPool1D),
  maximum('MaxPool2D', MaxPool2D),
  maximum('MaxPool3D', MaxPool3D),
  average('AvgPool1D', AvgPool1D),
  average('AvgPool2D', AvgPool2D),
  average('AvgPool3D', AvgPool3D),
  power('LPPool1D', LPPool1D),
  power('LPPool2D', LPPool2D),
  adaptive('AdaptiveAvgPool1D', AdaptiveAvgPool1D),
  adaptive('AdaptiveAvgPool2D', AdaptiveAvgPool2D),
  adaptive('AdaptiveAvgPool3D', AdaptiveAvgPool3D),
  adaptive('AdaptiveMaxPool1D', AdaptiveMaxPool1D),
  adaptive('AdaptiveMaxPool2D', AdaptiveMaxPool2D),
  adaptive('AdaptiveMaxPool3D', AdaptiveMaxPool3D),
  whole('GlobalAvgPool1D', GlobalAvgPool1D),
  whole('GlobalAvgPool2D', GlobalAvgPool2D),
  whole('GlobalAvgPool3D', GlobalAvgPool3D),
  whole('GlobalMaxPool1D', GlobalMaxPool1D),
  whole('GlobalMaxPool2D', GlobalMaxPool2D),
  whole('GlobalMaxPool3D', GlobalMaxPool3D),
];

type Windowed<M, Options> = new (kernel: PerDim, options: Options) => M;

function maximum<M extends MaxPool1D>(type: string, made: Windowed<M, MaxPoolOptions>): LayerKind {
  return kind(
    type,
    made,
    ({ kernel, options }) => ({ kernel, ...options }),
    (f) =>
      new made(perDimIn(f, 'kernel'), {
        ...windowsIn(f),
        ...(f.has('padding') && { padding: perDimIn(f, 'padding') }),
        ...(f.has('dilation') && { dilation: perDimIn(f, 'dilation') }),
      }),
  );
}

function average<M extends AvgPool1D>(type: string, made: Windowed<M, AvgPoolOptions>): LayerKind {
  return kind(
    type,
    made,
    ({ kernel, options }) => ({ kernel, ...options }),
    (f) =>
      new made(perDimIn(f, 'kernel'), {
        ...windowsIn(f),
        ...(f.has('padding') && { padding: perDimIn(f, 'padding') }),
        ...(f.has('countIncludePad') && { countIncludePad: f.flag('countIncludePad') }),
      }),
  );
}

function power<M extends LPPool1D>(
  type: string,
  made: new (p: number, kernel: PerDim, options: LPPoolOptions) => M,
): LayerKind {
  return kind(
    type,
    made,
    ({ p, kernel, options }) => ({ p, kernel, ...options }),
    (f) => new made(f.number('p'), perDimIn(f, 'kernel'), windowsIn(f)),
  );
}

function adaptive<M extends AdaptiveAvgPool1D>(type: string, made: new (outputSize: PerDim) => M): LayerKind {
  return kind(
    type,
    made,
    ({ outputSize }) => ({ outputSize }),
    (f) => new made(perDimIn(f, 'outputSize')),
  );
}

function whole<M extends Layer & { readonly keepDim: boolean }>(
  type: string,
  made: new (options: GlobalPoolOptions) => M,
): LayerKind {
  return kind(
    type,
    made,
    ({ keepDim }) => ({ keepDim }),
    (f) => new made({ keepDim: f.flag('keepDim') }),
  );
}

/** What all kinds of windows may have. */
function windowsIn(f: Fields): { stride?: PerDim; ceilMode?: boolean } {
  return {
    ...(f.has('stride') && { stride: perDimIn(f, 'stride') }),
    ...(f.has('ceilMode') && { ceilMode: f.flag('ceilMode') }),
  };
}
