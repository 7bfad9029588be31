/** State that layers and optimizers make and keep by themselves, in compiled functions as in eager mode. */
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import { jit } from '../../src/jit/jit.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { noGrad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const numbers = (x: Tensor): number[] => [...x.dataSync()];

function expectClose(got: readonly number[], expected: readonly number[]): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, x] of got.entries()) expect(x, `number ${i}`).toBeCloseTo(expected[i]!, 4);
}

/** What a run gives with `f` as it is, and compiled. */
function compare(
  run: (compile: <A extends unknown[], R>(f: (...args: A) => R) => (...args: A) => R) => number[],
): void {
  manualSeed(11);
  const expected = run((f) => f);
  const drawn = numbers(Tensor.rand([2]));
  manualSeed(11);
  expectClose(
    run((f) => jit(f)),
    expected,
  );
  expect(numbers(Tensor.rand([2]))).toEqual(drawn);
}

describe('layers', () => {
  it.each<[string, () => nn.Layer, readonly number[]]>([
    ['BatchNorm', () => new nn.BatchNorm(), [6, 3]],
    ['BatchNorm of all batches', () => new nn.BatchNorm({ momentum: null }), [6, 3]],
    ['InstanceNorm', () => new nn.InstanceNorm({ trackRunningStats: true }), [2, 3, 5]],
    ['spectralNorm', () => nn.spectralNorm(new nn.Dense(4)), [3, 5]],
    ['weightNorm', () => nn.weightNorm(new nn.Dense(4)), [3, 5]],
    ['Dropout', () => new nn.Dropout(0.4), [4, 4]],
    ['stacked LSTM', () => new nn.LSTM(4, { layers: 2, dropout: 0.5 }), [2, 3, 5]],
    ['bidirectional GRU', () => new nn.GRU(4, { bidirectional: true, returnSequences: true }), [2, 3, 5]],
    ['stateful LSTM', () => new nn.LSTM(4, { stateful: true }), [2, 3, 5]],
    [
      'stateful RNN in Sequential',
      () => new nn.Sequential(new nn.SimpleRNN(4, { stateful: true }), new nn.Dense(2)),
      [2, 3, 5],
    ],
  ])('%s', (_name, make, shape) => {
    compare((compile) => {
      const layer = make();
      const step = compile((x: Tensor) => {
        const y = layer.forward(x);
        return y.detach();
      });
      const inputs = Array.from({ length: 5 }, () => Tensor.randn(shape));
      const out = inputs.flatMap((x) => numbers(step(x)));
      layer.eval();
      out.push(...inputs.flatMap((x) => numbers(step(x))));
      layer.train();
      out.push(...numbers(step(inputs[0]!)));
      return [...out, ...Object.values(layer.stateDict()).flatMap(numbers)];
    });
  });

  it('a state that is forgotten begins afresh, with batches of another size too', () => {
    compare((compile) => {
      const layer = new nn.GRU(3, { stateful: true });
      const step = compile((x: Tensor) => layer.forward(x).detach());
      const calls = (rows: number, count: number): number[] =>
        Array.from({ length: count }, () => numbers(step(Tensor.randn([rows, 2, 4])))).flat();
      const out = calls(2, 4);
      for (const rows of [2, 3, 2, 2, 3]) {
        layer.resetState();
        out.push(...calls(rows, 3));
      }
      return out;
    });
  });

  it('a batch of another size without that is refused', () => {
    const layer = new nn.GRU(3, { stateful: true });
    const step = jit((x: Tensor) => layer.forward(x).detach());
    for (let i = 0; i < 3; i++) step(Tensor.ones([2, 2, 4]));
    expect(() => step(Tensor.ones([3, 2, 4]))).toThrow(/resetState/);
  });

  it('activity penalties are those of the call', () => {
    compare((compile) => {
      const net = new nn.Sequential(new nn.Dense(3), new nn.ActivityRegularization(nn.regularizer.l2(0.1)));
      const loss = compile((x: Tensor) => net.forward(x).sum().add(net.regularization()).detach());
      return [0, 1, 2].map((i) => loss(Tensor.full([2, 4], i)).item());
    });
  });

  it('a rule that a parameter gets later is seen', () => {
    const net = new nn.Dense(2, { inFeatures: 2 });
    const penalty = jit(() => noGrad(() => net.regularization()));
    const eager = (): number => noGrad(() => net.regularization()).item();
    for (let i = 0; i < 2; i++) expect(penalty().item()).toBe(0);
    nn.regularize(net.weight, nn.regularizer.l2(0.5));
    for (let i = 0; i < 3; i++) expect(penalty().item()).toBeCloseTo(eager(), 5);
  });

  it('caches of keys are refused', () => {
    const layer = new nn.MultiHeadAttention(4, 2);
    layer.build([[1, 2, 4]]);
    const cache = new nn.KeyValueCache();
    const step = jit((x: Tensor) => layer.forward(x, x, x, { cache, causal: true }));
    expect(() => step(Tensor.ones([1, 1, 4]))).toThrow(CompileError);
    expect(cache.length).toBe(0);
  });
});

describe('optimizers', () => {
  const target = Tensor.from([1, -2, 3]);

  function train(
    make: (params: Tensor[]) => optim.Optimizer,
    between: (optimizer: optim.Optimizer, w: Tensor, i: number) => void,
  ): void {
    compare((compile) => {
      const w = Tensor.from([0, 0, 0], { requiresGrad: true });
      const optimizer = make([w]);
      const step = compile(() => {
        const loss = w.sub(target).square().sum();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return loss.detach();
      });
      return Array.from({ length: 9 }, (_, i) => {
        between(optimizer, w, i);
        return [step().item(), ...numbers(w)];
      }).flat();
    });
  }

  const makers: readonly (readonly [string, (params: Tensor[]) => optim.Optimizer])[] = [
    ['SGD', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.5 })],
    ['Adam', (p) => new optim.Adam(p, { lr: 0.1 })],
    ['Lookahead', (p) => new optim.Lookahead(new optim.SGD(p, { lr: 0.1 }), { every: 2, alpha: 0.5 })],
  ];

  it.each(makers)('%s sees another learning rate', (_name, make) => {
    train(make, (optimizer, _w, i) => {
      if (i > 0) optimizer.lr *= 0.9;
    });
  });

  it.each(makers)('%s sees other hyper-parameters', (_name, make) => {
    train(make, (optimizer, _w, i) => {
      const group = optimizer.groups[0]!;
      if (i === 4 && group.momentum !== undefined) group.momentum = 0.2;
      if (i === 6) group.hyper = { ...group.hyper, weightDecay: 0.1 };
    });
  });

  it.each(makers)('%s goes back to a state of before', (_name, make) => {
    let saved: optim.OptimizerState | undefined;
    let numbersThen: Tensor | undefined;
    train(make, (optimizer, w, i) => {
      if (i === 3) [saved, numbersThen] = [optimizer.stateDict(), w.detach()];
      if (i !== 6) return;
      optimizer.loadStateDict(saved!);
      w.assign(numbersThen!);
    });
  });

  it.each(makers)('%s passes over what is frozen for a while', (_name, make) => {
    compare((compile) => {
      const [w, frozen] = [0, 1].map(() => Tensor.from([0, 0, 0], { requiresGrad: true })) as [Tensor, Tensor];
      const optimizer = make([w, frozen]);
      const step = compile(() => {
        const loss = w.add(frozen).sub(target).square().sum();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return loss.detach();
      });
      return Array.from({ length: 8 }, (_, i) => {
        frozen.requiresGrad = i < 2 || i > 5;
        return [step().item(), ...numbers(frozen)];
      }).flat();
    });
  });

  it('gradients may be collected over several calls', () => {
    compare((compile) => {
      const w = Tensor.from([0, 0, 0], { requiresGrad: true });
      const optimizer = new optim.Adam([w], { lr: 0.1 });
      const collect = compile((scale: Tensor) => w.sub(target).mul(scale).square().sum().backward());
      const update = compile(() => {
        const norm = optim.clipGradNorm([w], 2);
        optimizer.step();
        optimizer.zeroGrad();
        return norm;
      });
      return Array.from({ length: 5 }, () => {
        for (let i = 1; i <= 3; i++) collect(Tensor.from(i));
        return [update().item(), ...numbers(w)];
      }).flat();
    });
  });
});

describe('averages', () => {
  it.each<[string, (net: nn.Module) => optim.WeightAverage]>([
    ['EMA', (net) => new optim.EMA(net, { decay: 0.8 })],
    ['EMA with warm-up and buffers', (net) => new optim.EMA(net, { decay: 0.9, warmup: true, buffers: true })],
    ['SWA', (net) => new optim.SWA(net)],
  ])('%s, in the step and applied now and then', async (_name, make) => {
    const run = async (compile: boolean): Promise<number[]> => {
      manualSeed(5);
      const net = new nn.Sequential(new nn.Dense(3), new nn.BatchNorm(), new nn.Dense(1)).build([4, 2]);
      const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
      const average = make(net);
      const step = (x: Tensor): Tensor => {
        const loss = net.forward(x).square().mean();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        average.update();
        return loss.detach();
      };
      const f = compile ? jit(step) : step;
      const out: number[] = [];
      for (let i = 0; i < 6; i++) {
        out.push(f(Tensor.randn([4, 2])).item());
        if (i === 3) await average.using(() => out.push(...Object.values(net.stateDict()).flatMap(numbers)));
        if (i === 4) average.loadStateDict(average.stateDict());
      }
      return [...out, average.updates, ...Object.values(average.stateDict().tensors).flatMap(numbers)];
    };
    expectClose(await run(true), await run(false));
  });
});
