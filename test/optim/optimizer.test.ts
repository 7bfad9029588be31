/** Optimizers: their rules, groups, learning rates, saved states, and refused settings. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { optimizerTable } from './optimizer-table.ts';

/** Parameters of two shapes, and gradients that differ at every step. */
const start = (dtype: 'float32' | 'float64' = 'float64'): Tensor[] => {
  const generator = new Generator(1);
  return [[2, 3], [4]].map((shape) => Tensor.randn(shape, { dtype, generator, requiresGrad: true }));
};
const setGradients = (params: readonly Tensor[], step: number): void => {
  const generator = new Generator(100 + step);
  for (const p of params) p.grad = Tensor.randn(p.shape, { dtype: p.dtype, generator });
};
const run = (optimizer: optim.Optimizer, params: readonly Tensor[], from: number, to: number): void => {
  for (let t = from; t < to; t++) {
    setGradients(params, t);
    optimizer.step();
  }
};
const numbersOf = (params: readonly Tensor[]): number[] => params.flatMap((p) => [...p.dataSync()]);

describe.each(optimizerTable)('$name', ({ make, rule, rateOfFirstStep = false }) => {
  it('follows its rule', () => {
    const params = start();
    const optimizer = make(params, 0.05);
    const expected = params.map((p) => [...p.dataSync()]);
    const states = expected.map((p) => [0, 1, 2].map(() => p.map(() => 0)));
    for (let t = 1; t <= 12; t++) {
      setGradients(params, t);
      optimizer.step();
      for (const [i, p] of params.entries()) {
        expected[i] = rule(expected[i]!, [...p.grad!.dataSync()], states[i]!, 0.05, t, p.shape);
      }
    }
    for (const [i, found] of numbersOf(params).entries()) expect(found).toBeCloseTo(expected.flat()[i]!, 10);
  });

  it('goes on from a saved state as if it had never stopped, bit by bit', () => {
    const whole = start('float32');
    run(make(whole, 0.05), whole, 0, 10);
    const [first, second] = [start('float32'), start('float32')];
    const before = make(first, 0.05);
    run(before, first, 0, 5);
    const state = before.stateDict();
    run(before, first, 5, 6); // does not reach what was saved
    run(make(second, 0.05), second, 0, 5);
    const after = make(second, 1);
    after.loadStateDict({ ...state, groups: JSON.parse(JSON.stringify(state.groups)) });
    run(after, second, 5, 10);
    expect(numbersOf(second)).toEqual(numbersOf(whole));
  });

  it('lets earlier results keep their numbers and their tape', () => {
    const w = Tensor.from([3], { requiresGrad: true });
    const y = w.mul(w);
    w.grad = Tensor.ones([1]);
    make([w], 0.5).step();
    expect(w.item()).not.toBe(3);
    expect(y.item()).toBe(9);
    w.grad = undefined;
    y.sum().backward();
    expect(w.grad!.item()).toBe(6);
    expect(w.isLeaf && w.requiresGrad).toBe(true);
  });

  it.skipIf(rateOfFirstStep)('sees its learning rate change, and does nothing at 0', () => {
    const params = start();
    const optimizer = make(params, 0.05);
    expect(optimizer.lr).toBe(0.05);
    optimizer.lr = 0;
    const before = numbersOf(params);
    run(optimizer, params, 0, 1);
    expect(numbersOf(params)).toEqual(before);
    optimizer.lr = 0.1;
    run(optimizer, params, 1, 2);
    expect(numbersOf(params)).not.toEqual(before);
  });

  it('passes over parameters without a gradient, and counts their steps apart', () => {
    const [a, b] = start() as [Tensor, Tensor];
    const [alone] = start() as [Tensor, Tensor];
    const [both, single] = [make([a, b], 0.05), make([alone], 0.05)];
    const before = b.toArray();
    run(both, [a], 0, 3);
    run(single, [alone], 0, 3);
    expect(b.toArray()).toEqual(before);
    expect(a.toArray()).toEqual(alone.toArray());
    expect(Object.keys(both.stateDict().tensors).some((name) => name.startsWith('state.1.'))).toBe(false);
  });
});

describe('the table', () => {
  it('has a row for every optimizer', () => {
    const bases: readonly unknown[] = [optim.Optimizer, optim.UpdateRule];
    const kinds = Object.entries(optim).filter(
      ([, kind]) => !bases.includes(kind) && 'prototype' in kind && kind.prototype instanceof optim.Optimizer,
    );
    expect(kinds.length).toBeGreaterThan(10);
    const made = optimizerTable.map(({ make }) => make(start(), 0.1).constructor);
    expect(kinds.filter(([, kind]) => !made.includes(kind)).map(([name]) => name)).toEqual([]);
  });
});

describe('an optimizer', () => {
  it.each([
    ['SGD', (p: Tensor[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.5 })],
    ['Adam', (p: Tensor[]) => new optim.Adam(p, { lr: 0.1 })],
    ['AdamW', (p: Tensor[]) => new optim.AdamW(p, { lr: 0.1, weightDecay: 0 })],
    ['RMSprop', (p: Tensor[]) => new optim.RMSprop(p, { lr: 0.02 })],
    ['Adagrad', (p: Tensor[]) => new optim.Adagrad(p, { lr: 1 })],
    ['Adadelta', (p: Tensor[]) => new optim.Adadelta(p, { lr: 5 })],
    ['Adamax', (p: Tensor[]) => new optim.Adamax(p, { lr: 0.1 })],
    ['NAdam', (p: Tensor[]) => new optim.NAdam(p, { lr: 0.1 })],
    ['RAdam', (p: Tensor[]) => new optim.RAdam(p, { lr: 0.1 })],
    ['Rprop', (p: Tensor[]) => new optim.Rprop(p)],
    ['Lion', (p: Tensor[]) => new optim.Lion(p, { lr: 0.03 })],
    ['LAMB', (p: Tensor[]) => new optim.LAMB(p, { lr: 0.01 })],
    ['Muon', (p: Tensor[]) => new optim.Muon(p, { lr: 0.1, weightDecay: 0 })],
    ['Lookahead', (p: Tensor[]) => new optim.Lookahead(new optim.Adam(p, { lr: 0.2 }))],
  ] as const)('%s finds the least of a parabola', (_name, make) => {
    const w = Tensor.from([5, -3], { requiresGrad: true });
    const optimizer = make([w]);
    for (let i = 0; i < 400; i++) {
      optimizer.zeroGrad();
      w.sub([1, 2]).square().mul([1, 4]).sum().backward();
      optimizer.step();
    }
    expect(w.sub([1, 2]).abs().amax().item()).toBeLessThan(0.05);
  });

  it('gives groups what they are given, and the rest the common options', () => {
    const [a, b] = start() as [Tensor, Tensor];
    const optimizer = new optim.SGD([{ params: [a], lr: 1, momentum: 0.5 }, { params: [b] }], {
      lr: 0.1,
      weightDecay: 2,
    });
    expect(optimizer.groups.map((group) => group.lr)).toEqual([1, 0.1]);
    expect(optimizer.groups.map((group) => group.hyper.momentum)).toEqual([0.5, 0]);
    expect(optimizer.groups.map((group) => group.hyper.weightDecay)).toEqual([2, 2]);
    expect(optimizer.lr).toBe(1);
    optimizer.groups[1]!.lr = 0.3;
    expect(optimizer.groups.map((group) => group.lr)).toEqual([1, 0.3]);
    optimizer.lr = 0.2;
    expect(optimizer.groups.map((group) => group.lr)).toEqual([0.2, 0.2]);
  });

  it('has the default settings of PyTorch', () => {
    const hyper = (optimizer: optim.Optimizer): unknown => ({ lr: optimizer.lr, ...optimizer.groups[0]!.hyper });
    const common = { weightDecay: 0, maximize: false };
    const adam = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, amsgrad: false };
    expect(hyper(new optim.SGD(start()))).toEqual({ lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, ...common });
    expect(hyper(new optim.Adam(start()))).toEqual({ ...adam, ...common });
    expect(hyper(new optim.AdamW(start()))).toEqual({ ...adam, ...common, weightDecay: 0.01 });
    const rms = { lr: 1e-2, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false };
    expect(hyper(new optim.RMSprop(start()))).toEqual({ ...rms, ...common });
    const adagrad = { lr: 1e-2, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 };
    expect(hyper(new optim.Adagrad(start()))).toEqual({ ...adagrad, ...common });
    expect(hyper(new optim.Adadelta(start()))).toEqual({ lr: 1, rho: 0.9, eps: 1e-6, ...common });
    const { amsgrad: _amsgrad, ...kin } = adam;
    expect(hyper(new optim.Adamax(start()))).toEqual({ ...kin, ...common, lr: 2e-3 });
    const decoupled = { decoupledWeightDecay: false };
    expect(hyper(new optim.NAdam(start()))).toEqual({ ...kin, ...common, ...decoupled, lr: 2e-3, momentumDecay: 4e-3 });
    expect(hyper(new optim.RAdam(start()))).toEqual({ ...kin, ...common, ...decoupled });
    const rprop = { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false };
    expect(hyper(new optim.Rprop(start()))).toEqual(rprop);
  });

  it('zeroGrad drops all gradients', () => {
    const params = start();
    setGradients(params, 0);
    new optim.SGD(params).zeroGrad();
    expect(params.every((p) => p.grad === undefined)).toBe(true);
  });

  it('names its state as PyTorch does', () => {
    const params = start();
    const optimizer = new optim.Adam(params, { amsgrad: true });
    run(optimizer, params, 0, 2);
    const { type, tensors, groups } = optimizer.stateDict();
    expect(type).toBe('Adam');
    expect(Object.keys(tensors).slice(0, 4)).toEqual(
      ['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'].map((name) => `state.0.${name}`),
    );
    expect(tensors['state.1.step']!.item()).toBe(2);
    expect(groups[0]!.params).toBe(2);
  });

  it('refuses what it cannot update', () => {
    const [a] = start() as [Tensor, Tensor];
    expect(() => new optim.SGD([])).toThrow(/there are no parameters; pass module\.parameters\(\)/);
    expect(() => new optim.SGD([a, a])).toThrow(/shape \[2, 3\] is given twice/);
    expect(() => new optim.SGD([{ params: [a] }, { params: [a] }])).toThrow(ArgumentError);
    expect(() => new optim.SGD([a.mul(2)])).toThrow(/got a result of shape/);
    expect(() => new optim.SGD([Tensor.zeros([2], { dtype: 'int32' })])).toThrow(/got int32/);
  });

  it.each([
    ['lr', () => new optim.SGD(start(), { lr: -1 })],
    ['lr', () => new optim.SGD(start(), { lr: Number.NaN })],
    ['momentum', () => new optim.SGD(start(), { momentum: -0.1 })],
    ['nesterov', () => new optim.SGD(start(), { nesterov: true })],
    ['nesterov', () => new optim.SGD(start(), { nesterov: true, momentum: 0.9, dampening: 0.1 })],
    ['dampening', () => new optim.SGD(start(), { dampening: Number.NaN })],
    ['weightDecay', () => new optim.SGD(start(), { weightDecay: -1 })],
    ['betas\\[0\\]', () => new optim.Adam(start(), { betas: [1, 0.9] })],
    ['betas\\[1\\]', () => new optim.AdamW(start(), { betas: [0.9, -0.1] })],
    ['eps', () => new optim.Adam(start(), { eps: -1 })],
    ['alpha', () => new optim.RMSprop(start(), { alpha: -1 })],
    ['lrDecay', () => new optim.Adagrad(start(), { lrDecay: -1 })],
    ['initialAccumulatorValue', () => new optim.Adagrad(start(), { initialAccumulatorValue: Number.NaN })],
    ['rho', () => new optim.Adadelta(start(), { rho: 1.1 })],
    ['eps', () => new optim.Adamax(start(), { eps: -1 })],
    ['momentumDecay', () => new optim.NAdam(start(), { momentumDecay: -1 })],
    ['betas\\[1\\]', () => new optim.RAdam(start(), { betas: [0.9, 1] })],
    ['etas', () => new optim.Rprop(start(), { etas: [1.2, 0.5] })],
    ['stepSizes', () => new optim.Rprop(start(), { stepSizes: [2, 1] })],
    ['weightDecay', () => new optim.Lion(start(), { weightDecay: -1 })],
    ['eps', () => new optim.LAMB(start(), { eps: Infinity })],
    ['momentum', () => new optim.Muon(start(), { momentum: 1 })],
    ['newtonSchulzSteps', () => new optim.Muon(start(), { newtonSchulzSteps: 0.5 })],
    ['every', () => new optim.Lookahead(new optim.SGD(start()), { every: 0 })],
    ['alpha', () => new optim.Lookahead(new optim.SGD(start()), { alpha: 2 })],
  ])('refuses an impossible %s', (name, make) => {
    expect(make).toThrow(new RegExp(`${name} |needs momentum`));
    expect(make).toThrow(ArgumentError);
  });

  it('lets its momentum be set, as a number first and as a cell from then on', () => {
    for (const make of [
      (p: Tensor[]) => new optim.SGD(p, { momentum: 0.9, dampening: 0.1 }),
      (p: Tensor[]) => new optim.SGD(p, { momentum: 0.9, nesterov: true }),
      (p: Tensor[]) => new optim.RMSprop(p, { momentum: 0.9 }),
      (p: Tensor[]) => new optim.Muon(p, { momentum: 0.9 }),
      ...[optim.Adam, optim.AdamW, optim.Adamax, optim.NAdam, optim.RAdam, optim.Lion, optim.LAMB].map(
        (kind) => (p: Tensor[]) => new kind(p, { lr: 0.1, betas: [0.9, 0.99] }),
      ),
    ]) {
      const [a, b] = [start(), start()];
      const [driven, plain] = [make(a), make(b)];
      const [group] = driven.groups;
      group!.momentum = 0.9; // the same number, in a cell
      run(driven, a, 0, 4);
      run(plain, b, 0, 4);
      for (const [i, x] of numbersOf(a).entries()) expect(x).toBeCloseTo(numbersOf(b)[i]!, 12);
      group!.momentum = 0.5;
      expect(group!.momentum).toBe(0.5);
      run(driven, a, 4, 14);
      run(plain, b, 4, 14);
      expect(numbersOf(a)).not.toEqual(numbersOf(b));
      const [saved, other] = [driven.stateDict(), make(start())];
      other.loadStateDict(saved);
      expect(other.groups[0]!.momentum).toBe(0.5);
      driven.loadStateDict({ ...plain.stateDict() });
      expect(group!.momentum).toBe(0.9);
      driven.groups[0]!.params.forEach((p, i) => void p.assign(b[i]!.detach()));
      run(driven, a, 14, 15);
      run(plain, b, 14, 15);
      for (const [i, x] of numbersOf(a).entries()) expect(x).toBeCloseTo(numbersOf(b)[i]!, 12);
    }
  });

  it('refuses a momentum that is none, or where there is none', () => {
    const [none] = new optim.SGD(start()).groups;
    expect(none!.momentum).toBeUndefined();
    expect(() => {
      none!.momentum = 0.5;
    }).toThrow(/has no momentum to set/);
    const [group] = new optim.Adam(start()).groups;
    for (const value of [0, 1, Number.NaN]) {
      expect(() => {
        group!.momentum = value;
      }).toThrow(ArgumentError);
    }
    expect(group!.momentum).toBe(0.9);
  });

  it('leaves frozen parameters alone, whatever decays or averages', () => {
    for (const { make } of optimizerTable) {
      const params = start();
      params[0]!.requiresGrad = false;
      const before = params.map((p) => p.toArray());
      const optimizer = make(params, 0.1);
      params[1]!.square().sum().backward();
      optimizer.step();
      expect(params[0]!.toArray()).toEqual(before[0]);
      expect(params[1]!.toArray()).not.toEqual(before[1]);
    }
  });

  it('refuses an impossible lr later on, and keeps the old one', () => {
    const optimizer = new optim.SGD(start(), { lr: 0.5 });
    expect(() => {
      optimizer.lr = -1;
    }).toThrow(ArgumentError);
    expect(optimizer.lr).toBe(0.5);
  });
});

describe('a state that does not fit', () => {
  const trained = (): [optim.Adam, Tensor[]] => {
    const params = start();
    const optimizer = new optim.Adam(params, { lr: 0.1 });
    run(optimizer, params, 0, 2);
    return [optimizer, params];
  };
  const state = trained()[0].stateDict();
  const [group] = state.groups as [optim.GroupState];
  const { 'state.0.step': step, ...rest } = state.tensors;

  it.each([
    ['is of another optimizer', { ...state, type: 'SGD' }, /of another optimizer; got SGD/],
    ['has more groups', { ...state, groups: [group, group] }, /number of groups differs; got 2 for 1/],
    ['has more parameters', { ...state, groups: [{ ...group, params: 3 }] }, /got 3 for 2/],
    ['lacks a tensor', { ...state, tensors: rest }, /state\.0\.step is missing/],
    ['has a tensor too many', { ...state, tensors: { ...state.tensors, odd: step! } }, /unexpected odd/],
    [
      'has another shape',
      { ...state, tensors: { ...state.tensors, 'state.1.exp_avg': step! } },
      /state\.1\.exp_avg has another shape; got \[\] for \[4\]/,
    ],
    ['has an impossible lr', { ...state, groups: [{ ...group, lr: Infinity }] }, /lr must be/],
    [
      'has an impossible hyper-parameter',
      { ...state, groups: [{ ...group, hyper: { ...group.hyper, betas: [2, 3] } }] },
      /betas\[0\]/,
    ],
    [
      'has a hyper-parameter of another kind',
      { ...state, groups: [{ ...group, hyper: { ...group.hyper, eps: true } }] },
      /hyper-parameter eps does not fit; got true/,
    ],
    ['lacks a hyper-parameter', { ...state, groups: [{ ...group, hyper: {} }] }, /betas does not fit; got undefined/],
  ])('since it %s, changes nothing', (_why, wrong, message) => {
    const [optimizer, params] = trained();
    optimizer.lr = 0.7;
    expect(() => optimizer.loadStateDict(wrong)).toThrow(message);
    expect(() => optimizer.loadStateDict(wrong)).toThrow(StateError);
    expect(optimizer.lr).toBe(0.7);
    const [same, sameParams] = trained();
    same.lr = 0.7;
    run(optimizer, params, 2, 3);
    run(same, sameParams, 2, 3);
    expect(numbersOf(params)).toEqual(numbersOf(sameParams));
  });
});
