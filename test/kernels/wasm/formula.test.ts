/** Formulas as code for other kernels: before and after a reduction. */
import { expect, it } from 'vitest';
import { map } from '../../../kernels/cpu/map.ts';
import { reduce } from '../../../kernels/cpu/reduce.ts';
import { vectorCode } from '../../../kernels/wasm/formula.ts';
import { planReduce } from '../../../kernels/wasm/reduce.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import { binaryFormulas, numberFormulas, unaryFormulas } from '../../../src/tensor/formulas.ts';
import { Dice, operand } from '../operands.ts';
import { deviation, Stage } from './stage.ts';

const stage = new Stage();

it('sums exponentials and takes the logarithm of the sum', () => {
  const x = operand(new Dice(2), [6, 37], 'float32', 'permuted');
  const hooks = {
    key: 'log sum exp',
    before: vectorCode(unaryFormulas.exp, ['float32'], 'float32'),
    after: vectorCode(unaryFormulas.log, ['float32'], 'float32'),
  };
  for (const dims of [[0], [1], [0, 1]]) {
    const got = stage.with([x], (arrays) =>
      stage.result('float32', dims.length === 2 ? 1 : (6 * 37) / x.layout.shape[dims[0]!]!, (to) => [
        planReduce({ op: 'sum', inputs: ['float32'], dtype: 'float32', hooks }, arrays, dims, to),
      ]),
    );
    const exp = {
      storage: map(unaryFormulas.exp, [], [x], 'float32'),
      layout: contiguousLayout([6, 37]),
      dtype: x.dtype,
    };
    const sum = reduce({ op: 'sum', dims }, exp);
    const expected = map(
      unaryFormulas.log,
      [],
      [{ ...exp, storage: sum, layout: contiguousLayout([sum.length]) }],
      'float32',
    );
    expect(deviation(got, expected, 1e-6)).toBeUndefined();
  }
});

it('reduces a formula of a mask, numbers and a scalar', () => {
  const dice = new Dice(8);
  const xs = [operand(dice, [5, 21], 'float32', 'sliced'), operand(dice, [5, 21], 'bool', 'plain')];
  const scalars = stage.write(Float32Array.of(2.5));
  const scaled = numberFormulas.mul;
  const hooks = {
    key: 'scaled most of a masked input',
    before: vectorCode(binaryFormulas.mul, ['float32', 'bool'], 'float32'),
    after: vectorCode(scaled, ['float32'], 'float32'),
  };
  const got = stage.with(xs, (arrays) =>
    stage.result('float32', 5, (to) => [
      planReduce({ op: 'max', inputs: ['float32', 'bool'], dtype: 'float32', hooks }, arrays, [1], to, scalars),
    ]),
  );
  const product = map(binaryFormulas.mul, [], xs, 'float32');
  const most = reduce(
    { op: 'max', dims: [1] },
    { storage: product, layout: contiguousLayout([5, 21]), dtype: 'float32' },
  );
  const expected = map(scaled, [2.5], [{ storage: most, layout: contiguousLayout([5]), dtype: 'float32' }], 'float32');
  expect(deviation(got, expected, 0)).toBeUndefined();
  stage.engine.heap.release(scalars);
});
