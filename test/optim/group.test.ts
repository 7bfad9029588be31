/** Groups that are added to an optimizer at work: their options, state, schedules, and what is refused. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { Model } from '../../src/train/index.ts';

const leaf = (value: number): Tensor => Tensor.from([value], { requiresGrad: true, dtype: 'float64' });
const give = (params: readonly Tensor[], gradient: number): void => {
  for (const p of params) p.grad = Tensor.full([1], gradient, { dtype: 'float64' });
};

describe('an added group', () => {
  it('is updated from then on, with the options of the optimizer and its own', () => {
    const [a, b] = [leaf(1), leaf(1)];
    const optimizer = new optim.SGD([a], { lr: 0.5, weightDecay: 0.1 });
    optimizer.lr = 0.25; // a schedule's, which is not what it was made with
    expect(optimizer.addGroup({ params: [b], weightDecay: 0 })).toBe(optimizer);
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.25, 0.5]);
    expect(optimizer.groups.map(({ hyper }) => hyper.weightDecay)).toEqual([0.1, 0]);
    give([a, b], 1);
    optimizer.step();
    expect(a.item()).toBeCloseTo(1 - 0.25 * 1.1, 12);
    expect(b.item()).toBeCloseTo(0.5, 12);
    optimizer.zeroGrad();
    expect(b.grad).toBeUndefined();
  });

  it('equals a group of its own from the start, in states too', () => {
    const [a, b, c, d] = [leaf(1), leaf(2), leaf(1), leaf(2)];
    const late = new optim.Adam([a], { lr: 0.1 }).addGroup({ params: [b], lr: 0.01 });
    const early = new optim.Adam([{ params: [c] }, { params: [d], lr: 0.01 }], { lr: 0.1 });
    for (const gradient of [1, -0.5]) {
      give([a, b, c, d], gradient);
      late.step();
      early.step();
    }
    expect([a.item(), b.item()]).toEqual([c.item(), d.item()]);
    const { groups, tensors } = late.stateDict();
    expect(groups).toEqual(early.stateDict().groups);
    expect(Object.keys(tensors)).toContain('state.1.exp_avg_sq');
    const [e, f] = [leaf(1), leaf(2)];
    const again = new optim.Adam([e]);
    expect(() => again.loadStateDict(late.stateDict())).toThrow(StateError);
    again.addGroup({ params: [f] }).loadStateDict(late.stateDict());
    expect(again.groups.map(({ lr }) => lr)).toEqual([0.1, 0.01]);
    expect(again.stateDict().tensors['state.1.exp_avg']!.item()).toBe(tensors['state.1.exp_avg']!.item());
  });

  it('reaches the optimizer inside Lookahead', () => {
    const [a, b] = [leaf(1), leaf(1)];
    const optimizer = new optim.Lookahead(new optim.SGD([a], { lr: 0.5 }), { every: 1, alpha: 0.5 });
    optimizer.addGroup({ params: [b], lr: 1 });
    give([a, b], 1);
    optimizer.step();
    expect([a.item(), b.item()]).toEqual([0.75, 0.5]);
    expect(Object.keys(optimizer.stateDict().tensors)).toContain('state.1.slow_weight');
  });

  it('is left alone by a schedule until that is attached anew', () => {
    const optimizer = new optim.SGD([leaf(1)], { lr: 1 });
    const schedule = new optim.ExponentialLR(optimizer, { gamma: 0.5 });
    optimizer.addGroup({ params: [leaf(1)], lr: 3 });
    schedule.step();
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.5, 3]);
    schedule.attach(optimizer).step();
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.25, 1.5]);
  });

  it('is refused whole where it does not fit', () => {
    const [a, b] = [leaf(1), leaf(1)];
    const optimizer = new optim.Adam([a]);
    expect(() => optimizer.addGroup({ params: [b, a] })).toThrow(/is given twice/);
    expect(() => optimizer.addGroup({ params: [b.mul(2)] })).toThrow(ArgumentError);
    expect(() => optimizer.addGroup({ params: [b], lr: -1 })).toThrow(/lr must be/);
    // @ts-expect-error no such option
    expect(() => optimizer.addGroup({ params: [b], momentum: 0.9 })).toThrow(/^optimizer, group: .* got momentum;/);
    // @ts-expect-error a list, as PyTorch takes it in the constructor alone
    expect(() => optimizer.addGroup([b])).toThrow(ArgumentError);
    expect(optimizer.groups).toHaveLength(1);
  });

  it('of a callback stays where a bad step is taken back', async () => {
    const module = new nn.Sequential(new nn.Dense(1, { inFeatures: 1 }), new nn.Dense(1, { inFeatures: 1 }));
    const [first, second] = module.children().map(([, layer]) => layer) as [nn.Module, nn.Module];
    const optimizer = new optim.Adam(first.parameters());
    const loss = (output: Tensor, target: Tensor): Tensor => output.mul(target).mean();
    const model = new Model(module, { optimizer, loss });
    const fitting = model.fit(
      [1, Number.NaN, 1].map((y) => ({ x: Tensor.ones([1, 1]), y: Tensor.full([1, 1], y) })),
      {
        verbose: false,
        callbacks: [
          { onBatchEnd: ({ batch }) => void (batch === 1 && optimizer.addGroup({ params: second.parameters() })) },
        ],
      },
    );
    await expect(fitting).rejects.toThrow(/the loss is no number any more/);
    expect(optimizer.groups).toHaveLength(2);
  });
});
