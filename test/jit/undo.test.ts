/** A first call that fails: optimizers and averages are as if it had never been. */
import { describe, expect, it } from 'vitest';
import { IndexError } from '../../src/core/errors.ts';
import { jit } from '../../src/jit/jit.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { demandFinite } from '../../src/tensor/demand.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const numbers = (x: Tensor): number[] => [...x.dataSync()];

interface Run {
  readonly optimizer: optim.Optimizer;
  readonly average: optim.EMA;
  readonly step: ((x: Tensor, index: Tensor) => Tensor) & { readonly programs: number };
  readonly explain: (x: Tensor, index: Tensor) => string;
  /** Parameters, optimizer state and averages. */
  readonly all: () => unknown;
}

function run(make: (params: Tensor[]) => optim.Optimizer): Run {
  const net = new nn.Dense(3, { inFeatures: 2 });
  net.weight.assign([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  net.bias!.assign([0.5, 0.25, 0.125]);
  const optimizer = make(net.parameters());
  const average = new optim.EMA(net, { decay: 0.5 });
  const step = jit((x: Tensor, index: Tensor) => {
    const loss = net.forward(x).gather(1, index).square().mean();
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    average.update();
    demandFinite(loss, () => new RangeError('the loss is not finite'));
    return loss;
  });
  const texts = (tensors: Readonly<Record<string, Tensor>>): unknown =>
    Object.entries(tensors).map(([name, x]) => [name, numbers(x)]);
  const all = (): unknown => {
    const { tensors, ...rest } = optimizer.stateDict();
    return [net.parameters().map(numbers), texts(tensors), rest, average.updates, texts(average.stateDict().tensors)];
  };
  return { optimizer, average, step, explain: step.explain, all };
}

const makers: readonly (readonly [string, (params: Tensor[]) => optim.Optimizer])[] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.5, dampening: 0.5 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.1, amsgrad: true })],
  ['Muon', (p) => new optim.Muon(p, { lr: 0.1 })],
  ['Lookahead', (p) => new optim.Lookahead(new optim.NAdam(p, { lr: 0.1 }), { every: 2 })],
];

const x = Tensor.from([
  [1, -1],
  [0.5, 2],
]);
const index = Tensor.from([[0], [2]], { dtype: 'int32' });

const failures: readonly (readonly [string, Tensor, Tensor, RegExp])[] = [
  ['an index outside', x, Tensor.from([[0], [7]], { dtype: 'int32' }), /index|7/],
  ['a loss that is not finite', x.mul(Infinity), index, /the loss is not finite/],
  ['a shape that does not fit', Tensor.ones([2, 5]), index, /Dense/],
];

describe.each(makers)('%s', (_name, make) => {
  const fresh = (): unknown => {
    const { step, all } = run(make);
    return [1, 2, 3].map(() => [numbers(step(x, index)), all()]);
  };

  it.each(failures)('%s, at the first step', (_what, badX, badIndex, message) => {
    const { step, all, average } = run(make);
    const before = all();
    for (let i = 0; i < 2; i++) {
      expect(() => step(badX, badIndex)).toThrow(message);
      expect(all()).toEqual(before);
      expect(() => average.apply()).toThrow(/no average yet/);
      expect(step.programs).toBe(0);
    }
    expect([1, 2, 3].map(() => [numbers(step(x, index)), all()])).toEqual(fresh());
    expect(step.programs).toBe(1);
    const after = all();
    expect(() => step(badX, badIndex)).toThrow(message);
    expect(all()).toEqual(after);
  });

  it('explain makes no state', () => {
    const { step, explain, all } = run(make);
    const before = all();
    expect(explain(x, index)).toContain('results');
    expect(all()).toEqual(before);
    expect([1, 2, 3].map(() => [numbers(step(x, index)), all()])).toEqual(fresh());
  });
});

it('parameters that step later keep their counts when the call that let them fails', () => {
  const once = (fail: boolean): unknown => {
    const [a, b] = [1, 2].map((n) => Tensor.from([n, n], { requiresGrad: true })) as [Tensor, Tensor];
    const optimizer = new optim.Adam([a, b], { lr: 0.1 });
    const step = jit((index: Tensor) => {
      a.add(b).gather(0, index).square().sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
    const good = Tensor.from([0, 1], { dtype: 'int32' });
    for (const frozen of [false, false, true, true, false, false]) {
      b.requiresGrad = !frozen;
      const before = [a, b, ...Object.values(optimizer.stateDict().tensors)].map(numbers);
      if (fail) expect(() => step(Tensor.from([0, 9], { dtype: 'int32' }))).toThrow(IndexError);
      expect([a, b, ...Object.values(optimizer.stateDict().tensors)].map(numbers)).toEqual(before);
      step(good);
    }
    return [a, b, ...Object.values(optimizer.stateDict().tensors)].map(numbers);
  };
  expect(once(true)).toEqual(once(false));
});
