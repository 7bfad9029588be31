/** Copies of modules compute the same and share nothing that changes; what was shared inside them still is. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { encodeCheckpoint } from '../../src/io/index.ts';
import * as nn from '../../src/nn/index.ts';
import { SGD } from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { asFunction, layerTable } from './layer-table.ts';

const numbersOf = (module: nn.Module): unknown =>
  Object.entries(module.stateDict()).map(([name, x]) => [name, x.dtype, x.toArray()]);

describe.each(layerTable)('a copy of $name', (row) => {
  it('has the state and computes the same, and changes alone', () => {
    const { module } = asFunction(row);
    row.run(module, ...row.inputs());
    const copy = nn.clone(module);
    expect(copy.constructor).toBe(module.constructor);
    expect(numbersOf(copy)).toEqual(numbersOf(module));
    const own = new Set([...module.parameters(), ...module.namedBuffers().map(([, cell]) => cell)]);
    for (const cell of [...copy.parameters(), ...copy.namedBuffers().map(([, buffer]) => buffer)]) {
      expect(own.has(cell)).toBe(false);
    }
    const inside = new Set(module.namedModules().map(([, part]) => part));
    for (const [, part] of copy.namedModules()) expect(inside.has(part)).toBe(false);
    for (const one of [module, copy]) one.eval();
    const before = row.run(module, ...row.inputs()).toArray();
    expect(row.run(copy, ...row.inputs()).toArray()).toEqual(before);
    for (const p of copy.parameters()) p.assign(p.detach().mul(0.5).add(1));
    expect(row.run(module, ...row.inputs()).toArray()).toEqual(before);
  });
});

describe('a copy', () => {
  it('keeps ties, shared layers, frozen parameters and the mode', () => {
    const dense = new nn.Dense(3, { inFeatures: 3 });
    const net = new nn.Sequential(new nn.Embedding(5, 3), dense, dense, new nn.Dense(5, { inFeatures: 3 })).eval();
    nn.tie(net, '3.weight', '0.weight');
    dense.freeze();
    const copy = nn.clone(net);
    expect(copy.get(1)).toBe(copy.get(2));
    expect(copy.training).toBe(false);
    expect(copy.namedParameters().map(([name]) => name)).toEqual(net.namedParameters().map(([name]) => name));
    expect(copy.parameters().map((p) => p.requiresGrad)).toEqual([true, false, false, true]);
    const x = Tensor.from(Int32Array.of(1, 4));
    copy.forward(x).sum().backward();
    expect(net.parameters().every((p) => p.grad === undefined)).toBe(true);
    new SGD(copy.parameters(), { lr: 1 }).step();
    expect(copy.stateDict()['3.weight']!.toArray()).toEqual(copy.stateDict()['0.weight']!.toArray());
    expect(copy.stateDict()['0.weight']!.toArray()).not.toEqual(net.stateDict()['0.weight']!.toArray());
  });

  it('of a module of one’s own keeps its fields, lists and methods', () => {
    class Net extends nn.Module {
      readonly blocks: nn.Dense[] = [new nn.Dense(2, { inFeatures: 2 }), new nn.Dense(2, { inFeatures: 2 })];
      readonly named = new Map<string, nn.Module>([['norm', new nn.BatchNorm()]]);
      readonly scale = nn.parameter(Tensor.ones([2]));
      readonly constant = Tensor.from([1, 2]);
      readonly label: string;
      readonly first = this.blocks[0]!;
      constructor(label: string) {
        super();
        this.label = label;
      }
      forward(x: Tensor): Tensor {
        return this.blocks
          .reduce((y, block) => block.forward(y), x)
          .mul(this.scale)
          .add(this.constant);
      }
    }
    const net = new Net('a');
    const copy = nn.clone(net);
    expect(copy).toBeInstanceOf(Net);
    expect(copy.label).toBe('a');
    expect(copy.first).toBe(copy.blocks[0]);
    expect(copy.first).not.toBe(net.first);
    expect(copy.forward(Tensor.ones([1, 2])).toArray()).toEqual(net.forward(Tensor.ones([1, 2])).toArray());
    copy.scale.assign(Tensor.zeros([2]));
    expect(net.scale.toArray()).toEqual([1, 1]);
    // @ts-expect-error three features
    expect(() => copy.forward([1])).toThrow(/^in blocks\.0 \(Dense\)/);
  });

  it('of a layer without parameters draws its own', () => {
    const generator = new Generator(4);
    const layer = new nn.Dense(2, { generator, kernelRegularizer: nn.regularizer.l2(1) });
    const copy = nn.clone(layer);
    const x = Tensor.ones([1, 3]);
    expect(copy.forward(x).toArray()).toEqual(layer.forward(x).toArray()); // generators in the same state
    expect(copy.weight).not.toBe(layer.weight);
    expect(copy.regularization().item()).toBeCloseTo(copy.weight.square().sum().item(), 6);
  });

  it('goes on with the random state, and both apart', () => {
    const layer = new nn.Dropout(0.5, { generator: new Generator(1) });
    const x = Tensor.ones([20]);
    layer.forward(x);
    const copy = nn.clone(layer);
    const next = copy.forward(x).toArray();
    copy.forward(x);
    expect(layer.forward(x).toArray()).toEqual(next);
  });

  it('keeps rules and normalisations, of layers that are built and that are not', async () => {
    for (const built of [true, false]) {
      const layer = nn.weightNorm(new nn.Dense(2, built ? { inFeatures: 3 } : {}));
      const copy = nn.clone(layer);
      const x = Tensor.ones([1, 3]);
      layer.forward(x);
      copy.forward(x);
      expect(Object.keys(copy.stateDict())).toEqual(Object.keys(layer.stateDict()));
      copy.loadStateDict(layer.stateDict());
      const before = layer.forward(x).toArray();
      const [g] = copy
        .namedParameters()
        .filter(([name]) => name === 'weight_g')
        .map(([, cell]) => cell);
      g!.assign(g!.detach().mul(2));
      expect(copy.weight.toArray()).toEqual(layer.weight.mul(2).toArray());
      expect(layer.forward(x).toArray()).toEqual(before);
      nn.removeParametrization(copy);
      expect(copy.parameters()).toHaveLength(2);
      expect(layer.parameters()).toHaveLength(3);
    }
    const bounded = new nn.Dense(2, { inFeatures: 2, kernelConstraint: nn.constraint.nonNegative() });
    const copy = nn.clone(bounded);
    copy.weight.assign([
      [-1, 1],
      [1, -1],
    ]);
    copy.applyConstraints();
    expect(copy.weight.toArray()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    const file = (module: nn.Module): Promise<Uint8Array> => encodeCheckpoint({ module });
    bounded.weight.assign(copy.weight.detach());
    expect(await file(copy)).toEqual(await file(bounded));
  });

  it('is refused of what cannot be copied', () => {
    class Arrow extends nn.Module {
      readonly forward = (x: Tensor): Tensor => x;
    }
    expect(() => nn.clone(new nn.Sequential(new Arrow()))).toThrow(StateError);
    expect(() => nn.clone(new Arrow())).toThrow(/^clone: the forward of Arrow is a function in a field/);
    // @ts-expect-error no module
    expect(() => nn.clone(3)).toThrow(ArgumentError);
  });
});
