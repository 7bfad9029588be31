/** Products that are read transposed only. */
import { describe, expect, it } from 'vitest';
import { Tensor } from '../../../src/index.ts';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { transposeProducts } from '../../../src/jit/passes/transposed-product.ts';
import { besideEager, graphOf } from '../beside-eager.ts';

type F = (...args: Tensor[]) => readonly Tensor[];

/** The orders of all permutations, and the shapes of all products. */
function what(f: F): unknown[] {
  const { nodes } = removeUnused(transposeProducts(removeUnused(graphOf(f))));
  return nodes.flatMap((node): unknown[] => {
    if (node.op === 'permute') return [node.params.order.join('')];
    return node.op === 'matmul' ? [[...node.shape]] : [];
  });
}

const a = Tensor.randn([5, 7]);
const b = Tensor.randn([7, 9]);
const many = Tensor.randn([3, 5, 7]);

describe('transposed products', () => {
  it.each<[string, F, unknown[]]>([
    ['are computed as bᵀ·aᵀ', () => [a.matmul(b).transpose()], ['10', '10', [9, 5]]],
    ['undo transposes of factors', () => [a.transpose().matmul(a).transpose()], ['10', [7, 7]]],
    ['batch by batch', () => [many.matmul(b.expand([3, 7, 9])).transpose(1, 2)], ['021', '021', [3, 9, 5]]],
    [
      'not where another order is asked for',
      () => [many.matmul(b.expand([3, 7, 9])).permute([1, 0, 2])],
      [[3, 5, 9], '102'],
    ],
    ['not where the product is read too', () => both(a.matmul(b)), [[5, 9], '10']],
  ])('%s', (_what, f, found) => {
    expect(what(f)).toEqual(found);
    besideEager(() => f, [[], []]);
  });
});

function both(y: Tensor): Tensor[] {
  return [y, y.transpose()];
}
