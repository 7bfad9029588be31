/** Reductions of what was expanded. */
import { expect, it } from 'vitest';
import { reduceRepeats } from '../../../src/jit/passes/reduce-repeats.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf } from './workbench.ts';

const row = Tensor.from([0.1, -2, 0, -0, Number.NaN, Infinity, 3e38]);
const whole = Tensor.from([2 ** 30, -7, 3], { dtype: 'int32' });

function reduced(f: (x: Tensor) => Tensor, x: Tensor): string[] {
  expect(changeBy(f, [x], reduceRepeats)).toBeUndefined();
  return kernelsOf(graphOf(f, [x], reduceRepeats));
}

it('are products and copies', () => {
  expect(reduced((x) => x.expand([9, 7]).sum({ dim: 0 }), row)).toEqual(['map']);
  expect(
    reduced(
      (x) =>
        x
          .reshape([7, 1, 1])
          .expand([7, 3, 5])
          .sum({ dim: [1, 2] }),
      row,
    ),
  ).toEqual(['map']);
  expect(reduced((x) => x.expand([5, 3]).sum({ dim: 0 }), whole)).toEqual(['map']);
  expect(reduced((x) => x.expand([9, 7]).amax({ dim: 0 }), row)).toEqual([]);
  expect(reduced((x) => x.unsqueeze(1).expand([2, 7, 4]).sum({ dim: 2 }), row)).toEqual(['map']);
});

it('stay where other dims are reduced too, nothing is repeated, or products round otherwise', () => {
  expect(reduced((x) => x.expand([9, 7]).sum(), row)).toEqual(['reduce']);
  expect(reduced((x) => x.expand([0, 7]).sum({ dim: 0 }), row)).toEqual(['reduce']);
  expect(reduced((x) => x.expand([9, 7]).sum({ dim: 0 }), row.float64())).toEqual(['reduce']);
});
