/** The functional style: graphs of layers with several inputs and outputs, shared layers, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/io/checkpoint.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

describe('a graph of one chain', () => {
  const x = nn.input([6]);
  const hidden = new nn.Dense(4, { activation: 'tanh' });
  const out = new nn.Dense(3);
  const net = nn.graph(x, out.call(hidden.call(x)));

  it('computes what the layers compute one after the other', () => {
    const data = Tensor.randn([5, 6]);
    expect(net.forward(data).toArray()).toEqual(out.forward(hidden.forward(data)).toArray());
  });

  it('is a layer: it stands in Sequential, and its parameters exist at once', () => {
    expect(net.isBuilt).toBe(true);
    expect(Object.keys(net.stateDict())).toEqual(['0.weight', '0.bias', '1.weight', '1.bias']);
    expect(new nn.Sequential(net, new nn.Tanh()).forward(Tensor.ones([2, 6])).shape).toEqual([2, 3]);
  });

  it('has a summary that needs no shape', () => {
    expect(net.summary()).toMatch(
      /\(model\) +Graph +\[1, 3\]\n0 +Dense +\[1, 4\] +28 {2}input\n1 +Dense +\[1, 3\] +15 {2}0\n/,
    );
  });
});

describe('a graph of several inputs and outputs', () => {
  const [left, right] = [nn.input([4]), nn.input([4])];
  const shared = new nn.Dense(3);
  const [a, b] = [shared.call(left), shared.call(right)];
  const joined = new nn.Dense(2).call(new nn.Concat().call(a, b));
  const net = nn.graph([left, right], [joined, new nn.Add().call(left, right)]);

  it('takes and gives tensors in their order', () => {
    const [x, y] = [Tensor.randn([5, 4]), Tensor.randn([5, 4])];
    const [out, sum] = net.forward(x, y);
    expect(out.shape).toEqual([5, 2]);
    expect(sum.toArray()).toEqual(x.add(y).toArray());
    expect(net.forward(y, x)[0].toArray()).not.toEqual(out.toArray());
  });

  it('has the parameters of a shared layer once, with gradients from both uses', () => {
    expect(net.parameters()).toHaveLength(4);
    const [x, y] = [Tensor.randn([5, 4]), Tensor.randn([5, 4])];
    net.forward(x, y)[0].sum().backward();
    const both = shared.weight.grad!;
    net.zeroGrad();
    const dense = net.layers[2] as nn.Dense;
    const [first, second] = [dense.weight.narrow(1, 0, 3), dense.weight.narrow(1, 3, 3)];
    const expected = first
      .sum({ dim: 0 })
      .unsqueeze(1)
      .mul(x.sum({ dim: 0 }))
      .add(
        second
          .sum({ dim: 0 })
          .unsqueeze(1)
          .mul(y.sum({ dim: 0 })),
      );
    expect(both.sub(expected).abs().max().item()).toBeLessThan(1e-5);
  });

  it('is saved, and loads into a module that is passed', async () => {
    const bytes = await encodeCheckpoint({ module: net });
    expect(() => decodeCheckpoint(bytes)).toThrow(
      /several inputs or outputs \(Graph\); pass \{ several: true \}, or a module/,
    );
    const [x, y] = [Tensor.randn([2, 4]), Tensor.randn([2, 4])];
    const before = net.forward(x, y)[0].toArray();
    for (const p of net.parameters()) p.assign(Tensor.zerosLike(p));
    decodeCheckpoint(bytes, { module: net });
    expect(net.forward(x, y)[0].toArray()).toEqual(before);
    const { module } = decodeCheckpoint(bytes, { several: true });
    expect(nn.outputsOf(module, ['2'], x, y)['2'].toArray()).toEqual(before);
  });
});

describe('a graph inside a graph', () => {
  it('names its layers by their paths', () => {
    const x = nn.input([4]);
    const inner = nn.graph(x, new nn.Dense(3).call(x));
    const y = nn.input([4]);
    const outer = nn.graph(y, new nn.Dense(2).call(inner.call(y)));
    expect(Object.keys(outer.stateDict())).toEqual(['0.0.weight', '0.0.bias', '1.weight', '1.bias']);
    expect(() => outer.forward(Tensor.ones([2, 5]))).toThrow(/^in 0\.0 \(Dense\): .*\[2, 5\]/);
  });

  it('goes as deep as one likes', () => {
    const x = nn.input([1]);
    let y = x;
    for (let i = 0; i < 20_000; i++) y = new nn.GraphValue([1], 'float32', { module: new nn.Tanh(), inputs: [y] });
    expect(nn.graph(x, y).layers).toHaveLength(20_000);
  });
});

describe('what graphs refuse', () => {
  const x = nn.input([4]);
  const y = nn.input([3]);

  it.each<[string, () => unknown, RegExp]>([
    ['sizes that do not fit, at the call', () => new nn.Add().call(x, y), /in Add: add: shapes do not broadcast/],
    [
      'a tensor',
      () => new nn.Tanh().call(Tensor.ones([1, 4]) as never),
      /Tanh\.call: takes values of a graph.*a tensor/,
    ],
    ['no value', () => new nn.Concat().call(), /Concat\.call: .*got nothing/],
    [
      'an input that is not listed',
      () => nn.graph(x, new nn.Tanh().call(y)),
      /input of shape \[3\] that is not listed/,
    ],
    ['a result as input', () => nn.graph(new nn.Tanh().call(x), x), /input 0 is the result of a call/],
    ['an input twice', () => nn.graph([x, x], x), /input 1 is listed twice/],
    ['no outputs', () => nn.graph(x, []), /outputs must be one or more values/],
    ['a negative size', () => nn.input([-1]), /input: .*-1/],
    [
      'what sums the batch away',
      () => new nn.Lambda((t) => t.sum()).call(x),
      /must make one tensor \[B, …\] of a batch/,
    ],
    [
      'a wrong rank',
      () => nn.graph(x, new nn.Tanh().call(x)).forward(Tensor.ones([4])),
      /in Graph: input 0 must be \[B, 4\]; got \[4\]/,
    ],
    [
      'too few inputs',
      () => (nn.graph([x, y], new nn.Tanh().call(x)) as nn.Module as nn.Layer).forward(Tensor.ones([1, 4])),
      /takes 2 inputs; got 1/,
    ],
  ])('%s', (_name, f, message) => {
    expect(f).toThrow(message);
  });

  it('leaves a layer unbuilt whose call failed', () => {
    const dense = new nn.Dense(2);
    const broken = new nn.Sequential(dense, new nn.Lambda(() => x as never));
    expect(() => broken.call(x)).toThrow();
  });
});
