/** The last guard: what primitives refuse when something asks them directly. */
import { describe, expect, it } from 'vitest';
import { DtypeError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { add, input, mul, scalar } from '../../src/core/expression.ts';
import { formulaOf } from '../../src/core/formula.ts';
import type { Params, Primitive } from '../../src/core/primitive.ts';
import { defaultGenerator } from '../../src/core/random.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { refuses } from './refusal.ts';
import { indices } from './samples.ts';

const x = Tensor.ones([2, 3]);
const sum = formulaOf(add(input(0), input(1)), 2);
const region = { starts: [1, 0], steps: [1, 1] };

function applied<P extends Primitive>(primitive: P, inputs: readonly Tensor[], params: Params[P]): () => Tensor {
  return () => x.apply(primitive, inputs, params);
}

describe('primitives refuse', () => {
  refuses([
    [
      applied('map', [x, Tensor.ones([3])], { formula: sum, scalars: [] }),
      ShapeError,
      'map: shapes differ; got [2, 3] and [3]',
    ],
    [
      applied('map', [x], { formula: sum, scalars: [] }),
      ShapeError,
      'the formula takes 2 tensors and 0 numbers; got 1 and 0',
    ],
    [
      applied('map', [x], { formula: formulaOf(mul(input(0), scalar(1)), 1), scalars: [1] }),
      ShapeError,
      'takes 1 tensors and 2 numbers; got 1 and 1',
    ],
    [applied('full', [], { shape: [-1], value: 0, dtype: 'float32' }), ShapeError, 'full: sizes must be whole numbers'],
    [
      applied('random', [], { draw: defaultGenerator.next(), shape: [1], dtype: 'bool' }),
      DtypeError,
      'random: draws float32, float64 or int32; got bool',
    ],
    [
      applied('slice', [x], { starts: [0, 2], stops: [2, 4], steps: [1, 1] }),
      ShapeError,
      'slice: outside the tensor; got 2 to 4',
    ],
    [applied('slice', [x], { starts: [0, 0], stops: [2, 3], steps: [1, 0] }), ShapeError, 'by 0'],
    [
      applied('place', [x], { regions: [region], shape: [2, 3] }),
      ShapeError,
      'place: a part lies outside; got [2, 3] at [1, 0]',
    ],
    [
      applied('place', [x, x.float64()], { regions: [region, region], shape: [3, 3] }),
      DtypeError,
      'place: all parts must have one dtype; got float32 and float64',
    ],
    [
      applied('fold', [x], { windows: [{ dim: 0, size: 2, stride: 1, dilation: 1 }], shape: [3] }),
      ShapeError,
      'fold: the windows do not fit; got [2, 3] and [2, 2]; the second is what is needed',
    ],
    [
      applied('unfold', [x], { windows: [{ dim: 0, size: 3, stride: 1, dilation: 1 }] }),
      ShapeError,
      'unfold: the window is larger than the tensor; got size 3 with dilation 1 along dim 0 of [2, 3]',
    ],
    [
      applied('scatterAdd', [x, indices([0, 0])], { dim: 0, size: 2 }),
      ShapeError,
      'scatterAdd: source and index differ in shape',
    ],
    [
      applied('scatterAdd', [x, x], { dim: 0, size: 2 }),
      DtypeError,
      'scatterAdd: the index must be int32; got float32',
    ],
    [applied('gather', [x, indices([0, 0, 2], [1, 3])], { dim: 0 }), IndexError, 'gather: index 2 at position [0, 2]'],
    [
      applied('matmul', [x, x.transpose().float64()], {}),
      DtypeError,
      'matmul: takes two tensors of one dtype, not bool',
    ],
    [
      applied('reduce', [Tensor.zeros([0])], { op: 'max', dims: [0] }),
      ShapeError,
      'there is no greatest of no elements',
    ],
  ]);

  it('and leave no draw or graph behind', () => {
    const before = defaultGenerator.state;
    expect(() => Tensor.rand([-1])).toThrow(ShapeError);
    expect(() => Tensor.randn([0.5])).toThrow(ShapeError);
    expect(() => Tensor.randperm(-1)).toThrow(ShapeError);
    expect(() => Tensor.randint(0, 2, [-1])).toThrow(ShapeError);
    expect(defaultGenerator.state).toEqual(before);
  });
});
