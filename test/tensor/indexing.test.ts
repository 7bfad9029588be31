/** Indexing, ordering and products of matrices beside their definitions, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { expectElements, readerOf, sumOver } from './definition.ts';
import { refuses } from './refusal.ts';
import { between, indices, whole } from './samples.ts';

const x = between(-1, 1, [2, 3, 4]);
const at = readerOf(x);
const m = Tensor.arange(12).reshape([3, 4]);

describe('gather and scatterAdd', () => {
  it('read and add along a dim', () => {
    const index = whole(0, 3, [2, 5, 4]);
    const i = readerOf(index);
    expectElements(x.gather(1, index), [2, 5, 4], (a, j, k) => at(a, i(a, j, k), k));
    expectElements(x.gather(-1, [[[3], [0], [1]]]), [1, 3, 1], (a, j) => at(a, j, [3, 0, 1][j]!));
    const source = between(-1, 1, [2, 5, 4], 2);
    const s = readerOf(source);
    expectElements(
      x.scatterAdd(1, index, source),
      [2, 3, 4],
      (a, j, k) => at(a, j, k) + sumOver(5, (n) => (i(a, n, k) === j ? s(a, n, k) : 0)),
      1e-14,
    );
  });

  it('scatter counts', () => {
    expect(Tensor.zeros([4], { dtype: 'int32' }).scatterAdd(0, [3, 1, 3], [1, 1, 1]).toArray()).toEqual([0, 1, 0, 2]);
    expect(
      m
        .scatterAdd(0, [[2]], [[100, 5]])
        .slice(2)
        .toArray(),
    ).toEqual([108, 9, 10, 11]);
  });

  it('embedding reads rows; the padding row gets no gradient', () => {
    const table = Tensor.from(m, { requiresGrad: true });
    const out = table.embedding(
      [
        [2, 0],
        [2, 1],
      ],
      { paddingIndex: 1 },
    );
    expectElements(
      out,
      [2, 2, 4],
      (i, j, k) =>
        4 *
          [
            [2, 0],
            [2, 1],
          ][i]![j]! +
        k,
    );
    out.sum().backward();
    expect(table.grad!.toArray()).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 0],
      [2, 2, 2, 2],
    ]);
    expect(m.embedding(1).shape).toEqual([4]);
    expect(m.embedding(Tensor.zeros([0, 2], { dtype: 'int32' })).shape).toEqual([0, 2, 4]);
  });
});

describe('index', () => {
  it('follows NumPy', () => {
    expectElements(x.index([1, 0, -1]), [3, 3, 4], (n, j, k) => at([1, 0, 1][n]!, j, k));
    expectElements(x.index([1, 0], [2, -1]), [2, 4], (n, k) => at([1, 0][n]!, 2, k));
    expectElements(x.index(null, [[0], [2]], [1, 3, -1]), [2, 2, 3], (i, n, o) => at(i, 2 * n, [1, 3, 3][o]!));
    expectElements(x.index([1, 0], null, [3, 2]), [2, 3], (n, j) => at([1, 0][n]!, j, [3, 2][n]!));
    expectElements(x.index(1, null, 2), [3], (j) => at(1, j, 2));
    const y = between(-1, 1, [2, 3, 2, 4]);
    const yAt = readerOf(y);
    expectElements(y.index(null, [0, 2, 1], null, [3, 0, 3]), [3, 2, 2], (n, i, k) =>
      yAt(i, [0, 2, 1][n]!, k, [3, 0, 3][n]!),
    );
    expect(x.index(Tensor.zeros([0], { dtype: 'int32' })).shape).toEqual([0, 3, 4]);
    expectElements(x.indexSelect(2, [3, -4]), [2, 3, 2], (i, j, k) => at(i, j, k === 0 ? 3 : 0));
  });
});

describe('order', () => {
  const y = Tensor.from([
    [3, 1, 3, 2],
    [0, -1, 5, -1],
  ]);

  it('sort is stable either way, and argsort agrees', () => {
    const { values, indices: order } = y.sort();
    expect(values.toArray()).toEqual([
      [1, 2, 3, 3],
      [-1, -1, 0, 5],
    ]);
    expect(order.toArray()).toEqual([
      [1, 3, 0, 2],
      [1, 3, 0, 2],
    ]);
    expect(y.argsort({ descending: true }).toArray()).toEqual([
      [0, 2, 3, 1],
      [2, 0, 1, 3],
    ]);
    expect(y.sort({ dim: 0 }).values.toArray()).toEqual([
      [0, -1, 3, -1],
      [3, 1, 5, 2],
    ]);
    expect(Tensor.from(3).sort().values.item()).toBe(3);
    expect(Tensor.zeros([0]).sort().values.shape).toEqual([0]);
  });

  it('NaN is the greatest', () => {
    const z = Tensor.from([Number.NaN, 1, -Infinity, Infinity]);
    expect(z.sort().values.toArray()).toEqual([-Infinity, 1, Infinity, Number.NaN]);
    expect(z.sort({ descending: true }).values.toArray()).toEqual([Number.NaN, Infinity, 1, -Infinity]);
    expect(z.topK(1).values.toArray()).toEqual([Number.NaN]);
  });

  it('topK takes the greatest or least, sorted', () => {
    expect(y.topK(2).values.toArray()).toEqual([
      [3, 3],
      [5, 0],
    ]);
    expect(y.topK(2, { largest: false }).indices.toArray()).toEqual([
      [1, 3],
      [1, 3],
    ]);
    expect(y.topK(0).values.shape).toEqual([2, 0]);
    expect(y.topK(1, { dim: 0 }).values.toArray()).toEqual([[3, 1, 5, 2]]);
  });

  it('oneHot', () => {
    expect(indices([2, 0]).oneHot(3).toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(Tensor.from(1, { dtype: 'int32' }).oneHot(2).toArray()).toEqual([0, 1]);
  });
});

describe('matmul', () => {
  it.each<[readonly number[], readonly number[], readonly number[]]>([
    [
      [2, 3],
      [3, 4],
      [2, 4],
    ],
    [
      [2, 2, 3],
      [2, 3, 1],
      [2, 2, 1],
    ],
    [
      [2, 1, 2, 3],
      [4, 3, 2],
      [2, 4, 2, 2],
    ],
    [
      [2, 2, 3],
      [3, 4],
      [2, 2, 4],
    ],
    [
      [2, 0],
      [0, 3],
      [2, 3],
    ],
    [
      [2, 2, 0],
      [0, 3],
      [2, 2, 3],
    ],
    [
      [0, 3],
      [3, 2],
      [0, 2],
    ],
    [
      [4, 0, 3],
      [3, 2],
      [4, 0, 2],
    ],
  ])('%j · %j', (a, b, shape) => {
    const [p, q] = [between(-1, 1, a, 1), between(-1, 1, b, 2)];
    const lead = shape.length - 2;
    const [pAll, qAll] = [
      p.expand([...shape.slice(0, lead), ...a.slice(-2)]),
      q.expand([...shape.slice(0, lead), ...b.slice(-2)]),
    ];
    const [pAt, qAt] = [readerOf(pAll), readerOf(qAll)];
    expectElements(
      p.matmul(q),
      shape,
      (...i) => sumOver(a.at(-1)!, (k) => pAt(...i.slice(0, -1), k) * qAt(...i.slice(0, lead), k, i.at(-1)!)),
      1e-14,
    );
  });

  it('takes vectors as rows and columns', () => {
    expect(Tensor.from([1, 2]).matmul([3, 4]).toArray()).toBe(11);
    expect(m.matmul([1, 0, 0, 1]).toArray()).toEqual([3, 11, 19]);
    expect(Tensor.from([1, 0, 1]).matmul(m).toArray()).toEqual([8, 10, 12, 14]);
    expect(Tensor.ones([2, 3]).matmul(Tensor.ones([5, 3, 4])).shape).toEqual([5, 2, 4]);
  });

  it('has its dtypes', () => {
    const i = indices([1, 2, 3, 4], [2, 2]);
    expect(i.matmul(i).dtype).toBe('int32');
    expect(i.matmul(i.float64()).dtype).toBe('float64');
    expect(i.bool().matmul(i.bool()).toArray()).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  it('linear is x·Wᵀ + b', () => {
    const [w, b] = [between(-1, 1, [2, 4], 2), Tensor.from(Float64Array.of(10, 20))];
    const wAt = readerOf(w);
    expectElements(
      x.linear(w, b),
      [2, 3, 2],
      (i, j, o) => sumOver(4, (k) => at(i, j, k) * wAt(o, k)) + 10 * (o + 1),
      1e-14,
    );
    expect(indices([1, 1, 1, 1]).linear(w).dtype).toBe('float64');
  });
});

describe('einsum', () => {
  const [a, b] = [between(-1, 1, [2, 3], 1), between(-1, 1, [3, 2], 2)];
  const [aAt, bAt] = [readerOf(a), readerOf(b)];

  it('sums what the output lacks', () => {
    expectElements(Tensor.einsum('ij,jk->ki', a, b), [2, 2], (k, i) => sumOver(3, (j) => aAt(i, j) * bAt(j, k)), 1e-14);
    expectElements(Tensor.einsum('ij->j', a), [3], (j) => aAt(0, j) + aAt(1, j), 1e-14);
    expectElements(
      Tensor.einsum(' i j , j i -> ', a, b),
      [],
      () => sumOver(6, (n) => aAt(n % 2, n >> 1) * bAt(n >> 1, n % 2)),
      1e-14,
    );
    expectElements(Tensor.einsum('ij,kl->iljk', a, b), [2, 2, 3, 3], (i, l, j, k) => aAt(i, j) * bAt(k, l));
  });

  it('takes diagonals of letters that repeat', () => {
    expectElements(Tensor.einsum('iji->ij', x.slice(null, null, [0, 2])), [2, 3], (i, j) => at(i, j, i));
    expectElements(
      Tensor.einsum('aa', a.matmul(b)),
      [],
      () => readerOf(a.matmul(b))(0, 0) + readerOf(a.matmul(b))(1, 1),
      1e-14,
    );
  });

  it('without an arrow puts out the letters that occur once, sorted', () => {
    expectElements(Tensor.einsum('ca', a), [3, 2], (i, j) => aAt(j, i));
    expectElements(Tensor.einsum('zy,yx', a, b), [2, 2], (p, q) => sumOver(3, (y) => aAt(q, y) * bAt(y, p)), 1e-14);
  });

  it('broadcasts what ... stands for', () => {
    expect(Tensor.einsum('...i,...i->...', x, x.slice([0, 1])).shape).toEqual([2, 3]);
    expectElements(Tensor.einsum('...k->k...', x), [4, 2, 3], (k, i, j) => at(i, j, k));
  });

  it.each<[string, () => unknown, string]>([
    ['too few tensors', () => Tensor.einsum('ij,jk->ik', a), "got 'ij,jk->ik' with 1 tensors"],
    ['a letter with two sizes', () => Tensor.einsum('ij,jk->ik', a, a), "einsum: letter 'j' stands for 3 and 2"],
    ['a diagonal of two sizes', () => Tensor.einsum('ii->i', a), "einsum: letter 'i' stands for 2 and 3"],
    ['too many letters', () => Tensor.einsum('ijk->i', a), "einsum: 'ijk' names 3 dims; got a tensor of shape [2, 3]"],
    [
      'an unknown output letter',
      () => Tensor.einsum('ij->ik', a),
      "must occur once there and in an input; got 'ij->ik'",
    ],
    ['an output letter twice', () => Tensor.einsum('ij->ii', a), 'must occur once'],
    ['a malformed equation', () => Tensor.einsum('i1->i', a), 'is malformed'],
    ['two arrows', () => Tensor.einsum('ij->i->j', a), 'is malformed'],
  ])('refuses %s', (_name, f, message) => {
    expect(f).toThrow(ShapeError);
    expect(f).toThrow(message);
  });
});

describe('what does not fit is refused', () => {
  refuses([
    [() => m.gather(0, [[3]]), IndexError, 'gather: index 3 at position [0, 0] is outside [0, 3) of dim 0'],
    [() => m.gather(0, [[-1]]), IndexError, 'index -1'],
    [() => m.gather(0, [0]), ShapeError, 'gather: the index does not fit along dim 0; got [3, 4] and [1]'],
    [() => m.gather(0, [[0, 0, 0, 0, 0]]), ShapeError, 'no other dim of the index larger'],
    [() => m.gather(0, Tensor.from([[0]])), DtypeError, 'gather: the index must be int32; got float32; use .int32()'],
    [() => m.gather(0, [[0.5]]), DtypeError, 'gather: int32 holds whole numbers'],
    [() => m.gather(2, [[0]]), ShapeError, 'gather: dim is outside'],
    [() => m.scatterAdd(0, [[3]], [[1]]), IndexError, 'scatterAdd: index 3'],
    [() => m.scatterAdd(0, [[0, 1]], [[1]]), ShapeError, 'scatterAdd: index [1, 2] does not fit source [1, 1]'],
    [() => m.indexSelect(0, [3]), IndexError, 'index 3'],
    [() => m.indexSelect(0, [-4]), IndexError, 'outside [0, 3)'],
    [() => m.indexSelect(0, [[0]]), ShapeError, 'indexSelect: the index must be a vector; got shape [1, 1]'],
    [() => m.indexSelect(0, Tensor.from([0])), DtypeError, 'indexSelect: the index must be int32; got float32'],
    [() => m.index([3]), IndexError, 'index: an index is outside its dim of [3, 4]'],
    [() => m.index([0], [-5]), IndexError, 'each must be from -size to size - 1'],
    [() => m.index([2], [4]), IndexError, 'index: an index is outside'],
    [() => m.index(), ShapeError, 'index: takes at least one index and at most one per dim; got 0'],
    [() => m.index([0], [0], [0]), ShapeError, 'got 3 for [3, 4]'],
    [() => m.index([0, 1], [0, 1, 2]), ShapeError, 'index: shapes do not broadcast; got [2] and [3]'],
    [() => m.index(Tensor.from([true])), DtypeError, 'index: the index must be int32; got bool'],
    [() => m.embedding([3]), IndexError, 'embedding: the table has 3 rows'],
    [() => m.flatten().embedding([0]), ShapeError, 'embedding: the table must be [count, size]; got shape [12]'],
    [() => m.embedding(Tensor.from([0])), DtypeError, 'embedding: the index must be int32; got float32'],
    [() => indices([3]).oneHot(3), IndexError, 'oneHot: a label is outside the 3 classes'],
    [() => indices([0]).oneHot(0), ArgumentError, 'oneHot: needs a count of at least 1; got 0'],
    [() => m.oneHot(3), DtypeError, 'oneHot: the index must be int32; got float32'],
    [() => m.topK(5), ShapeError, 'topK: k must be from 0 to the size of dim 1, 4; got 5'],
    [() => m.topK(1.5), ShapeError, 'got 1.5'],
    [() => m.sort({ dim: 2 }), ShapeError, 'argsort: dim is outside'],
    [
      () => m.matmul(m),
      ShapeError,
      'matmul: inner sizes differ; got [3, 4] and [3, 4]; the last of the first must equal',
    ],
    [() => m.matmul(3), ShapeError, 'matmul: takes tensors with at least 1 dim; got [3, 4] and []; use mul'],
    [() => m.matmul([1, 2]), ShapeError, 'matmul: inner sizes differ'],
    [
      () => Tensor.ones([2, 3, 4]).matmul(Tensor.ones([3, 4, 2])),
      ShapeError,
      'matmul: shapes do not broadcast; got [2] and [3]',
    ],
    [() => m.linear(Tensor.ones([2, 3])), ShapeError, 'linear: sizes differ; got input [3, 4] and weight [2, 3]'],
  ]);
});
