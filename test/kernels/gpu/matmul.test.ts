/** Products as plans: in fours and alone, in parts, with bias and formula, from views and single numbers. */
import { describe, expect, it } from 'vitest';
import { matmul } from '../../../kernels/cpu/matmul.ts';
import type { Limits } from '../../../kernels/gpu/launch.ts';
import { planMatmul, planProduct } from '../../../kernels/gpu/matmul.ts';
import { add, input, max } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import { expandLayout } from '../../../src/core/layout.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { arrangements } from '../operands.ts';
import { type Both, expectClose, given, single } from './given.ts';
import { narrow, run, wide } from './on-cpu-mode.ts';

const shapes: readonly (readonly [Shape, Shape])[] = [
  [
    [33, 70],
    [70, 64],
  ],
  [
    [1, 130],
    [130, 12],
  ],
  [
    [130, 9],
    [9, 1],
  ],
  [
    [2, 3, 20, 7],
    [2, 3, 7, 8],
  ],
  [
    [3, 900],
    [900, 8],
  ],
  [
    [5, 1203],
    [1203, 5],
  ],
  [
    [2, 3, 700],
    [2, 700, 4],
  ],
];

const outOf = (a: Both, b: Both): Shape => [...a.layout.shape.slice(0, -1), b.layout.shape.at(-1)!];

describe.each([
  ['in fours', wide],
  ['alone', narrow],
] as [string, Limits][])('results %s', (_, limits) => {
  const check = (a: Both, b: Both) => {
    const shape = outOf(a, b);
    const plan = planMatmul({}, [a, b], { shape, dtype: 'float32' }, limits)!;
    expectClose(run(plan, [a, b]), matmul(a, b, shape, 'float32'));
    return plan;
  };

  it.each(shapes)('%j · %j under any layout', (a, b) => {
    for (const how of arrangements) check(given(a, how), given(b, how));
  });

  it('cuts long sums with few results', () => {
    expect(check(given([3, 900]), given([900, 8]))).toHaveLength(2);
    expect(check(given([140, 900]), given([900, 500]))).toHaveLength(1);
  });

  it('takes a matrix that all batches share', () => {
    const b = given([6, 8]);
    check(given([2, 3, 5, 6]), { ...b, layout: expandLayout(b.layout, [2, 3, 6, 8]) });
  });

  it('takes a number in the place of a matrix', () => {
    for (const k of [5, 900]) {
      const [a, b] = [given([4, k]), given([k, 8])];
      const [left, right] = [single([4, k], 0.5), single([k, 8], -2)];
      const plans = [
        [a, right],
        [left, b],
        [left, right],
      ] as const;
      for (const [x, y] of plans) {
        const plan = planMatmul({}, [x, y], { shape: [4, 8], dtype: 'float32' }, limits)!;
        expectClose(run(plan, [x, y]), matmul(x, y, [4, 8], 'float32'));
      }
    }
  });

  it('adds a bias and applies a formula, in one launch or behind the parts', () => {
    const formula = formulaOf(add(max(input(0), 0), 1), 1);
    for (const [m, k, n] of [
      [6, 10, 8],
      [6, 11, 7],
      [3, 900, 8],
    ] as const) {
      const [a, b] = [given([m, k]), given([k, n], 'permuted')];
      const product = matmul(a, b, [m, n], 'float32');
      for (const bias of [given([n]), given([n], 'flipped'), single([n], 0.75)]) {
        const plan = planProduct({ bias: true, formula }, [a, b, bias], { shape: [m, n], dtype: 'float32' }, limits)!;
        const { strides, offset } = bias.layout;
        const biased = product.map(
          (x, i) => x + bias.storage[bias.value === undefined ? offset + (i % n) * strides[0]! : 0]!,
        );
        expectClose(
          run(plan, [a, b, bias]),
          biased.map((x) => Math.max(x, 0) + 1),
        );
      }
    }
  });

  it('gives way where the device has too few threads', () => {
    const [a, b] = [given([40, 4]), given([4, 40])];
    const small = { ...limits, elements: 1000 };
    expect(planMatmul({}, [a, b], { shape: [40, 40], dtype: 'float32' }, small)).toBeUndefined();
  });
});
