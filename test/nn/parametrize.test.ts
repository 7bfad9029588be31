/** Weight and spectral normalisation: PyTorch's numbers and names, training, putting on and taking off. */
import { describe, expect, it, vi } from 'vitest';
import { ArgumentError, ShapeError, StateError } from '../../src/core/errors.ts';
import { defaultGenerator, Generator, manualSeed } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import { SGD } from '../../src/optim/sgd.ts';
import { checkpoint } from '../../src/tensor/checkpoint.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { Model } from '../../src/train/model.ts';
import { signed } from '../tensor/samples.ts';

function apart(a: Tensor, b: Tensor): number {
  return a.float64().sub(b.float64()).abs().amax().item();
}

const dense = (): nn.Dense => new nn.Dense(3, { inFeatures: 4, generator: new Generator(3) });

describe('weightNorm', () => {
  it('changes nothing at first, and has PyTorch’s names and shapes', () => {
    const layer = nn.weightNorm(dense());
    expect(apart(layer.weight, dense().weight)).toBeLessThan(1e-7);
    const shapes = Object.fromEntries(Object.entries(layer.stateDict()).map(([name, p]) => [name, p.shape]));
    expect(shapes).toEqual({ bias: [3], weight_g: [3, 1], weight_v: [3, 4] });
    expect(nn.weightNorm(dense(), 'weight', { dim: -1 }).stateDict().weight_g!.shape).toEqual([1, 4]);
    expect(nn.weightNorm(dense(), 'weight', { dim: null }).stateDict().weight_g!.shape).toEqual([]);
  });

  it('gives weights of length g whatever v is', () => {
    const layer = nn.weightNorm(dense());
    layer.loadStateDict({ ...layer.stateDict(), weight_g: Tensor.from([[1], [2], [3]]) });
    expect(apart(layer.weight.norm({ dim: 1 }), Tensor.from([1, 2, 3]))).toBeLessThan(1e-6);
  });

  it('is trained by g and v, the gradient of v at right angles to v', () => {
    const layer = nn.weightNorm(dense());
    const optimizer = new SGD(layer.parameters(), { lr: 0.1 });
    const [x, y] = [signed([8, 4]).float32(), signed([8, 3]).float32()];
    const losses = Array.from({ length: 20 }, () => {
      const loss = nn.mse(layer.forward(x), y);
      loss.backward();
      const v = layer.namedParameters().find(([name]) => name === 'weight_v')![1];
      expect(v.grad!.mul(v).sum({ dim: 1 }).abs().amax().item()).toBeLessThan(1e-5);
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
    expect(losses.at(-1)!).toBeLessThan(0.9 * losses[0]!);
  });

  it('waits for the parameters of a layer that has seen no input', () => {
    const layer = nn.weightNorm(new nn.Conv2D(2, 3));
    expect(layer.isBuilt).toBe(false);
    expect(() => layer.forward(Tensor.ones([1, 1, 2, 2]))).toThrow(ShapeError); // a failed call leaves nothing
    layer.build([1, 2, 5, 5]);
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight_g', 'weight_v']);
    expect(layer.weight.shape).toEqual([2, 2, 3, 3]);
  });

  it('keeps parameters frozen that were', () => {
    const layer = nn.weightNorm(dense().freeze());
    expect(layer.parameters().map((p) => p.requiresGrad)).toEqual([false, false, false]);
    nn.removeParametrization(layer);
    expect(layer.weight.requiresGrad).toBe(false);
  });

  it('goes on parameters of a module of one’s own, by either name', () => {
    class Bilinear extends nn.Module {
      readonly mixingWeight = nn.parameter(signed([3, 2]));
      forward(x: Tensor): Tensor {
        return x.matmul(this.mixingWeight);
      }
    }
    const x = signed([2, 3]);
    const plain = new Bilinear().forward(x);
    for (const name of ['mixingWeight', 'mixing_weight']) {
      const layer = nn.weightNorm(new Bilinear(), name);
      expect(Object.keys(layer.stateDict())).toEqual(['mixing_weight_g', 'mixing_weight_v']);
      expect(apart(layer.forward(x), plain)).toBeLessThan(1e-12);
      nn.removeParametrization(layer, name);
      expect(Object.keys(layer.stateDict())).toEqual(['mixing_weight']);
      expect(apart(layer.forward(x), plain)).toBeLessThan(1e-12);
    }
  });

  it('computes the weight once in a forward', () => {
    const reads = vi.spyOn(Tensor.prototype, 'norm');
    try {
      for (const [layer, shape] of [
        [new nn.Conv2D(2, 2), [1, 2, 3, 3]],
        [new nn.DepthwiseConv1D(2), [1, 2, 3]],
        [new nn.ConvTranspose1D(2, 2), [1, 2, 3]],
        [new nn.Dense(2), [1, 2]],
      ] as const) {
        nn.weightNorm(layer).build(shape);
        reads.mockClear();
        layer.forward(Tensor.ones(shape));
        expect(reads, layer.typeName).toHaveBeenCalledTimes(1);
      }
    } finally {
      reads.mockRestore();
    }
  });

  it('is refused where it cannot be', () => {
    expect(() => nn.weightNorm(new nn.Sequential(dense()))).toThrow(
      /^weightNorm: Sequential has no parameter weight; it has no parameters of its own/,
    );
    expect(() => nn.weightNorm(dense(), 'kernel')).toThrow(/it has weight, bias/);
    expect(() => nn.weightNorm(dense(), 'weight', { dim: 2 })).toThrow(ShapeError);
    expect(() => nn.weightNorm(nn.weightNorm(dense()))).toThrow(/^weightNorm: Dense.weight is parametrized already/);
    const regularized = new nn.Dense(2, { kernelRegularizer: nn.regularizer.l2(1) });
    nn.weightNorm(regularized);
    expect(() => regularized.forward(Tensor.ones([1, 2]))).toThrow(/^in Dense: weightNorm: weight has a regularizer/);
    expect(() => nn.removeParametrization(dense())).toThrow(StateError);
    // what was refused is as it was
    const layer = dense();
    expect(() => nn.weightNorm(layer, 'kernel')).toThrow(ArgumentError);
    expect(nn.weightNorm(layer).weight.shape).toEqual([3, 4]);
  });

  it('comes off before the layer is built, too', () => {
    const layer = nn.removeParametrization(nn.weightNorm(new nn.Dense(2)));
    layer.forward(Tensor.ones([1, 2]));
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias']);
  });
});

describe('spectralNorm', () => {
  const weight = Tensor.from([
    [
      [1, -2, 0.5],
      [0, 1, 3],
    ],
    [
      [2, 0.25, -1],
      [1, 1, -0.5],
    ],
  ]);
  const conv = (): nn.Conv1D => new nn.Conv1D(2, 3, { inChannels: 2, bias: false });
  const loaded = (): nn.Conv1D => {
    const layer = nn.spectralNorm(conv());
    const u = Tensor.from([0.6, 0.8]);
    layer.loadStateDict({ weight_orig: weight, weight_u: u, weight_v: Tensor.from([1, 0, 0, 0, 0, 0]) });
    return layer;
  };
  const x = Tensor.arange(8).float32().reshape([1, 2, 4]).div(4);

  it('has the numbers and the names of PyTorch', () => {
    const layer = loaded();
    const y = layer.forward(x);
    const expected = Tensor.from([1.58015823, 1.83154702, 0.30525789, 0.50277764]);
    expect(apart(y.reshape([-1]), expected)).toBeLessThan(2e-6);
    const state = layer.stateDict();
    expect(Object.keys(state)).toEqual(['weight_orig', 'weight_u', 'weight_v']);
    expect(apart(state.weight_u!, Tensor.from([0.84074914, 0.54142487]))).toBeLessThan(1e-6);
    expect(apart(state.weight_v!.slice([0, 2]), Tensor.from([0.67413652, -0.30642569]))).toBeLessThan(1e-6);
    y.square().sum().backward();
    const gradient = layer.parameters()[0]!.grad!.reshape([-1]);
    const byTorch = [
      -1.7552353, 1.6706238, 1.7020044, 1.489538, 1.4291759, 1.9192698, -1.2275435, 0.7791029, 0.599776, 0.0638812,
      -0.174526, -0.0584512,
    ];
    expect(apart(gradient, Tensor.from(byTorch))).toBeLessThan(5e-6);
  });

  it('iterates in training only, once a call, and not in a rehearsal', () => {
    const layer = loaded();
    const u = (): unknown => layer.stateDict().weight_u!.toArray();
    const start = u();
    layer.eval().forward(x);
    layer.train().build([1, 2, 4]);
    void layer.weight;
    expect(u()).toEqual(start);
    layer.forward(x);
    const once = u();
    expect(once).not.toEqual(start);
    const twice = nn.spectralNorm(conv(), 'weight', { iterations: 2 });
    twice.loadStateDict({ ...loaded().stateDict() });
    twice.forward(x);
    layer.forward(x);
    expect(apart(Tensor.from(u() as number[]), twice.stateDict().weight_u!)).toBeLessThan(1e-6);
  });

  it('divides by the greatest singular value', () => {
    const layer = loaded();
    for (let i = 0; i < 30; i++) layer.forward(x);
    expect(apart(layer.weight, weight.div(3.9091165))).toBeLessThan(1e-5);
  });

  it('starts close to it', () => {
    const layer = nn.spectralNorm(new nn.Dense(20, { inFeatures: 30 }), 'weight', { generator: new Generator(1) });
    const gram = layer.weight.matmul(layer.weight.transpose()).float64();
    let power = gram;
    for (let i = 0; i < 8; i++) power = power.matmul(power).div(power.norm());
    const vector = power.sum({ dim: 1 });
    const greatest = Math.sqrt(gram.matmul(vector).norm().div(vector.norm()).item());
    expect(Math.abs(greatest - 1)).toBeLessThan(0.05);
  });

  it('draws from the generator alone, and not at all where a first call fails', () => {
    manualSeed(1);
    const before = defaultGenerator.state;
    nn.spectralNorm(conv(), 'weight', { generator: new Generator(2) });
    const layer = nn.spectralNorm(new nn.Conv1D(2, 3));
    const drawn = defaultGenerator.state;
    expect(() => layer.forward(Tensor.ones([1, 2, 2]))).toThrow(ShapeError);
    expect(defaultGenerator.state).toEqual(drawn);
    expect(drawn.counter).toBe(before.counter + 1); // the weight of `conv`
    layer.forward(x);
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight_orig', 'weight_u', 'weight_v']);
  });

  it('takes the outputs of a transposed convolution from dim 1', () => {
    const layer = nn.spectralNorm(new nn.ConvTranspose1D(5, 2, { inChannels: 3 }));
    expect(layer.stateDict().weight_u!.shape).toEqual([5]);
    expect(layer.stateDict().weight_v!.shape).toEqual([6]);
    expect(layer.weight.shape).toEqual([3, 5, 2]);
  });

  it('learns once in a checkpoint that computes again', () => {
    const [a, b] = [loaded(), loaded()];
    const input = Tensor.from(x, { requiresGrad: true });
    checkpoint((z) => a.forward(z), input)
      .square()
      .sum()
      .backward();
    b.forward(x).square().sum().backward();
    expect(a.stateDict().weight_u!.toArray()).toEqual(b.stateDict().weight_u!.toArray());
    expect(a.parameters()[0]!.grad!.toArray()).toEqual(b.parameters()[0]!.grad!.toArray());
  });

  it('comes off with the numbers computed last', () => {
    const layer = loaded();
    layer.forward(x);
    const { weight: last } = layer;
    nn.removeParametrization(layer);
    expect(Object.keys(layer.stateDict())).toEqual(['weight']);
    expect(layer.weight.toArray()).toEqual(last.toArray());
    expect(layer.weight.isLeaf && layer.weight.requiresGrad).toBe(true);
  });

  it('refuses impossible options', () => {
    expect(() => nn.spectralNorm(conv(), 'weight', { iterations: 0 })).toThrow(ArgumentError);
    expect(() => nn.spectralNorm(conv(), 'weight', { eps: 0 })).toThrow(ArgumentError);
  });
});

describe('a model with both', () => {
  it('trains, is saved and goes on from where it was', async () => {
    const generator = new Generator(5);
    const net = new nn.Sequential(
      nn.weightNorm(new nn.Dense(8, { activation: 'tanh', generator })),
      nn.spectralNorm(new nn.Dense(2, { generator }), 'weight', { generator }),
    );
    const data = { x: signed([16, 3]).float32(), y: signed([16, 2]).float32() };
    const fit = { epochs: 3, batchSize: 8, verbose: false } as const;
    const model = new Model(net, { optimizer: 'adam', loss: 'mse' });
    await model.fit(data, fit);
    const random = defaultGenerator.state;
    const other = await Model.load(await model.toBytes());
    expect(defaultGenerator.state).toEqual(random);
    expect(Object.keys(other.module.stateDict())).toEqual(Object.keys(net.stateDict()));
    await model.fit(data, fit);
    defaultGenerator.state = random;
    await other.fit(data, fit);
    const [a, b] = [net.stateDict(), other.module.stateDict()];
    for (const name of Object.keys(a)) expect(b[name]!.toArray(), name).toEqual(a[name]!.toArray());
  });

  it('shows its parameters in the summary', () => {
    const text = nn.weightNorm(new nn.Dense(3)).summary([1, 4]);
    expect(text).toContain('parameters: 18 (18 trainable, 0 frozen)');
  });
});
