/** Draws in WebAssembly have the bits of the plain loops. */
import { describe, expect, it } from 'vitest';
import { random } from '../../../kernels/cpu/random.ts';
import { planBernoulli, planRandom } from '../../../kernels/wasm/random.ts';
import type { Params } from '../../../src/core/primitive.ts';
import { sizeOf } from '../../../src/core/shape.ts';
import { cases } from '../conformance.ts';
import { Stage } from './stage.ts';

const stage = new Stage();

function drawn(params: Params['random']) {
  return stage.result(params.dtype, sizeOf(params.shape), (to) => [planRandom(params, to)]);
}

describe('random', () => {
  it('draws the bits of the plain loops in all cases', () => {
    for (const { name, params } of cases.random()) expect(drawn(params), name).toEqual(random(params));
  });

  it.each(['float32', 'float64', 'int32'] as const)('draws any number of %s', (dtype) => {
    for (let size = 0; size < 40; size++) {
      const params = { draw: { key: [size, ~size] as const, index: 7 * size }, shape: [size], dtype };
      expect(drawn(params)).toEqual(random(params));
    }
    const many = { draw: { key: [1, 2] as const, index: 3 }, shape: [50001], dtype };
    expect(drawn(many)).toEqual(random(many));
  });

  it('draws bools by a probability', () => {
    for (const size of [0, 1, 5, 8, 13, 1000]) {
      for (const probability of [0, 0.2, 0.5, 1]) {
        const draw = { key: [5, 6] as const, index: size };
        const uniform = random({ draw, shape: [size], dtype: 'float32' });
        const got = stage.result('bool', size, (to) => [planBernoulli(draw, size, probability, to)]);
        expect([...got]).toEqual([...uniform].map((u) => (u < Math.fround(probability) ? 1 : 0)));
      }
    }
  });
});
