/** Kernels of rows in compiled functions: labels outside change nothing, threads change no bit. */
import { afterEach, describe, expect, it } from 'vitest';
import { IndexError } from '../../src/core/errors.ts';
import { getThreads, jit, nn, optim, setThreads, Tensor } from '../../src/index.ts';

const x = Tensor.linspace(-2, 2, 4 * 6).reshape([4, 6]);

describe('labels of a compiled step', () => {
  it('are refused before anything has changed', () => {
    const layer = new nn.Dense(3).build([4, 6]);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
    const step = jit((labels: Tensor) => {
      const loss = nn.crossEntropy(layer.forward(x), labels);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss;
    });
    const right = Tensor.from(Int32Array.of(0, 1, 2, -100));
    step(right);
    expect(step.explain(right)).toContain(' rows(');
    const before = layer.parameters().map((p) => [...p.dataSync()]);
    expect(() => step(Tensor.from(Int32Array.of(0, 3, 2, 1)))).toThrow(IndexError);
    expect(() => step(Tensor.from(Int32Array.of(0, -1, 2, 1)))).toThrow(IndexError);
    expect(layer.parameters().map((p) => [...p.dataSync()])).toEqual(before);
    step(right);
    expect(layer.parameters().map((p) => [...p.dataSync()])).not.toEqual(before);
  });
});

describe('threads', () => {
  const before = getThreads();
  afterEach(() => setThreads(before));

  it('give the same bits', () => {
    const big = Tensor.linspace(-9, 9, 501 * 203).reshape([501, 203]);
    const f = jit((x: Tensor) => {
      const away = x.sub(x.mean({ dim: 1, keepDim: true }));
      const norm = away.mul(away.square().mean({ dim: 1, keepDim: true }).rsqrt());
      return [norm, norm.softmax(), norm.logSoftmax().amax({ dim: 1 })];
    });
    const [one, two] = [1, 2].map((count) => {
      setThreads(count);
      const until = performance.now() + (count > 1 ? 100 : 0); // workers come after a while
      let results: readonly Tensor[];
      do results = f(big);
      while (performance.now() < until);
      return results.map((r) => r.dataSync());
    });
    expect(two).toEqual(one);
  });
});
