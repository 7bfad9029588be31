/** Rows of indexing, ordering, products of matrices and einsum. */
import { Tensor } from '../../../src/tensor/tensor.ts';
import { between, indices, numbers, spread, whole } from '../samples.ts';
import { flatRow, type OpRow, row } from './row.ts';

const matrix = (): Tensor => between(-2, 2, [3, 4]);
const normal = (shape: readonly number[], seed: number = 1): Tensor => between(-1, 1, shape, seed);

const indexed: readonly OpRow[] = [
  row(
    'gather',
    () => [matrix(), indices([0, 0, 3, 1, 2, 2], [3, 2])],
    (x, i) => x.gather(1, i!),
  ),
  row(
    'gather: rows',
    () => [matrix(), indices([2, 0, 2, 1], [1, 4])],
    (x, i) => x.gather(0, i!),
  ),
  row(
    'gather: fewer',
    () => [matrix(), indices([3, 3, 0], [1, 3])],
    (x, i) => x.gather(1, i!),
  ),
  row(
    'scatterAdd',
    () => [matrix(), indices([0, 0, 3, 1, 2, 2], [3, 2]), normal([3, 2], 2)],
    (x, i, s) => x.scatterAdd(1, i!, s!),
  ),
  row(
    'scatterAdd: fewer',
    () => [matrix(), indices([2, 2, 0], [1, 3]), normal([2, 4], 2)],
    (x, i, s) => x.scatterAdd(0, i!, s!),
  ),
  row(
    'indexSelect',
    () => [matrix(), indices([2, -1, 0, 2])],
    (x, i) => x.indexSelect(0, i!),
  ),
  row(
    'indexSelect: columns',
    () => [matrix(), indices([3, -3])],
    (x, i) => x.indexSelect(1, i!),
  ),
  row(
    'index',
    () => [matrix(), indices([0, 2, -1, 0], [2, 2])],
    (x, i) => x.index(i!),
  ),
  row(
    'index: two dims',
    () => [matrix(), indices([0, 2], [2, 1]), indices([1, -1, 1])],
    (x, i, j) => x.index(i!, j!),
  ),
  row(
    'index: behind',
    () => [normal([2, 3, 2]), indices([0, -1]), indices([1, 0])],
    (x, i, j) => x.index(null, i!, j!),
  ),
  row(
    'index: apart',
    () => [normal([2, 3, 2]), indices([0, -1, 1]), indices([1, 0, 0])],
    (x, i, j) => x.index(i!, null, j!),
  ),
  row(
    'embedding',
    () => [normal([4, 2]), indices([1, 3, 1, 0], [2, 2])],
    (w, i) => w.embedding(i!),
  ),
  row(
    'embedding: a padding index',
    () => [normal([4, 2]), indices([1, 3, 1])],
    (w, i) => w.embedding(i!, { paddingIndex: 0 }),
  ),
  flatRow(
    'oneHot',
    () => [whole(0, 4, [2, 3])],
    (x) => x.oneHot(4),
  ),
  row(
    'sort',
    () => [spread([3, 4])],
    (x) => x.sort().values,
  ),
  row(
    'sort: falling',
    () => [spread([3, 4])],
    (x) => x.sort({ dim: 0, descending: true }).values,
  ),
  flatRow(
    'sort: indices',
    () => [spread([3, 4])],
    (x) => x.sort({ dim: 0 }).indices,
  ),
  flatRow(
    'argsort',
    () => [spread([3, 4])],
    (x) => x.argsort({ descending: true }),
  ),
  row(
    'topK',
    () => [spread([3, 4])],
    (x) => x.topK(2).values,
  ),
  row(
    'topK: least',
    () => [spread([3, 4])],
    (x) => x.topK(2, { dim: 0, largest: false }).values,
  ),
  flatRow(
    'topK: indices',
    () => [spread([3, 4])],
    (x) => x.topK(3).indices,
  ),
];

const scattered: readonly OpRow[] = [
  row(
    'scatter',
    () => [matrix(), indices([0, 0, 3, 1, 2, 2], [3, 2]), normal([3, 2], 2)],
    (x, i, s) => x.scatter(1, i!, s!),
  ),
  row(
    'scatter: fewer',
    () => [matrix(), indices([2, 2, 0], [1, 3]), normal([2, 4], 2)],
    (x, i, s) => x.scatter(0, i!, s!),
  ),
  row(
    'scatter: a number',
    () => [matrix(), indices([2, 2, 0], [1, 3])],
    (x, i) => x.scatter(0, i!, 0.3),
  ),
  row(
    'indexAdd',
    () => [matrix(), indices([3, 0, 3]), normal([3, 3], 2)],
    (x, i, s) => x.indexAdd(1, i!, s!),
  ),
  row(
    'repeatInterleave',
    () => [matrix()],
    (x) => x.repeatInterleave(2, 1),
  ),
  row(
    'repeatInterleave: counts',
    () => [matrix()],
    (x) => x.repeatInterleave([2, 0, 1], 0),
  ),
  row(
    'repeatInterleave: flat',
    () => [matrix()],
    (x) => x.repeatInterleave(2),
  ),
  flatRow(
    'binCount',
    () => [whole(0, 4, [2, 3])],
    (x) => x.binCount(4),
  ),
  row(
    'binCount: weights',
    () => [normal([2, 3]), whole(0, 4, [2, 3])],
    (w, x) => x!.binCount(4, w),
  ),
  flatRow(
    'histogram',
    () => [spread([3, 4])],
    (x) => x.histogram(3),
  ),
];

const ordered: readonly OpRow[] = [
  row(
    'median',
    () => [spread([3, 4])],
    (x) => x.median(),
  ),
  row(
    'median: a dim',
    () => [spread([3, 4])],
    (x) => x.median({ dim: 0, keepDim: true }).values,
  ),
  flatRow(
    'median: indices',
    () => [spread([3, 4])],
    (x) => x.median({ dim: 1 }).indices,
  ),
  row(
    'quantile',
    () => [spread([3, 4])],
    (x) => x.quantile(0.3),
  ),
  row(
    'quantile: shares along a dim',
    () => [spread([3, 4])],
    (x) => x.quantile([0, 0.25, 0.9], { dim: 1, keepDim: true }),
  ),
  flatRow(
    'searchSorted',
    () => [numbers([-1, 0, 0, 2]), between(-2, 3, [2, 3])],
    (x, v) => x.searchSorted(v!),
  ),
  flatRow(
    'searchSorted: rows',
    () => [numbers([-1, 0, 0, 2, 0, 1, 1, 1], [2, 4]), between(-2, 3, [2, 3])],
    (x, v) => x.searchSorted(v!, { right: true }),
  ),
];

const products: readonly OpRow[] = [
  row(
    'outer',
    () => [normal([3]), normal([2], 2)],
    (a, b) => a.outer(b!),
  ),
  row(
    'cdist',
    () => [normal([3, 2]), normal([2, 2], 2)],
    (a, b) => a.cdist(b!),
  ),
  row(
    'cdist: batches, of order 3',
    () => [normal([2, 3, 2]), normal([2, 2], 2)],
    (a, b) => a.cdist(b!, { p: 3 }),
  ),
  row(
    'matmul',
    () => [normal([2, 3]), normal([3, 2], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: batches',
    () => [normal([2, 2, 3]), normal([2, 3, 2], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: broadcast',
    () => [normal([2, 1, 2, 3]), normal([2, 3, 1], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: one right side',
    () => [normal([2, 2, 3]), normal([3, 2], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: one left side',
    () => [normal([2, 3]), normal([2, 3, 2], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: a vector right',
    () => [normal([2, 3]), normal([3], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: a vector left',
    () => [normal([3]), normal([2, 3, 2], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: vectors',
    () => [normal([3]), normal([3], 2)],
    (a, b) => a.matmul(b!),
  ),
  row(
    'matmul: its own transpose',
    () => [normal([2, 3])],
    (a) => a.matmul(a.transpose()),
  ),
  row(
    'linear',
    () => [normal([2, 2, 3]), normal([4, 3], 2), normal([4], 3)],
    (x, w, b) => x.linear(w!, b),
  ),
  row(
    'bilinear',
    () => [normal([2, 3, 4]), normal([2, 3, 2], 2), normal([5, 4, 2], 3), normal([5], 4)],
    (x, y, w, b) => x.bilinear(y!, w!, b),
  ),
  row(
    'linear: no bias',
    () => [normal([3]), normal([4, 3], 2)],
    (x, w) => x.linear(w!),
  ),
];

const sums: readonly [equation: string, ...shapes: (readonly number[])[]][] = [
  ['ij,jk->ik', [2, 3], [3, 2]],
  ['bij,bkj->bik', [2, 2, 3], [2, 2, 3]],
  ['ij,jk,kl->il', [2, 3], [3, 2], [2, 2]],
  ['ii->i', [3, 3]],
  ['ii', [3, 3]],
  ['ijk->kij', [2, 3, 2]],
  ['ijk->j', [2, 3, 2]],
  ['i,j->ij', [2], [3]],
  ['ij,ij->', [2, 3], [2, 3]],
  ['ij,ij->ij', [2, 3], [2, 3]],
  ['ba,cb', [2, 3], [2, 2]],
  ['...ij,...jk->...ik', [2, 1, 2, 3], [2, 3, 2]],
  ['bhqd,bhkd->bhqk', [1, 2, 2, 3], [1, 2, 3, 3]],
  ['iij,j->i', [2, 2, 3], [3]],
];

const einsums: readonly OpRow[] = sums.map(([equation, ...shapes]) =>
  row(
    `Tensor.einsum: ${equation}`,
    () => shapes.map((shape, i) => normal(shape, i + 1)),
    (...xs) => Tensor.einsum(equation, ...xs),
  ),
);

/** Ops that read by an index, order, or multiply matrices. */
export const indexingRows: readonly OpRow[] = [...indexed, ...scattered, ...ordered, ...products, ...einsums];
