/** How layers that only move numbers are described. */
import type { Fields, Json } from '../../../core/json.ts';
import { numberJson } from '../../../core/json.ts';
import type { PerDim } from '../../../tensor/convolution.ts';
import type { UnfoldOptions } from '../../../tensor/pooling.ts';
import type { InterpolationMode } from '../../../tensor/sampling.ts';
import type { Layer } from '../../module/module.ts';
import { Fold, Unfold } from '../../shape/columns.ts';
import { Flatten } from '../../shape/flatten.ts';
import * as padding from '../../shape/padding.ts';
import { Identity, Permute, RepeatVector, Reshape, Unflatten } from '../../shape/reshape.ts';
import { PixelShuffle, PixelUnshuffle, Resize, Upsample } from '../../shape/resolution.ts';
import { kind, type LayerKind, perDimIn } from '../layer-kind.ts';

const shapes: readonly LayerKind[] = [
  kind(
    'Flatten',
    Flatten,
    ({ startDim, endDim }) => ({ startDim, endDim }),
    (f) => new Flatten(f.number('startDim'), f.number('endDim')),
  ),
  kind(
    'Identity',
    Identity,
    () => ({}),
    () => new Identity(),
  ),
  kind(
    'RepeatVector',
    RepeatVector,
    ({ count }) => ({ count }),
    (f) => new RepeatVector(f.whole('count', 1)),
  ),
  kind(
    'Reshape',
    Reshape,
    ({ shape }) => ({ shape }),
    (f) => new Reshape(f.wholes('shape', -1)),
  ),
  kind(
    'Permute',
    Permute,
    ({ dims }) => ({ dims }),
    (f) => new Permute(f.wholes('dims', 1)),
  ),
  kind(
    'Unflatten',
    Unflatten,
    ({ dim, sizes }) => ({ dim, sizes }),
    (f) => new Unflatten(f.number('dim'), f.wholes('sizes', -1)),
  ),
  kind(
    'Unfold',
    Unfold,
    ({ kernel, options }) => ({ kernel, ...options }),
    (f) => new Unfold(perDimIn(f, 'kernel'), windowsIn(f)),
  ),
  kind(
    'Fold',
    Fold,
    ({ outputSize, kernel, options }) => ({ outputSize, kernel, ...options }),
    (f) => new Fold(f.wholes('outputSize', 1), perDimIn(f, 'kernel'), windowsIn(f)),
  ),
];

const modes = ['nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area'] as const;
const allModes: readonly InterpolationMode[] = [...modes, 'linear', 'trilinear'];

const resolutions: readonly LayerKind[] = [
  kind(
    'Upsample',
    Upsample,
    ({ options }): Readonly<Record<string, Json>> => ({ ...options }),
    (f) =>
      new Upsample({
        ...(f.has('size') && { size: perDimIn(f, 'size') }),
        ...(f.has('scaleFactor') && { scaleFactor: scaleIn(f) }),
        ...(f.has('mode') && { mode: f.oneOf('mode', allModes) }),
        ...(f.has('alignCorners') && { alignCorners: f.flag('alignCorners') }),
        ...(f.has('recomputeScaleFactor') && { recomputeScaleFactor: f.flag('recomputeScaleFactor') }),
      }),
  ),
  kind(
    'Resize',
    Resize,
    ({ size, mode }) => ({ size, mode }),
    (f) => new Resize(perDimIn(f, 'size'), { mode: f.oneOf('mode', modes) }),
  ),
  kind(
    'PixelShuffle',
    PixelShuffle,
    ({ factor }) => ({ factor }),
    (f) => new PixelShuffle(f.whole('factor', 1)),
  ),
  kind(
    'PixelUnshuffle',
    PixelUnshuffle,
    ({ factor }) => ({ factor }),
    (f) => new PixelUnshuffle(f.whole('factor', 1)),
  ),
];

const borders: readonly LayerKind[] = [
  border('ZeroPad1D', padding.ZeroPad1D),
  border('ZeroPad2D', padding.ZeroPad2D),
  border('ZeroPad3D', padding.ZeroPad3D),
  constant('ConstantPad1D', padding.ConstantPad1D),
  constant('ConstantPad2D', padding.ConstantPad2D),
  constant('ConstantPad3D', padding.ConstantPad3D),
  border('ReflectionPad1D', padding.ReflectionPad1D),
  border('ReflectionPad2D', padding.ReflectionPad2D),
  border('ReflectionPad3D', padding.ReflectionPad3D),
  border('ReplicationPad1D', padding.ReplicationPad1D),
  border('ReplicationPad2D', padding.ReplicationPad2D),
  border('ReplicationPad3D', padding.ReplicationPad3D),
  border('CircularPad1D', padding.CircularPad1D),
  border('CircularPad2D', padding.CircularPad2D),
  border('CircularPad3D', padding.CircularPad3D),
  border('Cropping1D', padding.Cropping1D),
  border('Cropping2D', padding.Cropping2D),
  border('Cropping3D', padding.Cropping3D),
];

export const shapeKinds: readonly LayerKind[] = [...shapes, ...resolutions, ...borders];

function border<M extends Layer & Pick<padding.ZeroPad1D, 'border'>>(
  type: string,
  made: new (border: padding.BorderSize) => M,
): LayerKind {
  return kind(
    type,
    made,
    (layer) => ({ border: layer.border }),
    (f) => new made(borderIn(f)),
  );
}

function constant<M extends padding.ConstantPad1D>(
  type: string,
  made: new (border: padding.BorderSize, value: number) => M,
): LayerKind {
  return kind(
    type,
    made,
    (layer) => ({ border: layer.border, value: numberJson(layer.value) }),
    (f) => new made(borderIn(f), f.number('value')),
  );
}

function borderIn(f: Fields): (readonly [number, number])[] {
  return f.list('border', (side) => {
    const [before, after]: readonly unknown[] = Array.isArray(side) && side.length === 2 ? side : [];
    if (typeof before === 'number' && typeof after === 'number') return [before, after] as const;
    throw f.fault('border', 'must be pairs of numbers');
  });
}

function windowsIn(f: Fields): UnfoldOptions {
  return {
    ...(f.has('stride') && { stride: perDimIn(f, 'stride') }),
    ...(f.has('padding') && { padding: perDimIn(f, 'padding') }),
    ...(f.has('dilation') && { dilation: perDimIn(f, 'dilation') }),
  };
}

/** A number, or one per dim; none of them needs to be whole. */
function scaleIn(f: Fields): PerDim {
  if (!Array.isArray(f.raw('scaleFactor'))) return f.number('scaleFactor');
  return f.list('scaleFactor', (item) => {
    if (typeof item === 'number') return item;
    throw f.fault('scaleFactor', 'must be numbers');
  });
}
