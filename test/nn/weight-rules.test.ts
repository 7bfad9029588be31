/** Regularizers and constraints: their numbers, the layers that take them, training with them, and saved models. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, FormatError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import { describeModule, moduleOf } from '../../src/nn/structure/structure.ts';
import { SGD } from '../../src/optim/sgd.ts';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { Model } from '../../src/train/model.ts';
import { signed } from '../tensor/samples.ts';

const w = Tensor.from([
  [3, -4],
  [0.6, 0.8],
  [0, 0],
]);
const l1 = nn.regularizer.l1(0.1);
const l2 = nn.regularizer.l2(0.1);

function close(x: Tensor, expected: readonly unknown[] | number): void {
  const other = Tensor.from(expected as number[]);
  expect(x.shape).toEqual(other.shape);
  expect(x.float64().sub(other.float64()).abs().amax().item()).toBeLessThan(1e-6);
}

describe('regularizers', () => {
  it('have the values of their definitions', () => {
    close(l1(w), 0.84);
    close(l2(w), 2.6);
    close(nn.regularizer.l1l2({ l1: 1, l2: 0.5 })(w), 8.4 + 13);
    const rows = Tensor.from([
      [2, 0],
      [1, 1],
      [0, 5],
    ]);
    close(nn.regularizer.orthogonal(3)(rows), (3 * 2 * Math.SQRT1_2) / 3);
    close(nn.regularizer.orthogonal(3)(Tensor.from([1, 2])), 0);
  });

  it.each([
    ['l1', nn.regularizer.l1(0.3)],
    ['l2', nn.regularizer.l2(0.3)],
    ['l1l2', nn.regularizer.l1l2({ l1: 0.3, l2: 0.7 })],
    ['orthogonal', nn.regularizer.orthogonal(0.3)],
  ] as const)('have their gradients: %s', (_, regularizer) => {
    gradcheck((x) => regularizer(x!), [signed([3, 2, 2])], { order: 2 });
  });

  it('refuse factors that are none', () => {
    expect(() => nn.regularizer.l1(-1)).toThrow(/^regularizer\.l1: the factor must be at least 0; got -1/);
    expect(() => nn.regularizer.l2(Number.NaN)).toThrow(ArgumentError);
    expect(() => nn.regularizer.l1l2({ l2: Infinity })).toThrow(/l2 must be at least 0; got Infinity/);
    expect(() => nn.regularizer.orthogonal(-1)).toThrow(ArgumentError);
  });
});

describe('constraints', () => {
  it('have the values of their definitions', () => {
    close(nn.constraint.maxNorm(2)(w), [
      [1.2, -1.6],
      [0.6, 0.8],
      [0, 0],
    ]);
    close(nn.constraint.nonNegative()(w), [
      [3, 0],
      [0.6, 0.8],
      [0, 0],
    ]);
    close(nn.constraint.unitNorm()(w), [
      [0.6, -0.8],
      [0.6, 0.8],
      [0, 0],
    ]);
    close(nn.constraint.minMaxNorm({ min: 2, max: 4 })(w), [
      [2.4, -3.2],
      [1.2, 1.6],
      [0, 0],
    ]);
    close(nn.constraint.minMaxNorm({ min: 2, max: 4, rate: 0.5 })(w), [
      [2.7, -3.6],
      [0.9, 1.2],
      [0, 0],
    ]);
  });

  it('leave what is allowed as it is, to the bit', () => {
    const x = Tensor.randn([40, 7], { generator: new Generator(2) });
    expect(nn.constraint.maxNorm(100)(x).toArray()).toEqual(x.toArray());
  });

  it('take the vectors along the dims that are asked for', () => {
    expect(nn.constraint.unitNorm({ dim: 0 })(w).norm({ dim: 0 }).sub(1).abs().amax().item()).toBeLessThan(1e-6);
    close(nn.constraint.unitNorm()(Tensor.from([3, 4])), [0.6, 0.8]); // the whole of a bias
    const kernel = signed([2, 3, 2, 2]);
    const norms = nn.constraint
      .unitNorm()(kernel)
      .norm({ dim: [1, 2, 3] });
    expect(norms.sub(1).abs().amax().item()).toBeLessThan(1e-12);
    const whole = nn.constraint.maxNorm(1, { dim: [0, 1] })(w);
    close(whole.norm(), 1);
  });

  it('refuse impossible bounds', () => {
    expect(() => nn.constraint.maxNorm(0)).toThrow(/^constraint\.maxNorm: max must be above 0; got 0/);
    expect(() => nn.constraint.minMaxNorm({ min: 2, max: 1 })).toThrow(/needs 0 ≤ min ≤ max; got 2 and 1/);
    expect(() => nn.constraint.minMaxNorm({ rate: 2 })).toThrow(ArgumentError);
  });
});

describe('layers', () => {
  const rules = {
    kernelRegularizer: l1,
    biasRegularizer: l2,
    kernelConstraint: nn.constraint.nonNegative(),
    biasConstraint: nn.constraint.maxNorm(0.1),
  };

  it.each([
    ['Dense', new nn.Dense(3, rules), [2, 4]],
    ['Conv2D', new nn.Conv2D(3, 2, rules), [1, 2, 3, 3]],
    ['ConvTranspose1D', new nn.ConvTranspose1D(3, 2, rules), [1, 2, 3]],
    ['DepthwiseConv1D', new nn.DepthwiseConv1D(2, rules), [1, 2, 3]],
  ] as const)('of one kernel give them to it and the bias: %s', (_, layer, shape) => {
    expect(() => layer.regularization()).toThrow(/no parameters yet/);
    layer.forward(Tensor.ones(shape));
    close(layer.regularization(), l1(layer.weight).add(l2(layer.bias!)).item());
    layer.applyConstraints();
    expect(layer.weight.amin().item()).toBe(0);
    expect(layer.bias!.norm().item()).toBeLessThan(0.1000001);
  });

  it('of two inputs do so too', () => {
    const layer = new nn.Bilinear(2, { inFeatures: [3, 2], ...rules });
    close(layer.regularization(), l1(layer.weight).add(l2(layer.bias!)).item());
  });

  it.each([
    ['Embedding', (o: nn.EmbeddingOptions) => new nn.Embedding(3, 2, o)],
    ['EmbeddingBag', (o: nn.EmbeddingOptions) => new nn.EmbeddingBag(3, 2, o)],
  ] as const)('of a table give them to it: %s', (_, table) => {
    const layer = table({ regularizer: l2, constraint: nn.constraint.unitNorm(), paddingIndex: 1 });
    close(layer.regularization(), l2(layer.weight).item());
    layer.applyConstraints();
    close(layer.weight.norm({ dim: 1 }), [1, 0, 1]);
  });

  it('that are recurrent tell the weights apart', () => {
    const layer = new nn.LSTM(2, {
      ...rules,
      recurrentRegularizer: nn.regularizer.l2(1),
      recurrentConstraint: nn.constraint.unitNorm(),
      bidirectional: true,
    });
    layer.forward(Tensor.ones([1, 2, 3]));
    const state = layer.stateDict();
    const sum = Object.entries(state).reduce((total, [name, p]) => {
      const penalty = name.startsWith('bias') ? l2(p) : name.startsWith('weight_hh') ? p.square().sum() : l1(p);
      return total + penalty.item();
    }, 0);
    expect(Object.keys(state).length).toBe(8);
    expect(layer.regularization().item()).toBeCloseTo(sum, 5);
    layer.applyConstraints();
    close(layer.stateDict().weight_hh_l0_reverse!.norm({ dim: 1 }), new Array<number>(8).fill(1));
    const cell = new nn.GRUCell(2, { inFeatures: 2, recurrentRegularizer: nn.regularizer.l1(1) });
    close(cell.regularization(), cell.stateDict().weight_hh!.abs().sum().item());
  });

  it('of two parts tell them apart', () => {
    const layer = new nn.SeparableConv1D(3, 2, {
      depthwiseRegularizer: l1,
      pointwiseRegularizer: l2,
      biasRegularizer: nn.regularizer.l1(2),
      depthwiseConstraint: nn.constraint.nonNegative(),
      pointwiseConstraint: nn.constraint.unitNorm(),
      biasConstraint: nn.constraint.maxNorm(0.1),
    });
    layer.forward(Tensor.ones([1, 2, 4]));
    const { depthwise, pointwise } = layer;
    const sum = l1(depthwise.weight).item() + l2(pointwise.weight).item() + 2 * pointwise.bias!.abs().sum().item();
    expect(layer.regularization().item()).toBeCloseTo(sum, 5);
    layer.applyConstraints();
    expect(depthwise.weight.amin().item()).toBeGreaterThanOrEqual(0);
    close(pointwise.weight.norm({ dim: [1, 2] }), [1, 1, 1]);
    expect(pointwise.bias!.norm().item()).toBeLessThan(0.1000001);
  });

  it('of one’s own give them to any parameter, and take them away', () => {
    class Scale extends nn.Module {
      readonly factor = nn.constrain(
        nn.regularize(nn.parameter(Tensor.from([2, -3])), l1),
        nn.constraint.nonNegative(),
      );
      forward(x: Tensor): Tensor {
        return x.mul(this.factor);
      }
    }
    const layer = new Scale();
    close(layer.regularization(), 0.5);
    layer.applyConstraints();
    expect(layer.factor.toArray()).toEqual([2, 0]);
    nn.regularize(layer.factor, undefined);
    expect(layer.regularization().item()).toBe(0);
  });

  it('that are frozen count for nothing and stay as they are', () => {
    const net = new nn.Sequential(new nn.Dense(2, { inFeatures: 2, ...rules }), new nn.Dense(2, { inFeatures: 2 }));
    net.get(0).freeze();
    const before = net.get(0).stateDict().weight!.toArray();
    net.applyConstraints();
    expect(net.get(0).stateDict().weight!.toArray()).toEqual(before);
    expect(net.regularization().item()).toBe(0);
    expect(net.regularization().shape).toEqual([]);
  });

  it('are all put into their bounds, or none', () => {
    const net = new nn.Dense(2, { inFeatures: 2, kernelConstraint: nn.constraint.nonNegative() });
    const before = net.weight.toArray();
    nn.constrain(net.bias!, () => {
      throw new ArgumentError('no');
    });
    expect(() => net.applyConstraints()).toThrow('no');
    expect(net.weight.toArray()).toEqual(before);
  });
});

describe('ActivityRegularization', () => {
  const x = Tensor.from([
    [1, -2],
    [3, 4],
  ]);

  it('puts a penalty on the last call, by the size of the batch', () => {
    const net = new nn.Sequential(new nn.Dense(2, { inFeatures: 2 }), new nn.ActivityRegularization(l2));
    expect(net.regularization().item()).toBe(0);
    const first = net.forward(x.mul(5));
    const out = net.forward(x);
    expect(first).not.toBe(out);
    close(net.regularization(), l2(out).item() / 2);
    net.regularization().backward();
    const expected = out.detach().transpose().matmul(x).mul(0.1);
    expect(net.parameters()[0]!.grad!.sub(expected).abs().amax().item()).toBeLessThan(1e-5);
    net.build([2, 2]);
    close(net.regularization(), l2(out).item() / 2);
    expect(Object.keys(net.stateDict())).toEqual(['0.weight', '0.bias']);
  });

  it('adds up over one call where it is shared', () => {
    const layer = new nn.ActivityRegularization(l1);
    new nn.Sequential(layer, layer).forward(x);
    close(layer.regularization(), 1);
  });

  it('counts in training and in evaluation', async () => {
    const layer = new nn.ActivityRegularization(nn.regularizer.l2(1));
    const net = new nn.Sequential(new nn.Dense(2, { inFeatures: 2 }), layer);
    const model = new Model(net, { optimizer: (p) => new SGD(p, { lr: 0.01 }), loss: 'mse' });
    const y = Tensor.zeros([2, 2]);
    const out = net.forward(x);
    const expected = nn.mse(out, y).add(out.square().sum().div(2)).item();
    expect((await model.evaluate({ x, y })).loss).toBeCloseTo(expected, 4);
    const history = await model.fit({ x, y }, { epochs: 5, verbose: false });
    expect(history.epochs[0]!.loss).toBeCloseTo(expected, 4);
    expect(history.epochs[4]!.loss).toBeLessThan(expected);
  });

  it('is a layer of one’s own with a function of one’s own', () => {
    const net = new nn.Sequential(new nn.ActivityRegularization((h) => h.abs().sum()));
    expect(describeModule(net)).toEqual({ custom: { path: '0', typeName: 'ActivityRegularization' } });
  });
});

const data = { x: signed([12, 3]).float32(), y: signed([12, 2]).float32() };
const make = (): nn.Dense =>
  new nn.Dense(2, {
    inFeatures: 3,
    generator: new Generator(4),
    kernelRegularizer: nn.regularizer.l2(0.05),
    kernelConstraint: nn.constraint.maxNorm(0.3),
  });

describe('training', () => {
  it('of a Model is the loop that adds the penalty and applies the bounds', async () => {
    const [net, other] = [make(), make()];
    const model = new Model(net, { optimizer: (p) => new SGD(p, { lr: 0.2 }), loss: 'mse' });
    const history = await model.fit(data, { epochs: 3, batchSize: 12, shuffle: false, verbose: false });
    const optimizer = new SGD(other.parameters(), { lr: 0.2 });
    const losses = [0, 1, 2].map(() => {
      const loss = nn.mse(other.forward(data.x), data.y).add(other.regularization());
      loss.backward();
      optimizer.step();
      other.applyConstraints();
      optimizer.zeroGrad();
      return loss.item();
    });
    expect(net.weight.sub(other.weight).abs().amax().item()).toBeLessThan(1e-5);
    history.epochs.forEach((record, i) => {
      expect(record.loss).toBeCloseTo(losses[i]!, 6);
    });
    const norms = net.weight.norm({ dim: 1 });
    expect(norms.amax().item()).toBeCloseTo(0.3, 5); // it is at work
    const { loss } = await model.evaluate(data);
    expect(loss).toBeCloseTo(nn.mse(net.forward(data.x), data.y).add(net.regularization()).item(), 5);
  });

  it('with L2 pulls as much as weight decay of twice the factor', () => {
    const [a, b] = [0, 1].map(() => new nn.Dense(2, { inFeatures: 3, bias: false, generator: new Generator(4) }));
    nn.regularize(a!.weight, nn.regularizer.l2(0.05));
    for (const [net, weightDecay] of [
      [a!, 0],
      [b!, 0.1],
    ] as const) {
      const optimizer = new SGD(net.parameters(), { lr: 0.2, weightDecay });
      for (let i = 0; i < 5; i++) {
        nn.mse(net.forward(data.x), data.y).add(net.regularization()).backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
    }
    expect(a!.weight.sub(b!.weight).abs().amax().item()).toBeLessThan(1e-6);
  });
});

describe('saved models', () => {
  const again = (module: nn.Module): nn.Module => {
    const description = describeModule(module);
    if (!('structure' in description)) throw new Error('custom');
    return moduleOf(JSON.parse(JSON.stringify(description.structure)), 'structure', 1000).module;
  };

  it('keep all rules', () => {
    const net = new nn.Sequential(
      new nn.SeparableConv1D(2, 2, {
        inChannels: 2,
        depthwiseRegularizer: nn.regularizer.l1l2({ l1: 0.1, l2: 0.2 }),
        pointwiseRegularizer: nn.regularizer.orthogonal(0.3),
        pointwiseConstraint: nn.constraint.minMaxNorm({ min: 0.2, max: 0.5, rate: 0.9, dim: -1 }),
      }),
      new nn.Flatten(),
      new nn.Dense(2, {
        inFeatures: 4,
        kernelRegularizer: l1,
        biasRegularizer: l2,
        kernelConstraint: nn.constraint.unitNorm({ dim: [0, 1] }),
        biasConstraint: nn.constraint.maxNorm(0.2),
      }),
      new nn.Dense(2, { inFeatures: 2, kernelConstraint: nn.constraint.nonNegative() }),
    );
    const other = again(net);
    other.loadStateDict(net.stateDict());
    expect(other.regularization().item()).toBe(net.regularization().item());
    net.applyConstraints();
    other.applyConstraints();
    const [a, b] = [net.stateDict(), other.stateDict()];
    for (const name of Object.keys(a)) expect(b[name]!.toArray(), name).toEqual(a[name]!.toArray());
    expect(describeModule(other)).toEqual(describeModule(net));
  });

  it('ask for the module where a rule is a function of one’s own', () => {
    const net = new nn.Sequential(new nn.Dense(2, { inFeatures: 2, kernelRegularizer: (x) => x.pow(4).sum() }));
    expect(describeModule(net)).toEqual({ custom: { path: '0', typeName: 'Dense' } });
  });

  it.each([
    [{ weight: { regularizer: { type: 'l3', factor: 1 } } }, 'rules.weight.regularizer.type'],
    [{ weight: { regularizer: { type: 'l2', factor: -1 } } }, 'regularizer.l2: the factor'],
    [{ weight: { regularizer: { type: 'l2', factor: 1, more: 1 } } }, 'regularizer.more'],
    [{ kernel: { regularizer: { type: 'l2', factor: 1 } } }, 'rules.kernel: must name a parameter'],
    [{ weight: { constraint: { type: 'maxNorm', max: 'big', dim: null } } }, 'constraint.max'],
    [{ weight: { strange: 1 } }, 'rules.weight.strange'],
    [{ weight: { normalize: { type: 'weightNorm', dim: 9 } } }, 'weightNorm'],
    [{ other: { normalize: { type: 'weightNorm', dim: 0 } } }, 'rules.other: must name a parameter'],
    [{ weight: { normalize: { type: 'spectralNorm', iterations: 0, eps: 1, dim: 0 } } }, 'iterations'],
    ['all', 'rules'],
  ])('refuse damaged rules: %j', (rules, problem) => {
    const description = describeModule(new nn.Dense(2, { inFeatures: 2 }));
    if (!('structure' in description)) throw new Error('custom');
    const structure = { ...(description.structure as object), rules };
    expect(() => moduleOf(structure, 'structure', 1000)).toThrow(FormatError);
    expect(() => moduleOf(structure, 'structure', 1000)).toThrow(problem);
  });
});
