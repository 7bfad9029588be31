/** Every loss of the table, values and gradients, on every way of executing. */
import { describe, expect, it, vi } from 'vitest';
import type { Dtype } from '../../src/core/dtype.ts';
import { grad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type LossRow, lossTable } from '../nn/loss/loss-table.ts';
import { expectClose } from './agreement.ts';
import { plainLoops, type Way, ways } from './way.ts';

// However small the work is, it goes to the engine.
vi.mock('../../src/backend/crossover.ts', () => ({
  crossover: { matmul: 0, conv: 0, map: 0, reduce: 0, reduceAcross: 0, move: 0, random: 0 },
  mapWeight: () => 1,
}));

/** The losses one by one, their mean, and the gradients of that by the float inputs. */
function results({ inputs, loss }: LossRow, dtype: Dtype, way: Way): Tensor[] {
  const compute = way.prepare((...given: Tensor[]) => {
    const xs = given.map((x) => (x.dtype === 'float64' ? Tensor.from(x, { dtype, requiresGrad: true }) : x));
    const mean = loss(xs, { reduction: 'mean' });
    const varied = xs.filter((x) => x.requiresGrad);
    return [loss(xs, { reduction: 'none' }), mean, ...grad(mean, varied, { allowUnused: true })];
  });
  const first = compute(...inputs());
  compute(...inputs()); // a compiled function looks whether it does the same again
  return first;
}

describe.each(ways)('$name', (way) => {
  it.each(lossTable)('$name', (row) => {
    const expected = plainLoops.run(() => results(row, 'float64', plainLoops));
    const got = way.run(() => results(row, 'float32', way));
    expect(got.length).toBe(expected.length);
    got.forEach((x, i) => {
      expectClose(x, expected[i]!, 2e-5, ['the losses', 'the mean'][i] ?? `gradient ${i - 2}`);
    });
  });
});
