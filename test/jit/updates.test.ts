/** Compiled steps of every optimizer give the bits of eager ones, for parameters of all sizes and any number of threads. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Generator } from '../../src/core/random.ts';
import { setThreads } from '../../src/index.ts';
import { jit } from '../../src/jit/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { optimizerTable } from '../optim/optimizer-table.ts';

// eager kernels are those of programs
vi.mock('../../src/backend/crossover.ts', () => ({
  crossover: { matmul: 0, conv: 0, map: 0, reduce: 0, reduceAcross: 0, move: 0, random: 0 },
  mapWeight: () => 1,
}));

afterAll(() => setThreads(1));

const shapes = [[1], [3], [4], [], [5], [1000], [40, 25], [7, 3], [60, 301]];

interface Training {
  readonly params: readonly Tensor[];
  readonly optimizer: optim.Optimizer;
  /** What a step returns. */
  readonly step: (...gradients: Tensor[]) => unknown;
}

type Make = (params: readonly Tensor[]) => Training;

/** The numbers of all parameters and of the optimizer's state after some steps. */
function trained(make: Make, compile: (f: Training['step']) => Training['step']): Map<string, Float64Array> {
  const generator = new Generator(3);
  const params = shapes.map((shape) => Tensor.randn(shape, { generator, requiresGrad: true }));
  const { optimizer, step } = make(params);
  const run = compile(step);
  for (let t = 0; t < 4; t++) run(...shapes.map((shape) => Tensor.randn(shape, { generator })));
  const all = { ...Object.fromEntries(params.map((p, i) => [`p${i}`, p])), ...optimizer.stateDict().tensors };
  return new Map(Object.entries(all).map(([name, x]) => [name, Float64Array.from(x.dataSync())]));
}

/** The name and place of a number that is another one compiled. */
function differenceOf(make: Make, threads: number): string | undefined {
  setThreads(1);
  const eager = trained(make, (f) => f);
  setThreads(threads);
  const compiled = trained(make, (f) => jit(f));
  for (const [name, x] of eager) {
    const y = compiled.get(name)!;
    const at = x.findIndex((v, i) => !Object.is(v, y[i]));
    if (at >= 0) return `${name}, element ${at}: ${y[at]}, eager ${x[at]}`;
  }
  return compiled.size === eager.size ? undefined : 'another number of tensors';
}

const plain =
  (
    make: (params: readonly Tensor[]) => optim.Optimizer,
    before: (params: readonly Tensor[]) => void = () => {},
  ): Make =>
  (params) => {
    const optimizer = make(params);
    return {
      params,
      optimizer,
      step: (...gradients) => {
        for (const [i, p] of params.entries()) p.grad = gradients[i]!.mul(2);
        before(params);
        optimizer.step();
        optimizer.zeroGrad();
      },
    };
  };

/** How many kernels over all parameters a step has, and the elements of the largest. */
function updatesOf(make: Make): number[] {
  const params = shapes.map((shape) => Tensor.randn(shape, { requiresGrad: true }));
  const text = jit(make(params).step).explain(...shapes.map((shape) => Tensor.randn(shape)));
  return [...text.matchAll(/ = updates\(.* and \d+ more like it, (\d+) elements/g)].map(([, size]) => Number(size));
}

const elements = shapes.reduce((sum, shape) => sum + shape.reduce((n, size) => n * size, 1), 0);

describe.each([1, 2])('with %d threads', (threads) => {
  it.each(optimizerTable)('$name', ({ make }) => {
    expect(
      differenceOf(
        plain((params) => make(params, 0.05)),
        threads,
      ),
    ).toBeUndefined();
  });
});

describe('between backward and step', () => {
  const adam = (params: readonly Tensor[]): optim.Optimizer => new optim.Adam(params, { lr: 0.1, weightDecay: 0.01 });

  it('gradients may be clipped by value', () => {
    const make = plain(adam, (params) => optim.clipGradValue(params, 0.5));
    expect(differenceOf(make, 2)).toBeUndefined();
    expect(updatesOf(make)).toEqual([elements]);
  });

  it('gradients may be clipped by their norm', () => {
    const make = plain(adam, (params) => void optim.clipGradNorm(params, 0.5));
    expect(differenceOf(make, 2)).toBeUndefined();
    expect(updatesOf(make)).toEqual([elements]);
  });

  it('gradients may be collected over several batches', () => {
    const make: Make = (params) => {
      const optimizer = adam(params);
      const step: Training['step'] = (...gradients) => {
        for (const [i, p] of params.entries()) p.grad = gradients[i]!.add(gradients[i]!.tanh());
        optimizer.step();
        optimizer.zeroGrad();
      };
      return { params, optimizer, step };
    };
    expect(differenceOf(make, 2)).toBeUndefined();
    expect(updatesOf(make)).toEqual([elements]);
  });

  it('the kernel averages the weights too', () => {
    const make: Make = (params) => {
      const optimizer = adam(params);
      const source = { namedParameters: () => params.map((p, i) => [`p${i}`, p] as const), namedBuffers: () => [] };
      const average = new optim.EMA(source, { decay: 0.9 });
      const step: Training['step'] = (...gradients) => {
        for (const [i, p] of params.entries()) p.grad = gradients[i];
        optimizer.step();
        average.update();
        optimizer.zeroGrad();
      };
      return { params, optimizer, step };
    };
    expect(differenceOf(make, 2)).toBeUndefined();
    expect(updatesOf(make)).toEqual([elements]);
  });
});

describe('one kernel over all parameters', () => {
  it.each<[string, (params: readonly Tensor[]) => optim.Optimizer]>([
    ['SGD', (params) => new optim.SGD(params)],
    ['SGD with momentum', (params) => new optim.SGD(params, { momentum: 0.9, dampening: 0.1, weightDecay: 0.1 })],
    ['Nesterov', (params) => new optim.SGD(params, { momentum: 0.9, nesterov: true })],
    ['Adam', (params) => new optim.Adam(params)],
    ['AMSGrad', (params) => new optim.Adam(params, { amsgrad: true })],
    ['AdamW', (params) => new optim.AdamW(params)],
    ['RMSprop', (params) => new optim.RMSprop(params, { momentum: 0.9, centered: true })],
    ['Adagrad', (params) => new optim.Adagrad(params, { lrDecay: 0.1 })],
    ['Adadelta', (params) => new optim.Adadelta(params)],
    ['Adamax', (params) => new optim.Adamax(params)],
    ['NAdam', (params) => new optim.NAdam(params)],
    ['RAdam', (params) => new optim.RAdam(params)],
    ['Rprop', (params) => new optim.Rprop(params)],
    ['Lion', (params) => new optim.Lion(params, { weightDecay: 0.1 })],
  ])('%s', (_name, make) => {
    expect(updatesOf(plain(make))).toEqual([elements]);
  });
});
