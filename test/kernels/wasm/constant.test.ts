/** Constants of vector code are what they were asked to be, however many there are. */
import { expect, it } from 'vitest';
import { constantsEnd } from '../../../kernels/wasm/constant.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { define } from '../../../kernels/wasm/function.ts';
import { v128 } from '../../../kernels/wasm/instruction.ts';

it('holds floats, doubles and bits, in memory and beyond its room there', () => {
  const engine = new Engine(false);
  const first = engine.heap.allocate(0);
  expect(first).toBeGreaterThanOrEqual(constantsEnd);
  const to = engine.heap.allocate(48);
  for (let i = 0; i < 1000; i++) {
    const kernels = engine.kernels(`constant ${i}`, (module, constants) => {
      const values = [constants.float(i + 0.1), constants.double(i / 3), constants.bits(-i)];
      module.add(define('store', {}, () => values.map((v, j) => v128.store(to, v, 16 * j))));
    });
    kernels.store!();
    const { buffer } = engine.heap.memory;
    expect([...new Float32Array(buffer, to, 4)]).toEqual(new Array(4).fill(Math.fround(i + 0.1)));
    expect([...new Float64Array(buffer, to + 16, 2)]).toEqual([i / 3, i / 3]);
    expect([...new Int32Array(buffer, to + 32, 4)]).toEqual(new Array(4).fill(-i | 0));
  }
});
