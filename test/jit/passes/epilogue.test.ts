/** Products and convolutions that take up the bias and the maps behind them. */
import { describe, expect, it } from 'vitest';
import { nn, Tensor } from '../../../src/index.ts';
import { addEpilogues } from '../../../src/jit/passes/epilogue.ts';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { abilities, besideEager, countOps, graphOf } from '../beside-eager.ts';

type F = (...args: Tensor[]) => readonly Tensor[];

const opsOf = (f: F, ...args: Tensor[]) =>
  countOps(removeUnused(addEpilogues(removeUnused(graphOf(f, ...args)), abilities())));

const x = Tensor.randn([5, 7]);
const w = Tensor.randn([7, 9]);
const b = Tensor.randn([9]);
const wide = Tensor.randn([18]);
const image = Tensor.randn([2, 3, 8, 9]);
const kernel = Tensor.randn([4, 3, 3, 3]);
const channels = Tensor.randn([4]);

describe('epilogues', () => {
  it.each<[string, F, Record<string, number>]>([
    ['a bias', () => [x.matmul(w).add(b)], { product: 1 }],
    ['a bias on the left', () => [b.add(x.matmul(w))], { product: 1 }],
    ['a bias and a relu', () => [x.matmul(w).add(b).relu()], { product: 1 }],
    ['a relu alone', () => [x.matmul(w).relu()], { product: 1 }],
    ['a bias and two maps', () => [x.matmul(w).add(b).relu().tanh()], { product: 1 }],
    ['a bias of a row', () => [x.matmul(w).add(b.reshape([1, 9]))], { product: 1 }],
    ['rows of three dims', () => [x.matmul(w).reshape([5, 1, 9]).add(b).sigmoid()], { product: 1 }],
    ['a bias of elements that lie apart', () => [x.matmul(w).add(wide.slice([0, 18, 2]))], { product: 1 }],
    ['a bias backwards', () => [x.matmul(w).add(b.flip(0)).relu()], { product: 1 }],
    ['a bias that is one number', () => [x.matmul(w).add(b.slice([0, 1]).expand([9]).reshape([9]))], { product: 1 }],
    [
      'channels of a column',
      () => [image.conv2d(kernel).add(w.slice([0, 4], [2, 3]).reshape([4, 1, 1]))],
      { convolution: 1 },
    ],
    ['a transposed weight', () => [x.matmul(w.transpose().reshape([9, 7]).transpose()).add(b)], { product: 1 }],
    ['a bias of channels', () => [image.conv2d(kernel, { bias: channels }).relu()], { convolution: 1 }],
    ['a difference', () => [x.matmul(w).sub(b)], { matmul: 1, map: 1 }],
    ['a column, not a bias', () => [x.matmul(w).add(Tensor.ones([5, 1]))], { matmul: 1, map: 1, full: 1 }],
    ['a whole matrix', () => [x.matmul(w).add(x.matmul(w.exp()))], { matmul: 2, map: 2 }],
    ['a product that is read twice', () => pair(x.matmul(w).add(b)), { product: 1, map: 1 }],
    ['a product that is a result', () => pair(x.matmul(w)), { matmul: 1, map: 1 }],
    ['a number that the user gives', () => [x.matmul(w).mul(0.3)], { matmul: 1, map: 1 }],
    ['int32', () => [x.int32().matmul(w.int32()).add(b.int32())], { cast: 3, matmul: 1, map: 1 }],
    [
      'a reshape that moves the columns',
      () => [
        x
          .matmul(w)
          .reshape([9, 5])
          .add(Tensor.ones([5])),
      ],
      { matmul: 1, map: 1, full: 1 },
    ],
  ])('are found, or not: %s', (_what, f, ops) => {
    expect(opsOf(f)).toEqual(ops);
    besideEager(() => f, [[], []]);
  });

  it('give the gradients of a dense layer and of a convolution', () => {
    besideEager(() => {
      const dense = new nn.Dense(6, { inFeatures: 7, activation: 'relu' });
      const conv = new nn.Conv2D(4, 3, { inChannels: 3 });
      return (a, c) => {
        const loss = dense.forward(a!).square().sum().add(conv.forward(c!).relu().square().sum());
        loss.backward();
        return [loss, ...[...dense.parameters(), ...conv.parameters()].map((p) => p.grad!)];
      };
    }, [[x, image]]);
  });

  it('keep NaN and infinities', () => {
    const odd = Tensor.from([
      [Number.NaN, 1],
      [Infinity, 1],
      [-Infinity, 0],
    ]);
    besideEager(
      () => (a) => [
        a!
          .matmul(Tensor.ones([2, 3]))
          .add(Tensor.ones([3]))
          .relu(),
      ],
      [[odd]],
    );
  });
});

function pair(y: Tensor): Tensor[] {
  return [y, y.exp()];
}
