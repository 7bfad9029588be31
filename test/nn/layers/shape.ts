/** Rows of the layer table: layers that only move numbers, or put new ones between them. */
import type { Shape } from '../../../src/core/shape.ts';
import * as nn from '../../../src/nn/index.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

function moving(name: string, make: () => nn.Layer, shape: Shape, output: Shape): LayerRow {
  return single({ name, make, input: () => signed(shape), output, order: 2 });
}

const shapes: readonly LayerRow[] = [
  moving('Flatten', () => new nn.Flatten(), [2, 3, 2], [2, 6]),
  moving('Flatten of some dims', () => new nn.Flatten(0, 1), [2, 3, 2], [6, 2]),
  moving('Reshape', () => new nn.Reshape([3, -1]), [2, 2, 6], [2, 3, 4]),
  moving('Identity', () => new nn.Identity(), [2, 3], [2, 3]),
  moving('RepeatVector', () => new nn.RepeatVector(3), [2, 4], [2, 3, 4]),
  moving('Permute', () => new nn.Permute([3, 1, 2]), [2, 2, 3, 4], [2, 4, 2, 3]),
  moving('Unflatten', () => new nn.Unflatten(-1, [2, -1]), [2, 6], [2, 2, 3]),
  moving('Unfold', () => new nn.Unfold([2, 3], { stride: [1, 2], padding: 1 }), [1, 2, 2, 3], [1, 12, 6]),
  moving('Unfold, dilated', () => new nn.Unfold(2, { dilation: 2 }), [1, 1, 3, 4], [1, 4, 2]),
  moving('Fold', () => new nn.Fold([3, 3], 2, { stride: 1 }), [1, 8, 4], [1, 2, 3, 3]),
  moving(
    'Fold, padded and dilated',
    () => new nn.Fold([3, 2], 2, { padding: 1, dilation: 2 }),
    [1, 4, 6],
    [1, 1, 3, 2],
  ),
];

const resolutions: readonly LayerRow[] = [
  moving('Upsample', () => new nn.Upsample({ scaleFactor: 2 }), [1, 2, 3], [1, 2, 6]),
  moving(
    'Upsample to a size, corners aligned',
    () => new nn.Upsample({ size: [3, 5], mode: 'bilinear', alignCorners: true }),
    [1, 2, 2, 3],
    [1, 2, 3, 5],
  ),
  moving(
    'Upsample by fractions',
    () => new nn.Upsample({ scaleFactor: [1.5, 2.5], mode: 'bicubic', recomputeScaleFactor: true }),
    [1, 1, 3, 2],
    [1, 1, 4, 5],
  ),
  moving('Resize', () => new nn.Resize([3, 2]), [2, 1, 2, 4], [2, 1, 3, 2]),
  moving('Resize by means', () => new nn.Resize(2, { mode: 'area' }), [1, 2, 3, 4], [1, 2, 2, 2]),
  moving('PixelShuffle', () => new nn.PixelShuffle(2), [1, 4, 2, 1], [1, 1, 4, 2]),
  moving('PixelUnshuffle', () => new nn.PixelUnshuffle(2), [1, 1, 4, 2], [1, 4, 2, 1]),
];

/** Inputs of 1 to 3 spatial dims, and what comes out with a border of 1 around them. */
const inputs: readonly Shape[] = [
  [2, 1, 3],
  [1, 2, 3, 2],
  [1, 1, 2, 3, 2],
];
const wider = (shape: Shape): Shape => shape.map((n, d) => (d < 2 ? n : n + 2));
const larger: readonly Shape[] = inputs.map(wider);
const around = (name: string, classes: readonly (new (border: nn.BorderSize) => nn.Layer)[]): readonly LayerRow[] =>
  classes.map((made, k) => moving(`${name}${k + 1}D`, () => new made(1), inputs[k]!, larger[k]!));
const constants = [nn.ConstantPad1D, nn.ConstantPad2D, nn.ConstantPad3D];
const crops = [nn.Cropping1D, nn.Cropping2D, nn.Cropping3D];

const borders: readonly LayerRow[] = [
  ...around('ZeroPad', [nn.ZeroPad1D, nn.ZeroPad2D, nn.ZeroPad3D]),
  ...around('ReflectionPad', [nn.ReflectionPad1D, nn.ReflectionPad2D, nn.ReflectionPad3D]),
  ...around('ReplicationPad', [nn.ReplicationPad1D, nn.ReplicationPad2D, nn.ReplicationPad3D]),
  ...around('CircularPad', [nn.CircularPad1D, nn.CircularPad2D, nn.CircularPad3D]),
  ...constants.map((made, k) => moving(`ConstantPad${k + 1}D`, () => new made(1, 0.5), inputs[k]!, larger[k]!)),
  ...crops.map((made, k) => moving(`Cropping${k + 1}D`, () => new made(1), larger[k]!, inputs[k]!)),
  moving('ConstantPad2D of sides', () => new nn.ConstantPad2D([0, [2, 1]], 3), [1, 1, 2, 2], [1, 1, 2, 5]),
  moving('ReflectionPad2D of sides', () => new nn.ReflectionPad2D([[0, 1], 2]), [1, 1, 2, 3], [1, 1, 3, 7]),
  moving('Cropping2D of sides', () => new nn.Cropping2D([1, [0, 2]]), [1, 1, 3, 4], [1, 1, 1, 2]),
];

export const shapeRows: readonly LayerRow[] = [...shapes, ...resolutions, ...borders];
