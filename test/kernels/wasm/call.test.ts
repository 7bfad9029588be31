/** Planned calls give the same bits on one thread and on two, and draw their shares from whole units. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Call, runCall } from '../../../kernels/wasm/call.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { planRandom } from '../../../kernels/wasm/random.ts';
import { planReduce } from '../../../kernels/wasm/reduce.ts';
import { planRows } from '../../../kernels/wasm/rows.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import { softmaxOf } from './row-programs.ts';

describe('runCall', () => {
  const engine = new Engine(true);
  const [rows, n] = [301, 1003];
  const x = engine.heap.allocate(4 * rows * n);
  const to = engine.heap.allocate(4 * rows * n);
  afterAll(() => engine.threads.stop());

  const array = { address: x, layout: contiguousLayout([rows, n]), dtype: 'float32' as const };
  const sum = { op: 'sum' as const, inputs: ['float32' as const], dtype: 'float32' as const };
  const calls: Readonly<Record<string, Call>> = {
    random: planRandom({ draw: { key: [1, 2], index: 3 }, shape: [rows, n], dtype: 'float32' }, to),
    'sum of rows': planReduce(sum, [array], [1], to),
    'sum of columns': planReduce(sum, [array], [0], to),
    'softmax of rows': planRows(softmaxOf(n), [array], [to]),
  };

  it('starts from numbers', () => {
    runCall(engine, planRandom({ draw: { key: [7, 8], index: 9 }, shape: [rows, n], dtype: 'float32' }, x));
    expect(new Float32Array(engine.heap.memory.buffer, x, 1000).some((v) => v > 0)).toBe(true);
  });

  it.each(Object.keys(calls))('%s', (name) => {
    const results = [1, 2, 4].map((threads) => {
      engine.threads.count = threads;
      const bytes = new Uint8Array(engine.heap.memory.buffer, to, 4 * rows * n).fill(0);
      const until = performance.now() + (threads > 1 ? 100 : 0); // workers come after a while
      do runCall(engine, calls[name]!);
      while (performance.now() < until);
      return bytes.slice();
    });
    expect(results[0]!.some((byte) => byte !== 0)).toBe(true);
    for (const other of results.slice(1)) expect(other).toEqual(results[0]);
  });
});
