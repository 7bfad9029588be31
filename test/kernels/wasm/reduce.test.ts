/** Reductions in WebAssembly agree with the plain loops, whatever the layout and the share. */
import { describe, expect, it } from 'vitest';
import { map } from '../../../kernels/cpu/map.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { reduce } from '../../../kernels/cpu/reduce.ts';
import { vectorCode } from '../../../kernels/wasm/formula.ts';
import { f32x4 } from '../../../kernels/wasm/instruction.ts';
import { planReduce, type Reduction, resultOf } from '../../../kernels/wasm/reduce.ts';
import { dtypes, type TypedArray } from '../../../src/core/dtype.ts';
import { input, mul, scalar, unary } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import type { Params } from '../../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../../src/core/shape.ts';
import { cases } from '../conformance.ts';
import { arrangements, Dice, indices, operand } from '../operands.ts';
import { deviation, Stage } from './stage.ts';

const stage = new Stage();

function reduced(params: Params['reduce'], inputs: readonly Operand[], changes: Partial<Reduction> = {}): TypedArray {
  const dtype = inputs[0]!.dtype;
  const reduction: Reduction = { op: params.op, inputs: inputs.map((x) => x.dtype), dtype, ...changes };
  const size = sizeOf(inputs[0]!.layout.shape.map((n, d) => (params.dims.includes(d) ? 1 : n)));
  return stage.with(inputs, (arrays) =>
    stage.result(resultOf(reduction), size, (to) => [planReduce(reduction, arrays, params.dims, to)]),
  );
}

function tolerance(x: Operand): number {
  return x.dtype === 'float32' ? 1e-6 : x.dtype === 'float64' ? 1e-12 : 0;
}

// biome-ignore format: a row a case
const larger: readonly (readonly [Shape, readonly number[]])[] = [
  [[1000], [0]],
  [[3, 70], [1]],
  [[70, 3], [0]],
  [[70, 50], [0]],
  [[70, 19], [0]],
  [[5, 7, 33], [0, 2]],
  [[5, 33, 7], [1]],
  [[33, 4, 17], [0, 1]],
  [[2, 3, 4, 5, 6], [1, 3]],
  [[2, 3, 4, 5, 6], [0, 2, 4]],
  [[9, 40], []],
];

describe('reduce', () => {
  it('gives what the plain loops give', () => {
    for (const { name, params, inputs } of cases.reduce()) {
      const expected = reduce(params, inputs[0]!);
      expect(deviation(reduced(params, inputs), expected, tolerance(inputs[0]!)), name).toBeUndefined();
    }
  });

  it.each(dtypes)('reduces larger %s', (dtype) => {
    const dice = new Dice(7);
    for (const arrangement of arrangements) {
      for (const [shape, dims] of larger) {
        for (const op of ['sum', 'max'] as const) {
          for (const special of [false, true]) {
            const x = operand(dice, shape, dtype, arrangement, special);
            const name = `${op} ${arrangement} [${shape}] over ${dims}`;
            const expected = reduce({ op, dims }, x);
            expect(deviation(reduced({ op, dims }, [x]), expected, tolerance(x)), name).toBeUndefined();
          }
        }
      }
    }
  });

  it('adds rows in order and in double precision, to the bit', () => {
    const x = operand(new Dice(3), [300, 40]);
    expect(reduced({ op: 'sum', dims: [0] }, [x])).toEqual(reduce({ op: 'sum', dims: [0] }, x));
  });

  it('sums a million elements within 1e-6', () => {
    const x = operand(new Dice(5), [1000000]);
    const exact = (x.storage as Float32Array).reduce((sum, v) => sum + v, 0);
    const got = reduced({ op: 'sum', dims: [0] }, [x])[0]!;
    expect(Math.abs(got - exact)).toBeLessThan(1e-6 * Math.abs(exact));
  });

  it('computes formulas before and after', () => {
    const dice = new Dice(11);
    const hooks: Reduction['hooks'] = {
      key: 'dot, doubled',
      before: (_c, [a, b]) => f32x4.mul(a!, b!),
      after: (_c, [v]) => f32x4.add(v!, v!),
    };
    for (const [shape, dims] of larger) {
      for (const arrangement of arrangements) {
        const [a, b] = [operand(dice, shape), operand(dice, shape, 'float32', arrangement)];
        const product = operand(dice, shape);
        for (let i = 0; i < product.storage.length; i++) product.storage[i] = a.storage[i]! * elementOf(b, i, shape);
        const expected = reduce({ op: 'sum', dims }, product).map((v) => 2 * v);
        const got = reduced({ op: 'sum', dims }, [a, b], { hooks });
        expect(deviation(got, expected, 1e-6), `${arrangement} [${shape}] over ${dims}`).toBeUndefined();
      }
    }
  });

  it('computes formulas of the library', () => {
    const [a, b, k] = [input(0), input(1), scalar(0)];
    const before = formulaOf(mul(unary('exp', mul(a, k)), b), 2); // e^(k·a)·b
    const hooks: Reduction['hooks'] = { key: 'exp', before: vectorCode(before, ['float32', 'int32'], 'float32') };
    const dice = new Dice(13);
    const scalars = stage.write(Float32Array.of(0.5));
    for (const [shape, dims] of larger) {
      const x = operand(dice, shape, 'float32', 'mixed');
      const n = indices(dice, shape, 9, 'mixed');
      const terms = {
        ...operand(dice, shape),
        storage: map(before, [0.5], [x, n], 'float32'),
      };
      const reduction: Reduction = { op: 'sum', inputs: ['float32', 'int32'], dtype: 'float32', hooks };
      const expected = reduce({ op: 'sum', dims }, terms);
      const got = stage.with([x, n], (arrays) =>
        stage.result('float32', expected.length, (to) => [planReduce(reduction, arrays, dims, to, scalars)]),
      );
      expect(deviation(got, expected, 1e-6), `[${shape}] over ${dims}`).toBeUndefined();
    }
    stage.engine.heap.release(scalars);
  });
});

/** Element i of the row-major order. */
function elementOf({ storage, layout }: Operand, i: number, shape: Shape): number {
  let at = layout.offset;
  for (let d = shape.length - 1, left = i; d >= 0; d--) {
    at += (left % shape[d]!) * layout.strides[d]!;
    left = Math.floor(left / shape[d]!);
  }
  return storage[at]!;
}
