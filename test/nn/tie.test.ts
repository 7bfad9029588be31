/** Tied parameters: one tensor under two names, in gradients, updates, states and files. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, FormatError, ShapeError, StateError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { decodeCheckpoint, decodeTensors, encodeCheckpoint, encodeTensors } from '../../src/io/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Adam } from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const index = Tensor.from(Int32Array.of(3, 1, 1, 0), { shape: [2, 2] });

function chain(): nn.Sequential {
  const setting = { dtype: 'float64', generator: new Generator(2) } as const;
  return new nn.Sequential(
    new nn.Embedding(5, 3, setting),
    new nn.Tanh(),
    new nn.Dense(5, { inFeatures: 3, ...setting }),
  );
}

function tied(): nn.Sequential {
  const net = chain();
  nn.tie(net, '2.weight', '0.weight');
  return net;
}

describe('a tied parameter', () => {
  it('is listed once and has both names', () => {
    const net = tied();
    expect(net.namedParameters().map(([name]) => name)).toEqual(['0.weight', '2.bias']);
    const state = net.stateDict();
    expect(Object.keys(state).sort()).toEqual(['0.weight', '2.bias', '2.weight']);
    expect(state['2.weight']!.toArray()).toEqual(state['0.weight']!.toArray());
  });

  it('gets the gradient of both uses, and one update for both', () => {
    const [net, free] = [tied(), chain()];
    free.loadStateDict(net.stateDict());
    for (const model of [net, free]) model.forward(index).square().sum().backward();
    const [a, b] = [free.namedParameters()[0]![1].grad!, free.namedParameters()[1]![1].grad!];
    const [[, shared]] = net.namedParameters() as [[string, Tensor]];
    expect(shared.grad!.sub(a.add(b)).abs().amax().item()).toBeLessThan(1e-13);
    const before = shared.detach();
    new Adam(net.parameters(), { lr: 0.1 }).step();
    const { '0.weight': table, '2.weight': head } = net.stateDict();
    expect(head!.toArray()).toEqual(table!.toArray());
    expect(table!.eq(before).any().item()).toBe(0);
  });

  it('takes over a state that has one of its names', () => {
    const net = tied();
    const { '0.weight': table, '2.bias': bias } = chain().stateDict();
    expect(net.loadStateDict({ '2.weight': table!, '2.bias': bias! }).missing).toEqual([]);
    expect(net.stateDict()['0.weight']!.toArray()).toEqual(table!.toArray());
  });

  it('is tied in a module of one’s own, where properties hold the parameters', () => {
    class Net extends nn.Module {
      readonly scale = nn.parameter(Tensor.ones([2]));
      readonly other = nn.parameter(Tensor.zeros([2]));
      forward(x: Tensor): Tensor {
        return x.mul(this.scale).add(this.other);
      }
    }
    const net = new Net();
    nn.tie(net, 'other', 'scale');
    expect(net.other).toBe(net.scale);
    expect(net.parameters()).toHaveLength(1);
    expect(net.forward(Tensor.ones([2])).toArray()).toEqual([2, 2]);
  });

  it('comes back tied from a file', async () => {
    const net = tied();
    const bytes = await encodeCheckpoint({ module: net });
    const { module } = decodeCheckpoint(bytes);
    expect(module.forward(index).toArray()).toEqual(net.forward(index).toArray());
    expect(module.parameters()).toHaveLength(2);
    expect(module.namedParameters().map(([name]) => name)).toEqual(['0.weight', '2.bias']);
    module.parameters()[0]!.assign(Tensor.zeros([5, 3], { dtype: 'float64' }));
    expect(module.stateDict()['2.weight']!.abs().amax().item()).toBe(0);
    // a layer that is shared as a whole is no tie
    const dense = new nn.Dense(3, { inFeatures: 3 });
    const twice = await encodeCheckpoint({ module: new nn.Sequential(dense, dense) });
    expect(Object.keys(decodeTensors(twice).metadata)).not.toContain('tsgrad.tied');
  });
});

describe('a tie that cannot be', () => {
  it('is refused, and nothing changes', () => {
    const net = chain();
    const parameters = net.parameters();
    const attempt = (name: string, source: string) => (): void => nn.tie(net, name, source);
    expect(attempt('2.bias', '0.weight')).toThrow(/^tie: shapes differ; got 2.bias \[5\] and 0.weight \[5, 3\]/);
    expect(attempt('2.bias', '0.weight')).toThrow(ShapeError);
    expect(attempt('2.weights', '0.weight')).toThrow(/got "2.weights"; there are 0.weight, 2.weight, 2.bias$/);
    expect(attempt('2.weight', 'weight')).toThrow(ArgumentError);
    expect(net.parameters()).toEqual(parameters);
    const mixed = new nn.Sequential(new nn.Embedding(5, 3), new nn.Dense(5, { inFeatures: 3, dtype: 'float64' }));
    expect(() => nn.tie(mixed, '1.weight', '0.weight')).toThrow(DtypeError);
    const lazy = new nn.Sequential(new nn.Embedding(5, 3), new nn.Dense(5));
    expect(() => nn.tie(lazy, '1.weight', '0.weight')).toThrow(StateError);
  });

  it.each<[string, unknown]>([
    ['no object', 4],
    ['a list', ['2.weight']],
    ['a number', { '2.weight': 1 }],
    ['an unknown name', { '3.weight': '0.weight' }],
    ['other shapes', { '2.bias': '0.weight' }],
  ])('makes a file damaged: %s', async (_, ties) => {
    const { tensors, metadata } = decodeTensors(await encodeCheckpoint({ module: tied() }));
    const bytes = await encodeTensors(tensors, { ...metadata, 'tsgrad.tied': JSON.stringify(ties) });
    expect(() => decodeCheckpoint(bytes)).toThrow(FormatError);
    expect(() => decodeCheckpoint(bytes)).toThrow(/tied/);
  });
});
