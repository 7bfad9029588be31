/** Rows of movements, joins and paddings. */
import { Tensor } from '../../../src/tensor/tensor.ts';
import { between } from '../samples.ts';
import { type OpRow, row } from './row.ts';

const cube = (): Tensor[] => [between(-2, 2, [2, 3, 4])];
const matrix = (): Tensor[] => [between(-2, 2, [3, 4])];
const vector = (): Tensor[] => [between(-2, 2, [3])];
const three = (): Tensor[] => [1, 2, 3].map((seed) => between(-2, 2, [2, seed], seed));

/** Each part another multiple, so that an exchange shows. */
function weighted(parts: readonly Tensor[]): Tensor {
  return Tensor.concat(
    parts.map((x, i) =>
      x
        .mul(x)
        .mul(i + 1)
        .flatten(),
    ),
    0,
  );
}

const views: readonly OpRow[] = [
  row('reshape', cube, (x) => x.reshape([4, -1])),
  row('reshape: of a transpose', matrix, (x) => x.transpose().reshape([2, 6])),
  row('flatten', cube, (x) => x.flatten(1)),
  row('unflatten', matrix, (x) => x.unflatten(1, [2, -1])),
  row('permute', cube, (x) => x.permute([2, 0, 1])),
  row('transpose', cube, (x) => x.transpose()),
  row('transpose: dims', cube, (x) => x.transpose(0, 2)),
  row(
    'expand',
    () => [between(-2, 2, [3, 1])],
    (x) => x.expand([2, -1, 4]),
  ),
  row(
    'squeeze',
    () => [between(-2, 2, [1, 3, 1])],
    (x) => x.squeeze(),
  ),
  row(
    'squeeze: a dim',
    () => [between(-2, 2, [1, 3, 1])],
    (x) => x.squeeze(-1),
  ),
  row('unsqueeze', matrix, (x) => x.unsqueeze(1)),
  row('slice', cube, (x) => x.slice(1, [0, 2], [1, null, 2])),
  row('slice: backwards', cube, (x) => x.slice([null, null, -1], null, [3, 0, -2])),
  row('slice: from the back', cube, (x) => x.slice(null, -1, [-3, -1])),
  row('slice: nothing', matrix, (x) => x.slice([1, 1])),
  row('slice: overlapping', matrix, (x) =>
    x
      .slice([0, 2])
      .mul(x.slice([1, 3]))
      .add(x.slice([1, 3])),
  ),
  row('narrow', matrix, (x) => x.narrow(1, 1, 2)),
  row('select', matrix, (x) => x.select(0, -1)),
  row('flip', cube, (x) => x.flip([0, 2])),
  row('flip: all', matrix, (x) => x.flip()),
  row('diagonal', matrix, (x) => x.diagonal()),
  row('diagonal: offsets', cube, (x) => x.diagonal({ offset: 1, dim1: 2, dim2: 1 })),
  row('split', matrix, (x) => weighted(x.split(3, 1))),
  row('split: sizes', matrix, (x) => weighted(x.split([1, 0, 2], 0))),
  row('chunk', matrix, (x) => weighted(x.chunk(3, 1))),
  row('unbind', matrix, (x) => weighted(x.unbind(-1))),
];

const copies: readonly OpRow[] = [
  row('repeat', matrix, (x) => x.repeat([2, 1, 3])),
  row('moveDim', cube, (x) => x.moveDim([0, 1], [2, 0])),
  row('moveDim: one', cube, (x) => x.moveDim(-1, 0)),
  row(
    'Tensor.meshgrid',
    () => [between(-2, 2, [2], 1), between(-2, 2, [3], 2)],
    (x, y) => Tensor.meshgrid([x, y!])[0]!,
  ),
  row('roll', matrix, (x) => x.roll(5)),
  row('roll: dims', matrix, (x) => x.roll([1, -2], [0, 1])),
  row('Tensor.concat', three, (...xs) => Tensor.concat(xs, 1)),
  row('Tensor.concat: twice the same', vector, (x) => Tensor.concat([x, x.mul(x)])),
  row(
    'Tensor.stack',
    () => [between(-2, 2, [2, 3], 1), between(-2, 2, [2, 3], 2)],
    (x, y) => Tensor.stack([x, y!], 1),
  ),
  row('diag', vector, (x) => x.diag()),
  row('diag: above', vector, (x) => x.diag(1)),
  row('diag: below', vector, (x) => x.diag(-2)),
  row('diag: of a matrix', matrix, (x) => x.diag(1)),
  row('tril', matrix, (x) => x.tril()),
  row('tril: above', cube, (x) => x.tril(1)),
  row('triu', matrix, (x) => x.triu()),
  row('triu: below', cube, (x) => x.triu(-1)),
  row('pad', matrix, (x) =>
    x.pad([
      [1, 2],
      [0, 1],
    ]),
  ),
  row('pad: a value', matrix, (x) => x.pad([[1, 1]], { value: 0.7 })),
  row('pad: cropping', matrix, (x) =>
    x.pad(
      [
        [-1, 1],
        [2, -2],
      ],
      { value: 0.7 },
    ),
  ),
  row('pad: reflect', matrix, (x) =>
    x.pad(
      [
        [1, 2],
        [3, 1],
      ],
      { mode: 'reflect' },
    ),
  ),
  row('pad: replicate', matrix, (x) =>
    x.pad(
      [
        [1, 2],
        [3, 1],
      ],
      { mode: 'replicate' },
    ),
  ),
  row('pad: circular', matrix, (x) =>
    x.pad(
      [
        [1, 2],
        [3, 1],
      ],
      { mode: 'circular' },
    ),
  ),
];

/** The same elements elsewhere. */
export const movementRows: readonly OpRow[] = [...views, ...copies];
