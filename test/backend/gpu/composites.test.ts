/** What the CPU computes in the place of a composite is what its primitives give. */
import { describe, expect, it } from 'vitest';
import { compositesOnCpu } from '../../../src/backend/gpu/composites.ts';
import type { ArrayOperand } from '../../../src/backend/interface.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import { input, mul, scalar } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import { Generator } from '../../../src/core/random.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';

const generator = new Generator(5);
const draw = (...shape: number[]): Tensor => Tensor.randn(shape, { generator });
const as = (x: Tensor): ArrayOperand => x as Tensor & ArrayOperand;
const square = formulaOf(mul(input(0), input(0)), 1);

function expectClose(got: TypedArray, expected: Tensor): void {
  const numbers = expected.dataSync();
  expect(got.length).toBe(numbers.length);
  got.forEach((n, i) => {
    expect(n / numbers[i]!).toBeCloseTo(1, 5);
  });
}

describe('composites on the CPU', () => {
  it('reduce a formula, and apply another', () => {
    const [x, y] = [draw(3, 4, 5), draw(3, 4, 5)];
    const before = { formula: formulaOf(mul(mul(input(0), input(1)), scalar(0)), 2), dtype: 'float32' } as const;
    const params = { op: 'sum', dims: [0, 2], before, after: square, scalars: [0.5] } as const;
    const got = compositesOnCpu.mapReduce(params, [as(x), as(y)], { shape: [1, 4, 1], dtype: 'float32' });
    const expected = x
      .mul(y)
      .mul(0.5)
      .sum({ dim: [0, 2], keepDim: true })
      .square();
    expectClose(got, expected);
  });

  it('multiply, add a bias to each row, and apply a formula', () => {
    const [a, b, bias] = [draw(2, 3, 4), draw(2, 4, 5), draw(5)];
    const out = { shape: [2, 3, 5], dtype: 'float32' } as const;
    const got = compositesOnCpu.product({ bias: true, formula: square }, [as(a), as(b), as(bias)], out);
    expectClose(got, a.matmul(b).add(bias).square());
    const bare = compositesOnCpu.product({ bias: false, formula: undefined }, [as(a), as(b)], out);
    expectClose(bare, a.matmul(b));
  });

  it('convolve, add a bias to each channel, and apply a formula', () => {
    const [x, w, bias] = [draw(2, 3, 6, 6), draw(4, 3, 3, 3), draw(4)];
    const none = [1, 1];
    const conv = {
      stride: none,
      padding: [
        [1, 1],
        [0, 0],
      ],
      dilation: none,
      inputDilation: none,
      groups: 1,
    } as const;
    const out = { shape: [2, 4, 6, 4], dtype: 'float32' } as const;
    const params = { ...conv, bias: true, formula: square };
    const got = compositesOnCpu.convolution(params, [as(x), as(w), as(bias)], out);
    const expected = x
      .conv2d(w, { padding: [1, 0] })
      .add(bias.reshape([4, 1, 1]))
      .square();
    expect(expected.shape).toEqual(out.shape);
    expectClose(got, expected);
  });
});
