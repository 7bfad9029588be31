/** Freezing parts of a model, and groups of parameters by their names, with optimizers and Model.fit. */
import { describe, expect, it } from 'vitest';
import { Generator } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import { AdamW } from '../../src/optim/adam.ts';
import { SGD } from '../../src/optim/sgd.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { Model } from '../../src/train/model.ts';
import { signed } from '../tensor/samples.ts';

class Net extends nn.Module {
  readonly features: nn.Sequential;
  readonly head: nn.Dense;

  constructor() {
    super();
    const options = { generator: new Generator(1) };
    this.features = new nn.Sequential(
      new nn.Dense(6, { inFeatures: 3, ...options }),
      new nn.BatchNorm({ features: 6 }),
      new nn.Tanh(),
    );
    this.head = new nn.Dense(2, { inFeatures: 6, ...options });
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

const data = { x: signed([16, 3]).float32(), y: signed([16, 2]).float32() };

/** The names of what differs from before. */
function changed(net: Net, before: nn.StateDict): string[] {
  return Object.entries(net.stateDict()).flatMap(([name, x]) => (x.eq(before[name]!).all().item() === 1 ? [] : [name]));
}

function train(net: Net, optimizer: { step(): void; zeroGrad(): void }, steps: number): void {
  for (let i = 0; i < steps; i++) {
    nn.mse(net.forward(data.x), data.y).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
}

const statistics = ['features.1.running_mean', 'features.1.running_var', 'features.1.num_batches_tracked'];
const head = ['head.weight', 'head.bias'];

describe('a frozen part', () => {
  it('gets no gradient and stays as it is, but for its statistics, until it is thawed', () => {
    const net = new Net();
    net.features.freeze();
    const optimizer = new SGD(net.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 0.1 });
    const before = net.stateDict();
    train(net, optimizer, 2);
    expect(changed(net, before).sort()).toEqual([...statistics, ...head].sort());
    expect(net.features.parameters().every((p) => p.grad === undefined)).toBe(true);
    net.features.unfreeze();
    train(net, optimizer, 1);
    expect(changed(net, before).length).toBe(Object.keys(before).length);
  });

  it('keeps its statistics as well in evaluation mode', () => {
    const net = new Net();
    net.features.freeze().eval();
    const before = net.stateDict();
    train(net, new SGD(net.parameters(), { lr: 0.1 }), 2);
    expect(changed(net, before)).toEqual(head);
  });

  it('stays frozen in Model.fit, and when it was frozen between two of them', async () => {
    const net = new Net();
    const model = new Model(net, { optimizer: 'adam', loss: 'mse' });
    await model.fit(data, { verbose: false });
    net.features.freeze();
    const before = net.stateDict();
    await model.fit(data, { epochs: 2, verbose: false });
    expect(changed(net, before).sort()).toEqual([...statistics, ...head].sort());
  });

  it('can be single parameters, found by name', () => {
    const net = new Net();
    for (const [name, p] of net.namedParameters()) if (name.endsWith('bias')) p.requiresGrad = false;
    const before = net.stateDict();
    train(net, new SGD(net.parameters(), { lr: 0.1 }), 1);
    expect(changed(net, before).filter((name) => name.endsWith('bias'))).toEqual([]);
    expect(changed(net, before)).toContain('features.0.weight');
  });
});

describe('groups by name', () => {
  it('have learning rates and decays of their own', () => {
    const net = new Net();
    const named = net.namedParameters();
    const isPlain = (name: string): boolean => /(^|\.)bias$|\.1\./.test(name);
    const optimizer = new AdamW(
      [
        { params: named.flatMap(([name, p]) => (isPlain(name) ? [p] : [])), weightDecay: 0, lr: 0 },
        { params: named.flatMap(([name, p]) => (isPlain(name) ? [] : [p])), weightDecay: 0.5 },
      ],
      { lr: 0.01 },
    );
    expect(optimizer.groups.map(({ params }) => params.length)).toEqual([4, 2]);
    const before = net.stateDict();
    train(net, optimizer, 1);
    expect(changed(net, before).filter((name) => !statistics.includes(name))).toEqual([
      'features.0.weight',
      'head.weight',
    ]);
    optimizer.groups[0]!.lr = 0.01;
    train(net, optimizer, 1);
    expect(changed(net, before)).toContain('head.bias');
  });
});
