/** Planned calls give the same bits on one thread and on two, and draw their shares from whole units. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Call, prepareCalls, runCall } from '../../../kernels/wasm/call.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { planMap } from '../../../kernels/wasm/map.ts';
import { planRandom } from '../../../kernels/wasm/random.ts';
import { planReduce } from '../../../kernels/wasm/reduce.ts';
import { planRows } from '../../../kernels/wasm/rows.ts';
import { input, mul } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
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

describe('prepareCalls', () => {
  const engine = new Engine(true);
  afterAll(() => engine.threads.stop());
  const square = formulaOf(mul(input(0), input(0)), 1);
  const sizes = [1, 70_001, 3, 4, 90_000, 0, 17];

  it('runs calls of several sizes and kernels as they are alone, whatever the number of threads', () => {
    const runs = sizes.flatMap((n, i) =>
      (['float32', 'float64'] as const).map((dtype) => {
        const address = engine.heap.allocate(8 * n + 64);
        engine.view(dtype, address, n).set(Array.from({ length: n }, (_, j) => (i + 1) / (j + 3)));
        const to = engine.heap.allocate(8 * n + 64);
        const call = planMap(square, [{ address, layout: contiguousLayout([n]), dtype }], dtype, to);
        return { call, result: () => engine.view(dtype, to, n) };
      }),
    );
    engine.threads.count = 1;
    for (const { call } of runs) runCall(engine, call);
    const alone = runs.map(({ result }) => result().slice());
    expect(alone[2]!.at(-1)).toBe(Math.fround(Math.fround(2 / 70_003) ** 2));
    const all = prepareCalls(
      engine,
      runs.map(({ call }) => call),
    );
    for (const threads of [1, 2, 4, 1]) {
      engine.threads.count = threads;
      for (const { result } of runs) result().fill(0);
      const until = performance.now() + (threads > 1 ? 100 : 0); // workers come after a while
      do all();
      while (performance.now() < until);
      expect(runs.map(({ result }) => result())).toEqual(alone);
    }
  });
});
