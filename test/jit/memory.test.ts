/** The memory of programs: no call adds to it, and it is given back. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineHost } from '../../src/backend/engine.ts';
import { getThreads, setThreads } from '../../src/backend/threads.ts';
import { manualSeed } from '../../src/core/random.ts';
import { jit } from '../../src/jit/index.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const used = (): number => engineHost()!.engine.heap.used;

function step(): { readonly run: (x: Tensor) => Tensor; readonly dispose: () => void } {
  manualSeed(0);
  const net = new nn.Sequential(new nn.Dense(32, { activation: 'relu' }), new nn.Dropout(0.5), new nn.Dense(4));
  net.build([8, 16]);
  const optimizer = new optim.Adam(net.parameters());
  const run = jit((x: Tensor) => {
    const loss = net.forward(x).square().mean();
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss;
  });
  return { run, dispose: () => run.dispose() };
}

// Workers come up when they are ready, and what a first job for them is told stays on the heap.
let threads = 0;
beforeAll(() => {
  threads = getThreads();
  setThreads(1);
});
afterAll(() => setThreads(threads));

describe('programs', () => {
  it('take nothing more from call to call', () => {
    const { run } = step();
    const x = Tensor.randn([8, 16]);
    for (let i = 0; i < 3; i++) run(x);
    const before = used();
    for (let i = 0; i < 300; i++) run(x);
    expect(used()).toBe(before);
  });

  it('give back what they have when disposed of, or when others take their place', () => {
    const cell = Tensor.ones([100]);
    const f = jit((x: Tensor) => x.add(1).matmul(x.transpose().exp()).sum().mul(cell).sum(), { programs: 2 });
    for (const n of [90, 100]) f(Tensor.ones([n, n]));
    f.dispose();
    const before = used(); // the cell stays on the heap, and so does scratch
    for (const n of [20, 40, 60, 80, 100]) f(Tensor.ones([n, n]));
    const two = used();
    f(Tensor.ones([100, 100]));
    expect(used()).toBe(two);
    for (const n of [90, 100, 90, 100]) f(Tensor.ones([n, n]));
    expect(used()).toBeLessThanOrEqual(two + 90 * 90 * 4 * 8);
    f.dispose();
    expect(used()).toBe(before);
  });

  it('that nobody has any more are collected, cells too', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const collect = async (): Promise<void> => {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5)); // finalizers run between turns
    };
    const make = (): void => {
      const { run } = step();
      for (let i = 0; i < 3; i++) run(Tensor.randn([8, 16]));
    };
    make(); // kernels stay
    for (let i = 0; i < 5; i++) await collect();
    const before = used();
    make();
    expect(used()).toBeGreaterThan(before);
    // rounds, not seconds: V8 may hold on to what it is compiling in the background
    for (let i = 0; i < 100 && used() > before; i++) await collect();
    expect(used()).toBeLessThanOrEqual(before);
  });
});
