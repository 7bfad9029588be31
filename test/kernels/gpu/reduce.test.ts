/** Reductions as plans: in one pass and in trees, along near and far dims, with formulas before and after. */
import { describe, expect, it } from 'vitest';
import { reduce } from '../../../kernels/cpu/reduce.ts';
import type { Limits } from '../../../kernels/gpu/launch.ts';
import { type MapReduce, planMapReduce, planReduce } from '../../../kernels/gpu/reduce.ts';
import { add, input, mul, scalar, sub } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import { expandLayout } from '../../../src/core/layout.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { arrangements } from '../operands.ts';
import { expectClose, given, single } from './given.ts';
import { narrow, run, wide } from './on-cpu-mode.ts';

const outOf = (shape: Shape, dims: readonly number[]): Shape => shape.map((n, d) => (dims.includes(d) ? 1 : n));

/** [shape, dims, how many passes]. */
// biome-ignore format: a row a case
const reductions: readonly (readonly [Shape, readonly number[], number])[] = [
  [[128], [0], 1],
  [[129], [0], 2],
  [[5000], [0], 2],
  [[20000], [0], 3],
  [[3, 1000], [1], 2],
  [[1000, 3], [0], 2],
  [[7, 150, 5], [1], 2],
  [[8, 3, 9, 11], [0, 2, 3], 2],
  [[40, 2, 30, 20], [0, 2, 3], 3],
  [[9000, 20], [1], 1],
  [[1, 1], [0], 1],
];

describe.each([
  ['of WebGPU', wide],
  ['of WebGL', narrow],
  ['with little room', { ...narrow, side: 100 }],
] as [string, Limits][])('within the limits %s', (_, limits) => {
  it.each(reductions)('%j over %j in %i passes', (shape, dims, passes) => {
    for (const op of ['sum', 'max'] as const) {
      for (const how of arrangements) {
        const x = given(shape, how);
        const plan = planReduce({ op, dims }, [x], { shape: outOf(shape, dims), dtype: 'float32' }, limits)!;
        if (how === 'plain') expect(plan).toHaveLength(passes);
        expectClose(
          run(plan, [x]),
          reduce({ op, dims }, x),
          dims.reduce((n, d) => n * shape[d]!, 1),
        );
      }
    }
  });

  it('sums a number that stands for all elements', () => {
    const x = single([40, 50], 0.5);
    const plan = planReduce({ op: 'sum', dims: [0, 1] }, [x], { shape: [1, 1], dtype: 'float32' }, limits)!;
    expectClose(run(plan, [x]), [1000]);
  });

  it('reduces a formula of several inputs, and applies another one to each result', () => {
    const reduction: MapReduce = {
      op: 'sum',
      dims: [1],
      before: { formula: formulaOf(mul(sub(input(0), input(1)), add(input(2), scalar(0))), 3), dtype: 'float32' },
      after: formulaOf(add(mul(input(0), scalar(1)), input(0)), 1),
      scalars: [0.25, -3],
    };
    for (const n of [7, 400]) {
      const [x, row] = [given([4, n], 'permuted'), given([4, 1])];
      const y = { ...row, layout: expandLayout(row.layout, [4, n]) };
      const z = single([4, n], 2);
      const plan = planMapReduce(reduction, [x, y, z], { shape: [4, 1], dtype: 'float32' }, limits)!;
      const expected = [0, 1, 2, 3].map((i) => {
        let sum = 0;
        for (let j = 0; j < n; j++) {
          const { strides, offset } = x.layout;
          sum += (x.storage[offset + i * strides[0]! + j * strides[1]!]! - row.storage[i]!) * 2.25;
        }
        return sum * -3 + sum;
      });
      expectClose(run(plan, [x, y, z]), expected);
    }
  });
});

it('gives way where a formula reads more arrays than a kernel may', () => {
  const inputs = Array.from({ length: 3 }, () => given([5]));
  const before = { formula: formulaOf(add(add(input(0), input(1)), input(2)), 3), dtype: 'float32' } as const;
  const reduction: MapReduce = { op: 'max', dims: [0], before, after: undefined, scalars: [] };
  const out = { shape: [1], dtype: 'float32' } as const;
  expect(planMapReduce(reduction, inputs, out, { ...wide, arrays: 2 })).toBeUndefined();
  expect(planMapReduce(reduction, inputs, out, { ...wide, arrays: 3 })).toHaveLength(1);
});
