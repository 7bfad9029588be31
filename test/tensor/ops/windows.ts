/** Rows of convolutions, poolings, unfold and fold. */
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { between, spread } from '../samples.ts';
import { flatRow, type OpRow, row } from './row.ts';

const normal = (shape: readonly number[], seed: number = 1): Tensor => between(-1, 1, shape, seed);
/** An input, a weight and perhaps a bias. */
const conv =
  (x: readonly number[], w: readonly number[], b?: number): (() => Tensor[]) =>
  () => [normal(x, 1), normal(w, 2), ...(b === undefined ? [] : [normal([b], 3)])];

const convolutions: readonly OpRow[] = [
  row('conv1d', conv([2, 2, 5], [3, 2, 2]), (x, w) => x.conv1d(w!)),
  row('conv1d: all options', conv([1, 4, 7], [2, 2, 2], 2), (x, w, bias) =>
    x.conv1d(w!, { bias: bias!, stride: 2, padding: 1, dilation: 2, groups: 2 }),
  ),
  row('conv1d: same', conv([1, 2, 4], [2, 2, 2]), (x, w) => x.conv1d(w!, { padding: 'same' })),
  row('conv1d: causal', conv([1, 2, 4], [2, 2, 2]), (x, w) =>
    x.conv1d(w!, { padding: 'causal', dilation: 2, stride: 3 }),
  ),
  row('conv1d: a stride that leaves a rest', conv([1, 1, 6], [1, 1, 2]), (x, w) => x.conv1d(w!, { stride: 3 })),
  row('conv2d', conv([1, 2, 4, 3], [2, 2, 2, 2], 2), (x, w, bias) => x.conv2d(w!, { bias: bias! })),
  row('conv2d: padded', conv([2, 1, 3, 3], [2, 1, 3, 3]), (x, w) => x.conv2d(w!, { padding: 1 })),
  row('conv2d: stride', conv([1, 1, 5, 4], [1, 1, 2, 2]), (x, w) => x.conv2d(w!, { stride: [2, 1], padding: [0, 1] })),
  row('conv2d: dilation', conv([1, 1, 5, 4], [1, 1, 2, 2]), (x, w) => x.conv2d(w!, { dilation: [3, 2] })),
  row('conv2d: depthwise', conv([1, 3, 3, 3], [3, 1, 2, 2]), (x, w) => x.conv2d(w!, { groups: 3 })),
  row('conv2d: groups', conv([1, 4, 3, 3], [2, 2, 2, 2]), (x, w) => x.conv2d(w!, { groups: 2, stride: 2, padding: 1 })),
  row('conv2d: same', conv([1, 1, 3, 4], [1, 1, 2, 3]), (x, w) => x.conv2d(w!, { padding: 'same', dilation: [1, 2] })),
  row('conv3d', conv([1, 1, 3, 2, 3], [2, 1, 2, 1, 2], 2), (x, w, bias) => x.conv3d(w!, { bias: bias! })),
  row('conv3d: all options', conv([1, 2, 3, 2, 4], [2, 1, 2, 2, 2]), (x, w) =>
    x.conv3d(w!, { stride: [1, 2, 2], padding: [0, 1, 1], dilation: [2, 1, 1], groups: 2 }),
  ),
  row('convTranspose1d', conv([2, 2, 3], [2, 3, 2]), (x, w) => x.convTranspose1d(w!)),
  row('convTranspose1d: all options', conv([1, 4, 3], [4, 1, 3], 2), (x, w, bias) =>
    x.convTranspose1d(w!, { bias: bias!, stride: 3, padding: 1, outputPadding: 2, dilation: 2, groups: 2 }),
  ),
  row('convTranspose2d', conv([1, 2, 2, 3], [2, 1, 2, 2], 1), (x, w, bias) => x.convTranspose2d(w!, { bias: bias! })),
  row('convTranspose2d: stride', conv([1, 1, 2, 3], [1, 2, 3, 2]), (x, w) =>
    x.convTranspose2d(w!, { stride: [2, 3], padding: [1, 0], outputPadding: [1, 2] }),
  ),
  row('convTranspose2d: groups', conv([1, 4, 2, 2], [4, 1, 2, 2]), (x, w) => x.convTranspose2d(w!, { groups: 2 })),
  row('convTranspose3d', conv([1, 1, 2, 1, 2], [1, 2, 2, 2, 1]), (x, w) => x.convTranspose3d(w!)),
  row('convTranspose3d: all options', conv([1, 2, 2, 1, 2], [2, 1, 2, 2, 1], 2), (x, w, bias) =>
    x.convTranspose3d(w!, { bias: bias!, stride: [2, 1, 2], padding: [1, 0, 0], outputPadding: [1, 0, 1], groups: 2 }),
  ),
];

const line = (): Tensor[] => [spread([2, 1, 7])];
const image = (): Tensor[] => [spread([1, 2, 4, 5])];
const volume = (): Tensor[] => [spread([1, 1, 3, 4, 3])];

const poolings: readonly OpRow[] = [
  row('maxPool1d', line, (x) => x.maxPool1d(2)),
  row('maxPool1d: all options', line, (x) => x.maxPool1d(3, { stride: 2, padding: 1, dilation: 2, ceilMode: true })),
  row('maxPool2d', image, (x) => x.maxPool2d(2)),
  row('maxPool2d: overlapping', image, (x) => x.maxPool2d([3, 2], { stride: 1, padding: [1, 0] })),
  row('maxPool2d: ceil', image, (x) => x.maxPool2d(2, { stride: 3, ceilMode: true })),
  flatRow('maxPool2d: indices', image, (x) => x.maxPool2d(2, { padding: 1, returnIndices: true }).indices),
  row('maxPool3d', volume, (x) => x.maxPool3d(2, { stride: 1 })),
  row('maxPool3d: padded', volume, (x) => x.maxPool3d([2, 3, 2], { stride: 2, padding: 1 })),
  row('avgPool1d', line, (x) => x.avgPool1d(2)),
  row('avgPool1d: ceil', line, (x) => x.avgPool1d(3, { stride: 2, padding: 1, ceilMode: true })),
  row('avgPool1d: ceil past the padding', line, (x) => x.avgPool1d(2, { stride: 2, padding: 1, ceilMode: true })),
  row('avgPool2d', image, (x) => x.avgPool2d(2, { stride: [1, 2] })),
  row('avgPool2d: padded', image, (x) => x.avgPool2d(3, { stride: 2, padding: 1 })),
  row('avgPool2d: padding not counted', image, (x) =>
    x.avgPool2d(3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
  ),
  row('avgPool3d', volume, (x) => x.avgPool3d(2, { stride: 1, padding: 1, countIncludePad: false })),
  row('lpPool1d', line, (x) => x.lpPool1d(2, 3, { stride: 1 })),
  row(
    'lpPool2d',
    () => [between(0.2, 1.5, [1, 2, 4, 5])],
    (x) => x.lpPool2d(2.5, 2, { ceilMode: true }),
  ),
  row(
    'adaptiveAvgPool1d: of equal windows',
    () => [normal([2, 1, 6])],
    (x) => x.adaptiveAvgPool1d(3),
  ),
  row(
    'adaptiveMaxPool2d: of equal windows',
    () => [spread([1, 1, 4, 6])],
    (x) => x.adaptiveMaxPool2d(2),
  ),
  row('adaptiveAvgPool1d', line, (x) => x.adaptiveAvgPool1d(3)),
  row('adaptiveAvgPool2d', image, (x) => x.adaptiveAvgPool2d([3, 2])),
  row('adaptiveAvgPool2d: more than there are', image, (x) => x.adaptiveAvgPool2d([5, 1])),
  row('adaptiveAvgPool3d', volume, (x) => x.adaptiveAvgPool3d(2)),
  row('adaptiveMaxPool1d', line, (x) => x.adaptiveMaxPool1d(3)),
  row('adaptiveMaxPool2d', image, (x) => x.adaptiveMaxPool2d([3, 2])),
  row('adaptiveMaxPool3d', volume, (x) => x.adaptiveMaxPool3d([2, 3, 1])),
];

const columns: readonly OpRow[] = [
  row(
    'unfold',
    () => [normal([1, 2, 4])],
    (x) => x.unfold(2),
  ),
  row(
    'unfold: an image',
    () => [normal([1, 2, 3, 4])],
    (x) => x.unfold([2, 3], { stride: [1, 2], padding: 1 }),
  ),
  row(
    'unfold: dilation',
    () => [normal([1, 1, 4, 5])],
    (x) => x.unfold(2, { dilation: [2, 3], padding: [0, 1] }),
  ),
  row(
    'fold',
    () => [normal([1, 4, 3])],
    (x) => x.fold([4], 2),
  ),
  row(
    'fold: an image',
    () => [normal([1, 4, 9])],
    (x) => x.fold([4, 4], 2, { stride: [1, 1] }),
  ),
  row(
    'fold: padded',
    () => [normal([2, 8, 6])],
    (x) => x.fold([2, 3], 2, { stride: [2, 1], padding: 1, dilation: [1, 2] }),
  ),
];

/** Ops over sliding windows. */
export const windowRows: readonly OpRow[] = [...convolutions, ...poolings, ...columns];
