/** Every layer of the table, output and gradients, on every way of executing. */
import { describe, expect, it, vi } from 'vitest';
import type { Dtype } from '../../src/core/dtype.ts';
import { grad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { asFunction, inputsIn, type LayerRow, layerTable } from '../nn/layer-table.ts';
import { expectClose } from './agreement.ts';
import { plainLoops, type Way, ways } from './way.ts';

// However small the work is, it goes to the engine.
vi.mock('../../src/backend/crossover.ts', () => ({
  crossover: { matmul: 0, conv: 0, map: 0, reduce: 0, reduceAcross: 0, move: 0, random: 0 },
  mapWeight: () => 1,
}));

/** The output, and the gradients by the float inputs and the parameters. */
function results(row: LayerRow, dtype: Dtype, way: Way): Tensor[] {
  const { module, generator } = asFunction(row, dtype);
  const { state } = generator;
  // the weights of float64, rounded: those of float32 are drawn otherwise
  const reference = asFunction(row).module;
  module.loadStateDict(reference.stateDict());
  const compute = way.prepare((...given: Tensor[]) => {
    const inputs = given.map((x) => (x.dtype === dtype && row.order > 0 ? Tensor.from(x, { requiresGrad: true }) : x));
    const out = row.run(module, ...inputs);
    const varied = [...inputs.filter((x) => x.requiresGrad), ...module.parameters()];
    if (!out.requiresGrad) return [out];
    const factors = Tensor.linspace(0.5, 1.5, out.size, { dtype }).reshape(out.shape);
    return [out, ...grad(out.mul(factors).sum(), varied, { allowUnused: true })];
  });
  const inputs = inputsIn(row, dtype);
  generator.state = state;
  const first = compute(...inputs);
  generator.state = state;
  compute(...inputs); // a compiled function looks whether it does the same again
  return first;
}

describe.each(ways)('$name', (way) => {
  it.each(layerTable)('$name', (row) => {
    const expected = plainLoops.run(() => results(row, 'float64', plainLoops));
    const got = way.run(() => results(row, 'float32', way));
    expect(got.length).toBe(expected.length);
    got.forEach((x, i) => {
      expectClose(x, expected[i]!, 2e-5, i === 0 ? 'the output' : `gradient ${i}`);
    });
  });
});
