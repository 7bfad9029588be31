/** Modules: names, modes, sharing, state, sizes inferred at the first call, and errors that name the place. */
import { describe, expect, it } from 'vitest';
import { DtypeError, GradientError, IndexError, ShapeError, StateError } from '../../src/core/errors.ts';
import { defaultGenerator, Generator, manualSeed } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

class Block extends nn.Module {
  readonly norm = new nn.BatchNorm();
  readonly dense = new nn.Dense(4);
  forward(x: Tensor): Tensor {
    return this.dense.forward(this.norm.forward(x)).relu();
  }
}

class Net extends nn.Module {
  readonly scale = nn.parameter([2]);
  readonly shift = Tensor.zeros([1], { requiresGrad: true });
  readonly timesSeen = nn.buffer(Tensor.zeros([], { dtype: 'int32' }));
  readonly constant = Tensor.ones([3]);
  readonly blocks = [new Block(), new Block()];
  readonly lastLayer = new nn.Sequential(new nn.Dropout(0.5), new nn.Dense(2));
  readonly names = ['neither', 'a', 'module'];
  forward(x: Tensor): Tensor {
    const start = x.mul(this.scale).add(this.shift);
    return this.lastLayer.forward(this.blocks.reduce((h, block) => block.forward(h), start));
  }
}

const built = (): Net => {
  const net = new Net();
  net.build([2, 3]);
  return net;
};
const input = (): Tensor => Tensor.randn([5, 3], { generator: new Generator(9) });

describe('names', () => {
  it('are those of the properties in snake_case, in order of declaration', () => {
    expect(Object.keys(built().stateDict())).toEqual([
      'scale',
      'shift',
      'times_seen',
      ...['blocks.0', 'blocks.1'].flatMap((block) => [
        ...['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map((n) => `${block}.norm.${n}`),
        ...['weight', 'bias'].map((n) => `${block}.dense.${n}`),
      ]),
      'last_layer.1.weight',
      'last_layer.1.bias',
    ]);
  });

  it('tell parameters from buffers and constants', () => {
    const net = built();
    expect(net.namedParameters().map(([name]) => name)).toHaveLength(12);
    expect(net.namedBuffers().map(([name]) => name)).toHaveLength(7);
    expect(net.parameters().every((p) => p.requiresGrad)).toBe(true);
    expect(net.parameters()).toContain(net.shift);
  });

  it('of modules give the tree', () => {
    const net = new Net();
    expect(net.children().map(([name]) => name)).toEqual(['blocks.0', 'blocks.1', 'last_layer']);
    expect(net.namedModules().map(([path, m]) => `${path}:${m.typeName}`)).toEqual([
      ':Net',
      'blocks.0:Block',
      'blocks.0.norm:BatchNorm',
      'blocks.0.dense:Dense',
      'blocks.1:Block',
      'blocks.1.norm:BatchNorm',
      'blocks.1.dense:Dense',
      'last_layer:Sequential',
      'last_layer.0:Dropout',
      'last_layer.1:Dense',
    ]);
  });

  it('reach into Maps and plain objects, as PyTorch’s ModuleDict', () => {
    class Heads extends nn.Module {
      readonly heads: Record<string, nn.Dense> = { firstHead: new nn.Dense(2), other: new nn.Dense(3) };
      readonly byName = new Map<string, nn.Module | Tensor>([
        ['x', new nn.Dense(1)],
        ['scale', nn.parameter([1])],
      ]);
      readonly options = { rate: 1, table: Tensor.zeros([2]) };
      forward(x: Tensor): Tensor[] {
        const last = this.byName.get('x') as nn.Dense;
        return [...Object.values(this.heads), last].map((head) => head.forward(x));
      }
    }
    const net = new Heads().build([1, 4]);
    expect(net.children().map(([name]) => name)).toEqual(['heads.firstHead', 'heads.other', 'by_name.x']);
    expect(Object.keys(net.stateDict())).toEqual([
      'by_name.scale',
      ...['heads.firstHead', 'heads.other', 'by_name.x'].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
    ]);
    expect(net.eval().heads.other!.training).toBe(false);
    const [one, two] = [new nn.Dense(5), new nn.Dense(6)];
    net.replace('heads.firstHead', one).replace('by_name.x', two);
    expect([net.heads.firstHead, net.byName.get('x')]).toEqual([one, two]);
    expect(() => net.replace('heads.toString', one)).toThrow(/no module at this path/);
  });

  it('are as PyTorch has them for layers', () => {
    const rnn = new nn.SimpleRNN(3, { inFeatures: 2, layers: 2 });
    expect(Object.keys(rnn.stateDict())).toEqual(
      ['l0', 'l1'].flatMap((l) => ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => `${name}_${l}`)),
    );
  });

  it('list what is shared once as a parameter and under every name in the state', () => {
    const shared = new nn.Dense(3, { inFeatures: 3 });
    const net = new nn.Sequential(shared, new nn.ReLU(), shared);
    expect(net.namedParameters().map(([name]) => name)).toEqual(['0.weight', '0.bias']);
    expect(Object.keys(net.stateDict())).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    const { '0.weight': weight, '2.bias': bias } = net.stateDict();
    expect(net.loadStateDict({ '2.weight': weight!.mul(2), '0.bias': bias! }).missing).toEqual([]);
    expect(shared.weight.toArray()).toEqual(weight!.mul(2).toArray());
  });

  it('survive a module that knows its parent', () => {
    class Child extends nn.Module {
      parent: nn.Module | undefined;
      readonly weight = nn.parameter([1]);
      forward(x: Tensor): Tensor {
        return x.mul(this.weight);
      }
    }
    const child = new Child();
    const net = new nn.Sequential(child);
    child.parent = net;
    expect(Object.keys(net.stateDict())).toEqual(['0.weight']);
  });
});

describe('modes', () => {
  it('reach every module', () => {
    const net = new Net();
    const modes = (): Set<boolean> => new Set(net.namedModules().map(([, module]) => module.training));
    expect(modes()).toEqual(new Set([true]));
    expect(net.eval()).toBe(net);
    expect(modes()).toEqual(new Set([false]));
    expect(modes.call(net.train())).toEqual(new Set([true]));
  });

  it('freeze and unfreeze parameters, which stay parameters', () => {
    const net = built();
    net.forward(input()).sum().backward();
    const before = net.parameters();
    net.freeze();
    expect(net.parameters()).toEqual(before);
    expect(before.some((p) => p.requiresGrad || p.grad)).toBe(false);
    expect(net.forward(input()).requiresGrad).toBe(false);
    net.unfreeze();
    expect(before.every((p) => p.requiresGrad)).toBe(true);
  });

  it('zeroGrad drops gradients', () => {
    const net = built();
    net.forward(input()).sum().backward();
    expect(net.parameters().every((p) => p.grad)).toBe(true);
    net.zeroGrad();
    expect(net.parameters().some((p) => p.grad)).toBe(false);
  });

  it('apply visits children first', () => {
    const seen: string[] = [];
    new nn.Sequential(new nn.ReLU(), new nn.Sequential(new nn.Tanh())).apply((m) => {
      seen.push(m.typeName);
    });
    expect(seen.at(-1)).toBe('Sequential');
    expect(seen.indexOf('Tanh')).toBeLessThan(seen.indexOf('Sequential'));
  });
});

describe('state', () => {
  it('goes from one model to another', () => {
    const [a, b] = [built(), built()];
    a.forward(input()); // moves the running statistics
    a.timesSeen.assign(Tensor.from(7, { dtype: 'int32' }));
    expect(b.loadStateDict(a.stateDict())).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
    expect(b.timesSeen.item()).toBe(7);
    expect(b.eval().forward(input()).toArray()).toEqual(a.eval().forward(input()).toArray());
  });

  it('is a copy that later updates do not reach', () => {
    const net = built();
    const state = net.stateDict();
    const before = state.scale!.toArray();
    net.scale.assign([5]);
    expect(state.scale!.toArray()).toEqual(before);
    expect(state.scale!.requiresGrad).toBe(false);
  });

  it('is cast to what the module computes in, where the numbers survive it', () => {
    const norm = new nn.BatchNorm({ features: 1 });
    const state = norm.stateDict();
    norm.loadStateDict({
      ...state,
      running_mean: Tensor.from(Float64Array.of(0.5)),
      num_batches_tracked: Tensor.from(3),
    });
    expect([norm.runningMean!.dtype, norm.runningMean!.item()]).toEqual(['float32', 0.5]);
    expect([norm.numBatchesTracked!.dtype, norm.numBatchesTracked!.item()]).toEqual(['int32', 3]);
    expect(() => norm.loadStateDict({ ...state, num_batches_tracked: Tensor.from(3.5) })).toThrow(StateError);
  });

  it('that does not fit changes nothing and is named', () => {
    const net = built();
    const before = JSON.stringify(Object.values(net.stateDict()).map((x) => x.toArray()));
    const other = Object.fromEntries(
      Object.entries(net.stateDict()).map(([name, x]) => [name, x.add(1).cast(x.dtype)]),
    );
    const { scale, ...rest } = other;
    expect(() => net.loadStateDict(rest)).toThrow(/missing: scale;/);
    expect(() => net.loadStateDict({ ...other, odd: scale! })).toThrow(/unexpected: odd;/);
    expect(() => net.loadStateDict({ ...other, scale: Tensor.zeros([2]) })).toThrow(
      /scale is float32 \[2\] and should be float32 \[1\]/,
    );
    expect(() => net.loadStateDict({ ...other, scale: Tensor.zeros([2]) }, { strict: false })).toThrow(StateError);
    expect(JSON.stringify(Object.values(net.stateDict()).map((x) => x.toArray()))).toBe(before);
    expect(net.loadStateDict({ scale: scale!, odd: scale! }, { strict: false })).toMatchObject({
      unexpected: ['odd'],
      missing: expect.arrayContaining(['shift', 'last_layer.1.weight']),
    });
    expect(net.scale.item()).toBe(3);
  });

  it('under a name of Object.prototype is no state', () => {
    const net = new nn.Sequential(new nn.Dense(1, { inFeatures: 1 }));
    expect(() => net.loadStateDict(Object.create({ '0.weight': Tensor.zeros([1, 1]) }))).toThrow(/missing/);
  });
});

describe('sizes', () => {
  it('are inferred at the first call, and by build as well', () => {
    const net = new Net();
    expect(net.isBuilt).toBe(false);
    expect(() => net.parameters()).toThrow(
      /parameters: blocks\.0\.norm \(BatchNorm\) has no parameters yet, .* call the model once or build/,
    );
    expect(() => net.stateDict()).toThrow(StateError);
    expect(() => net.blocks[0]!.dense.weight).toThrow(/Dense.weight: does not exist/);
    net.forward(input());
    expect(net.isBuilt).toBe(true);
    expect(net.blocks[0]!.dense.weight.shape).toEqual([4, 3]);
    expect(net.lastLayer.get(1)).toBe(net.lastLayer.get(-1));
  });

  it('by build draw the same weights as a first call, and nothing else', () => {
    const weights = (net: Net): unknown => Object.values(net.stateDict()).map((x) => x.toArray());
    manualSeed(4);
    const a = new Net();
    a.build([7, 3]);
    const after = defaultGenerator.state;
    manualSeed(4);
    const b = new Net();
    b.eval().forward(input());
    expect(weights(a)).toEqual(weights(b));
    expect(defaultGenerator.state).toEqual(after);
    expect(a.training && a.lastLayer.get(0).training).toBe(true);
    expect(a.blocks[0]!.norm.numBatchesTracked!.item()).toBe(0);
  });

  it('given in options make the parameters at once', () => {
    expect(new nn.Dense(2, { inFeatures: 3 }).weight.shape).toEqual([2, 3]);
    expect(new nn.Conv2D(4, [2, 3], { inChannels: 6, groups: 2 }).weight.shape).toEqual([4, 3, 2, 3]);
    expect(new nn.BatchNorm({ features: 3 }).runningVar!.shape).toEqual([3]);
    expect(new nn.SimpleRNN(2, { inFeatures: 3 }).parameters()).toHaveLength(4);
  });

  it('of a first call that fails are forgotten, draws included', () => {
    const net = new nn.Sequential(
      new nn.Conv2D(4, 3),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Dense(3),
      new nn.LayerNorm(4),
    );
    manualSeed(1);
    const before = defaultGenerator.state;
    expect(() => net.forward(Tensor.zeros([1, 2, 5, 5]))).toThrow(ShapeError);
    expect(net.isBuilt).toBe(false);
    expect(defaultGenerator.state).toEqual(before);
    expect(() => net.build([1, 2, 5, 5])).toThrow(ShapeError);
    expect(net.isBuilt).toBe(false);
    expect(net.training).toBe(true);
  });

  it('stay when a later call fails', () => {
    const dense = new nn.Dense(2);
    dense.forward(Tensor.zeros([1, 3]));
    const { weight } = dense;
    expect(() => dense.forward(Tensor.zeros([1, 4]))).toThrow(ShapeError);
    expect(dense.weight).toBe(weight);
  });
});

describe('errors', () => {
  class Wrapped extends nn.Module {
    readonly features = new nn.Sequential(new nn.Conv2D(2, 3, { inChannels: 1 }), new nn.ReLU());
    forward(x: Tensor): Tensor {
      return this.features.forward(x);
    }
  }

  it('name the layer by its path, whoever calls it', () => {
    const image = Tensor.zeros([1, 5, 4, 4]);
    expect(() => new Wrapped().forward(image)).toThrow(/^in features\.0 \(Conv2D\): /);
    expect(() => new nn.Sequential(new Wrapped()).forward(image)).toThrow(/^in 0\.features\.0 \(Conv2D\): /);
    expect(() => new nn.Conv2D(2, 3).forward(Tensor.zeros([3]))).toThrow(/^in Conv2D: the input must be/);
  });

  it('keep their class, and say it once, in the stack too', () => {
    const net = new nn.Sequential(new nn.Embedding(3, 2));
    expect(() => net.forward(Tensor.zeros([1]))).toThrow(DtypeError);
    try {
      net.forward(Tensor.from(Int32Array.of(7)));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(IndexError);
      expect(String(error).match(/in 0 \(Embedding\): /g)).toHaveLength(1);
      expect((error as IndexError).stack!.match(/in 0 \(Embedding\): /g)).toHaveLength(1);
    }
  });

  it('of the forward itself name its class', () => {
    class Wrong extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.matmul(Tensor.zeros([9, 9]));
      }
    }
    expect(() => new Wrong().forward(Tensor.zeros([2, 3]))).toThrow(/^in Wrong: matmul: /);
  });

  it('of others pass unchanged, and the next call is well', () => {
    class Thrower extends nn.Module {
      fails = true;
      forward(x: Tensor): Tensor {
        if (this.fails) throw new RangeError('mine');
        return x;
      }
    }
    const thrower = new Thrower();
    const net = new nn.Sequential(thrower, new nn.Dense(2));
    expect(() => net.forward(input())).toThrow(new RangeError('mine'));
    thrower.fails = false;
    expect(net.forward(input()).shape).toEqual([5, 2]);
  });

  it('of a module that only has an arrow for forward come without a path', () => {
    class Arrow extends nn.Module {
      override readonly forward = (x: Tensor): Tensor => x.matmul(Tensor.zeros([9, 9]));
    }
    expect(new Arrow().typeName).toBe('Arrow');
    expect(() => new Arrow().forward(Tensor.zeros([2, 3]))).toThrow(/^matmul: /);
  });

  it('refuse what is no module', () => {
    const notAModule = { forward: (x: Tensor) => x } as unknown as nn.Layer;
    expect(() => new nn.Sequential(notAModule)).toThrow(/takes modules; got object at position 0/);
    expect(() => new nn.Sequential(new nn.ReLU()).get(1)).toThrow(IndexError);
  });

  it('of results leave the tape as it was', () => {
    const net = built();
    const out = net.forward(input());
    expect(() => net.parameters()[0]!.add(1).assign([1])).toThrow(GradientError);
    out.sum().backward();
    expect(net.scale.grad).toBeDefined();
  });
});

describe('summary', () => {
  const model = (): nn.Sequential =>
    new nn.Sequential(
      new nn.Conv2D(6, 5, { padding: 2 }),
      new nn.BatchNorm(),
      new nn.ReLU(),
      new nn.MaxPool2D(2),
      new nn.Flatten(),
      new nn.Dense(10),
    );

  it('shows every module with shapes, counts and totals', () => {
    const text = model().summary([1, 1, 28, 28]);
    const rows = text.split('\n').map((line) => line.trim().split(/\s{2,}/));
    expect(rows).toContainEqual(['0', 'Conv2D', '[1, 6, 28, 28]', '156']);
    expect(rows).toContainEqual(['3', 'MaxPool2D', '[1, 6, 14, 14]']);
    expect(rows).toContainEqual(['5', 'Dense', '[1, 10]', '11,770']);
    expect(text).toContain('parameters: 11,938 (11,938 trainable, 0 frozen)');
    expect(text).toContain('buffers: 13');
    expect(text).toContain(`size: ${((11938 + 13) * 4) / 1000}`.slice(0, 10));
  });

  it('counts what is frozen, and changes nothing', () => {
    const net = model();
    net.build([1, 1, 28, 28]);
    net.get(0).freeze();
    const [state, generator] = [net.stateDict(), defaultGenerator.state];
    expect(net.summary([3, 1, 28, 28])).toContain('(11,782 trainable, 156 frozen)');
    expect(net.training).toBe(true);
    expect(defaultGenerator.state).toEqual(generator);
    for (const [name, x] of Object.entries(net.stateDict())) expect(x.toArray()).toEqual(state[name]!.toArray());
  });

  it('needs a built model where it gets no shape', () => {
    const net = model();
    expect(() => net.summary()).toThrow(StateError);
    net.build([1, 1, 28, 28]);
    expect(net.summary()).toContain('Conv2D');
  });

  it('takes int32 inputs for models of tokens', () => {
    const net = new nn.Sequential(new nn.Embedding(65, 64), new nn.SimpleRNN(128), new nn.Dense(65));
    expect(net.summary([2, 16], { dtype: 'int32' })).toMatch(/1 +SimpleRNN +\[2, 128\] +24,832/);
  });
});
