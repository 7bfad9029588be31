/** What is one number everywhere is filled once. */
import { expect, it } from 'vitest';
import { engineAbilities } from '../../../src/backend/engine-abilities.ts';
import { optimize } from '../../../src/jit/passes/optimize.ts';
import { storeConstants } from '../../../src/jit/passes/store-constants.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf } from './workbench.ts';

const x = Tensor.linspace(-1, 1, 6).reshape([2, 3]);
const f = (x: Tensor): Tensor[] => [
  Tensor.full([3, 2], 0.1).matmul(x),
  Tensor.full([3, 2], 7, { dtype: 'int32' }),
  Tensor.ones([4], { dtype: 'bool' }),
  Tensor.zeros([0]),
];

it('lies in the memory of the program', () => {
  expect(changeBy(f, [x], storeConstants)).toBeUndefined();
  expect(kernelsOf(graphOf(f, [x], storeConstants)).sort()).toEqual([...Array(4).fill('constant'), 'matmul']);
});

it('is filled at each run where it is large, or where nothing plans memory', () => {
  const large = (): Tensor => Tensor.zeros([200, 200]);
  expect(kernelsOf(graphOf(large, [], storeConstants))).toEqual(['full']);
  const { nodes } = storeConstants(graphOf(f, [x]), { ...engineAbilities, composites: [] });
  expect(nodes.some(({ op }) => op === 'constant')).toBe(false);
});

it('comes last, when nobody folds it any more', () => {
  expect(kernelsOf(graphOf((x: Tensor) => x.mul(Tensor.full([3], 2)), [x], optimize))).toEqual(['map']);
});
