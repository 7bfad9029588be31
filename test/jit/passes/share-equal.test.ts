/** What is equal is computed once, and what nobody needs not at all. */
import { describe, expect, it } from 'vitest';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { shareEqual } from '../../../src/jit/passes/share-equal.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf } from './workbench.ts';

const x = Tensor.linspace(-1, 1, 12).reshape([3, 4]);
const index = Tensor.from([[2, 0, 1, 0]], { dtype: 'int32' });

function shared(f: (...args: Tensor[]) => Tensor[], ...args: Tensor[]): string[] {
  expect(changeBy(f, args, shareEqual)).toBeUndefined();
  return kernelsOf(graphOf(f, args, shareEqual));
}

describe('equal operations', () => {
  it('are one', () => {
    expect(shared((x) => [x!.exp().add(1), x!.exp().add(1)], x)).toEqual(['map', 'map']);
    expect(shared((x, i) => [x!.gather(0, i!), x!.gather(0, i!)], x, index)).toEqual(['gather']);
    expect(shared((x) => [x!.permute([1, 0]).matmul(x!), x!.permute([1, 0]).matmul(x!)], x)).toEqual(['matmul']);
  });

  it('differ by their inputs, numbers and parameters', () => {
    expect(shared((x) => [x!.add(0), x!.add(-0), x!.mul(Number.NaN), x!.mul(Infinity)], x)).toHaveLength(4);
    expect(shared((x, i) => [x!.gather(0, i!), x!.scatterAdd(0, i!, x!.slice([0, 1]))], x, index)).toContain('gather');
    expect(shared((x) => [x!.sum({ dim: 0 }), x!.sum({ dim: 1 }), x!.amax({ dim: 0 })], x)).toHaveLength(3);
  });

  it('are not draws, each of which is another', () => {
    expect(kernelsOf(graphOf(() => [Tensor.rand([3]), Tensor.rand([3])], [], shareEqual))).toHaveLength(2);
  });
});

it('leaves out what no result needs', () => {
  const f = (x: Tensor): Tensor => {
    x.exp().sum();
    return x.mul(2);
  };
  expect(kernelsOf(graphOf(f, [x], removeUnused))).toEqual(['map']);
});
