/** Rows of interpolation and of channels spread over pixels. */
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { between } from '../samples.ts';
import { type OpRow, row } from './row.ts';

const line = (): Tensor[] => [between(-2, 2, [2, 1, 5])];
const image = (): Tensor[] => [between(-2, 2, [1, 2, 3, 4])];
const volume = (): Tensor[] => [between(-2, 2, [1, 1, 2, 3, 2])];

/** Ops that change the resolution. */
export const resizeRows: readonly OpRow[] = [
  row('interpolate', image, (x) => x.interpolate({ scaleFactor: 2 })),
  row('interpolate: nearest, to any size', image, (x) => x.interpolate({ size: [5, 3] })),
  row('interpolate: nearest, fewer', line, (x) => x.interpolate({ scaleFactor: 0.4 })),
  row('interpolate: nearest-exact', volume, (x) => x.interpolate({ size: [3, 2, 4], mode: 'nearest-exact' })),
  row('interpolate: linear', line, (x) => x.interpolate({ size: 7, mode: 'linear' })),
  row('interpolate: bilinear', image, (x) => x.interpolate({ size: [5, 3], mode: 'bilinear' })),
  row('interpolate: bilinear, corners aligned', image, (x) =>
    x.interpolate({ size: [5, 3], mode: 'bilinear', alignCorners: true }),
  ),
  row('interpolate: trilinear', volume, (x) => x.interpolate({ scaleFactor: [1.5, 1, 2], mode: 'trilinear' })),
  row('interpolate: bicubic', image, (x) => x.interpolate({ scaleFactor: 1.6, mode: 'bicubic' })),
  row('interpolate: bicubic, corners aligned', image, (x) =>
    x.interpolate({ size: 4, mode: 'bicubic', alignCorners: true }),
  ),
  row('interpolate: bicubic, distances of the sizes', image, (x) =>
    x.interpolate({ scaleFactor: 1.6, mode: 'bicubic', recomputeScaleFactor: true }),
  ),
  row('interpolate: area', image, (x) => x.interpolate({ size: [2, 3], mode: 'area' })),
  row(
    'pixelShuffle',
    () => [between(-2, 2, [2, 8, 1, 3])],
    (x) => x.pixelShuffle(2),
  ),
  row(
    'pixelUnshuffle',
    () => [between(-2, 2, [2, 4, 6])],
    (x) => x.pixelUnshuffle(2),
  ),
];
