/** Models taken apart: layers replaced, chains cut and joined, and outputs from the middle. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

class Net extends nn.Module {
  readonly features: nn.Sequential = new nn.Sequential(new nn.Dense(4), new nn.ReLU(), new nn.Dense(3));
  readonly blocks: nn.Layer[] = [new nn.Dense(3), new nn.Tanh()];
  readonly lastHead: nn.Layer = new nn.Dense(2);
  forward(x: Tensor): Tensor {
    return this.lastHead.forward(this.blocks.reduce((h, block) => block.forward(h), this.features.forward(x)));
  }
}

const x = Tensor.from([
  [1, 2],
  [-1, 0.5],
  [3, -2],
]);

describe('a module by its path', () => {
  it('is found as it is named', () => {
    const net = new Net();
    for (const [path, module] of net.namedModules()) expect(net.getSubmodule(path)).toBe(module);
    expect(() => net.getSubmodule('features.7')).toThrow(
      /got "features\.7"; Net has features, features\.0, .*last_head/,
    );
  });

  it('is replaced, wherever it stands', () => {
    const net = new Net().build([1, 2]);
    const [inner, block, head] = [new nn.Tanh(), new nn.Sigmoid(), new nn.Dense(5)];
    expect(net.replace('features.1', inner)).toBe(net);
    net.replace('blocks.1', block).replace('last_head', head);
    expect([net.features.get(1), net.blocks[1], net.lastHead]).toEqual([inner, block, head]);
    const [first, , third] = net.features.layers as [nn.Dense, nn.Layer, nn.Dense];
    const middle = third.forward(first.forward(x).tanh());
    const expected = head.forward(net.blocks[0]!.forward(middle).sigmoid());
    expect(net.forward(x).toArray()).toEqual(expected.toArray());
    expect(Object.keys(net.stateDict()).filter((name) => name.startsWith('last_head'))).toHaveLength(2);
    expect(net.stateDict()['last_head.bias']!.shape).toEqual([5]);
  });

  it('is replaced in a graph', () => {
    const input = nn.input([2]);
    const net = nn.graph(input, new nn.Dense(2).call(new nn.ReLU().call(new nn.Dense(3).call(input))));
    net.replace('1', new nn.Tanh());
    const [first, , last] = net.layers as [nn.Dense, nn.Layer, nn.Dense];
    expect(net.forward(x).toArray()).toEqual(last.forward(first.forward(x).tanh()).toArray());
  });

  it('that is shared is replaced at this path only', () => {
    const shared = new nn.Tanh();
    const net = new nn.Sequential(shared, shared).replace('1', new nn.ReLU());
    expect(net.forward(x).toArray()).toEqual(x.tanh().relu().toArray());
  });

  it('is not replaced by what cannot stand there', () => {
    const net = new Net();
    const before = net.namedModules();
    expect(() => net.replace('features.3', new nn.ReLU())).toThrow(ArgumentError);
    expect(() => net.replace('', new nn.ReLU())).toThrow(ArgumentError);
    expect(() => net.replace('features.0', {} as nn.Module)).toThrow(/takes a module; got object/);
    expect(() => net.replace('features.0', new nn.Sequential(net.features))).toThrow(/holds the one/);
    expect(() => net.replace('features', net)).toThrow(/holds the one/);
    Object.freeze(net.blocks);
    expect(() => net.replace('blocks.0', new nn.ReLU())).toThrow(StateError);
    expect(net.namedModules()).toEqual(before);
  });
});

describe('a slice of a chain', () => {
  const net = new nn.Sequential(new nn.Dense(4), new nn.ReLU(), new nn.Dense(3)).build([1, 2]);

  it('shares its layers', () => {
    const features = net.slice(0, -1);
    expect([...features]).toEqual([net.get(0), net.get(1)]);
    expect(features.parameters()).toEqual(net.get(0).parameters());
    expect([...net.slice(-1)]).toEqual([net.get(2)]);
    expect(net.slice().length).toBe(3);
    expect(net.slice(2, 1).length).toBe(0);
    expect(() => net.slice(0.5)).toThrow(ArgumentError);
  });

  it('makes chains with a layer more or less', () => {
    const more = new nn.Sequential(...net.slice(0, 2), new nn.Tanh(), ...net.slice(2));
    const features = net.slice(0, 2).forward(x);
    expect(more.forward(x).toArray()).toEqual(net.get(2).forward(features.tanh()).toArray());
  });
});

describe('outputs from the middle', () => {
  it('are those of the forward, with gradients', () => {
    const net = new Net().build([1, 2]);
    const found = nn.outputsOf(net, ['features.1', 'blocks.0', ''], x);
    const middle = net.features.slice(0, 2).forward(x);
    expect(found['features.1'].toArray()).toEqual(middle.toArray());
    expect(found[''].toArray()).toEqual(net.forward(x).toArray());
    found['features.1'].sum().backward();
    expect((net.features.get(0) as nn.Dense).weight.grad).toBeDefined();
    expect((net.features.get(2) as nn.Dense).weight.grad).toBeUndefined();
  });

  it('of a layer that is called twice are those of the last call', () => {
    const shared = new nn.Tanh();
    const net = new nn.Sequential(shared, shared);
    expect(nn.outputsOf(net, ['0'], x)['0'].toArray()).toEqual(x.tanh().tanh().toArray());
  });

  it('observe each other where one runs inside the other', () => {
    const inner = new nn.Sequential(new nn.Tanh());
    const outer = new nn.Sequential(new nn.Lambda((h) => nn.outputsOf(inner, ['0'], h)['0']), inner);
    expect(nn.outputsOf(outer, ['1.0'], x)['1.0'].toArray()).toEqual(x.tanh().tanh().toArray());
  });

  it('refuse paths without one', () => {
    class Odd extends nn.Module {
      readonly unused = new nn.ReLU();
      readonly several = new nn.Lambda((h) => [h, h] as unknown as Tensor);
      forward(h: Tensor): Tensor {
        this.several.forward(h);
        return h;
      }
    }
    const odd = new Odd();
    expect(() => nn.outputsOf(odd, ['other'], x)).toThrow(/no module at this path/);
    expect(() => nn.outputsOf(odd, ['unused'], x)).toThrow(/unused \(ReLU\) was not called/);
    expect(() => nn.outputsOf(odd, ['several'], x)).toThrow(/several \(Lambda\) gives no tensor/);
  });
});
