/** What layers do beyond their maths: masks, running statistics, kept states, and refused options and inputs. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { Generator, manualSeed } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import { noGrad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { between, signed } from '../tensor/samples.ts';

const seeded = (): { generator: Generator } => ({ generator: new Generator(5) });

describe('Dropout', () => {
  it('drops a share p and scales up the rest, forward and backward', () => {
    const x = Tensor.ones([200, 200], { requiresGrad: true });
    const y = new nn.Dropout(0.25, seeded()).forward(x);
    const kept = y.ne(0).float64().mean().item();
    expect(Math.abs(kept - 0.75)).toBeLessThan(5 * Math.sqrt((0.75 * 0.25) / x.size));
    expect(new Set(y.dataSync())).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual(y.toArray());
  });

  it('is the identity in evaluation and at p = 0, and all zeros at p = 1', () => {
    const x = signed([3, 3]);
    expect(new nn.Dropout(0.5).eval().forward(x)).toBe(x);
    expect(new nn.Dropout(0).forward(x)).toBe(x);
    expect(new nn.Dropout(1).forward(x).abs().amax().item()).toBe(0);
  });

  it('repeats by the seed, with the same mask in both float dtypes', () => {
    const layer = new nn.Dropout(0.5);
    const mask = (x: Tensor): unknown => {
      manualSeed(3);
      return layer.forward(x).ne(0).toArray();
    };
    expect(mask(Tensor.ones([40]))).toEqual(mask(Tensor.ones([40], { dtype: 'float64' })));
    expect(
      layer
        .forward(Tensor.ones([40]))
        .ne(0)
        .toArray(),
    ).not.toEqual(mask(Tensor.ones([40])));
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses p = %d', (p) => {
    expect(() => new nn.Dropout(p)).toThrow(ArgumentError);
  });
});

describe('BatchNorm', () => {
  const x = between(-1, 3, [6, 2, 3]);
  const perChannel = x.transpose(0, 1).reshape([2, -1]);

  it('normalises by the batch in training, and learns its statistics', () => {
    const norm = new nn.BatchNorm({ dtype: 'float64', momentum: 0.3 });
    const out = norm.forward(x).transpose(0, 1).reshape([2, -1]);
    expect(out.mean({ dim: 1 }).abs().amax().item()).toBeLessThan(1e-12);
    expect(out.variance({ dim: 1, correction: 0 }).sub(1).abs().amax().item()).toBeLessThan(1e-4);
    const [mean, variance] = [perChannel.mean({ dim: 1 }), perChannel.variance({ dim: 1 })];
    expect(norm.runningMean!.sub(mean.mul(0.3)).abs().amax().item()).toBeLessThan(1e-12);
    expect(norm.runningVar!.sub(variance.mul(0.3).add(0.7)).abs().amax().item()).toBeLessThan(1e-12);
    expect(norm.numBatchesTracked!.item()).toBe(1);
  });

  it('takes the plain mean of all batches where momentum is null', () => {
    const norm = new nn.BatchNorm({ dtype: 'float64', momentum: null });
    for (const shift of [0, 1, 5]) norm.forward(x.add(shift));
    const mean = perChannel.mean({ dim: 1 }).add(2);
    expect(norm.runningMean!.sub(mean).abs().amax().item()).toBeLessThan(1e-12);
    expect(norm.numBatchesTracked!.item()).toBe(3);
  });

  it('keeps still in evaluation, where one sample is enough', () => {
    const norm = new nn.BatchNorm({ dtype: 'float64' });
    norm.forward(x);
    const before = norm.stateDict();
    const [both, alone] = [norm.eval().forward(x), norm.forward(x.narrow(0, 0, 1))];
    expect(both.narrow(0, 0, 1).sub(alone).abs().amax().item()).toBeLessThan(1e-12);
    for (const [name, value] of Object.entries(norm.stateDict()))
      expect(value.toArray()).toEqual(before[name]!.toArray());
  });

  it('keeps no tape behind its statistics', () => {
    const norm = new nn.BatchNorm({ dtype: 'float64' });
    norm.forward(Tensor.from(x, { requiresGrad: true }));
    expect(norm.runningMean!.requiresGrad).toBe(false);
  });

  it('refuses one value per channel in training, other channels, and vectors', () => {
    const norm = new nn.BatchNorm();
    expect(() => norm.forward(Tensor.ones([1, 3]))).toThrow(/^in BatchNorm: training needs more than one value/);
    expect(norm.isBuilt).toBe(false);
    norm.forward(Tensor.ones([2, 3]));
    expect(() => norm.forward(Tensor.ones([2, 4]))).toThrow(/must have 3 channels; got \[2, 4\]/);
    expect(() => norm.forward(Tensor.ones([3]))).toThrow(ShapeError);
    expect(() => new nn.BatchNorm({ momentum: 2 })).toThrow(ArgumentError);
    expect(() => new nn.BatchNorm({ eps: 0 })).toThrow(ArgumentError);
  });
});

describe('SimpleRNN', () => {
  const x = signed([2, 5, 3]);
  const make = (options: nn.SimpleRNNOptions = {}): nn.SimpleRNN =>
    new nn.SimpleRNN(4, { inFeatures: 3, dtype: 'float64', ...seeded(), ...options });
  const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

  it('is its recurrence, step by step', () => {
    const rnn = make();
    const [w, u, b, c] = rnn.parameters().map((p) => p.toArray()) as [number[][], number[][], number[], number[]];
    const dot = (row: readonly number[], v: readonly number[]): number => row.reduce((sum, n, i) => sum + n * v[i]!, 0);
    const outputs = (x.toArray() as number[][][]).map((sequence) => {
      let h = [0, 0, 0, 0];
      for (const step of sequence) h = h.map((_, k) => Math.tanh(dot(w[k]!, step) + b[k]! + dot(u[k]!, h) + c[k]!));
      return h;
    });
    expect(distance(rnn.forward(x), Tensor.from(outputs, { dtype: 'float64' }))).toBeLessThan(1e-14);
  });

  it('gives the last output, all of them, and the states', () => {
    const [last, all] = [make({ layers: 2 }), make({ layers: 2, returnSequences: true })];
    const outputs = all.forwardWithState(x);
    expect(outputs.output.shape).toEqual([2, 5, 4]);
    expect(outputs.state.shape).toEqual([2, 2, 4]);
    expect(last.forward(x).toArray()).toEqual(outputs.output.select(1, 4).toArray());
    expect(last.forward(x).toArray()).toEqual(outputs.state.select(0, 1).toArray());
  });

  it('goes on from a state, so that two halves are the whole', () => {
    const rnn = make({ layers: 2 });
    const { state } = rnn.forwardWithState(x.narrow(1, 0, 2));
    expect(distance(rnn.forward(x.narrow(1, 2, 3), { initial: state }), rnn.forward(x))).toBeLessThan(1e-14);
  });

  it('keeps its state where it is stateful, off the tape, until it is reset', () => {
    const [rnn, plain] = [make({ stateful: true }), make()];
    const whole = plain.forward(x).toArray();
    rnn
      .forward(x.narrow(1, 0, 2))
      .sum()
      .backward();
    rnn.zeroGrad();
    const second = rnn.forward(x.narrow(1, 2, 3));
    expect(distance(second, Tensor.from(whole as number[][], { dtype: 'float64' }))).toBeLessThan(1e-14);
    second.sum().backward(); // would fail if the first half were on the tape
    expect(Object.keys(rnn.stateDict())).toHaveLength(4);
    expect(() => rnn.forward(x.narrow(0, 0, 1))).toThrow(/the state to start from must be \[1, 1, 4\].*resetState/);
    rnn.resetState();
    expect(rnn.forward(x).toArray()).toEqual(whole);
  });

  it('does not take a rehearsal for a sequence', () => {
    const rnn = make({ stateful: true });
    rnn.forward(x);
    const { state } = make({ stateful: true }).forwardWithState(x);
    rnn.summary([1, 7, 3]);
    expect(distance(rnn.forwardWithState(x).state, make().forwardWithState(x, { initial: state }).state)).toBe(0);
  });

  it('refuses other shapes and options', () => {
    expect(() => make().forward(x.select(0, 0))).toThrow(/^in SimpleRNN: the input must be \[B, T, D\]/);
    expect(() => make().forward(x.narrow(1, 0, 0))).toThrow(ShapeError);
    expect(() => make().forward(x, { initial: Tensor.zeros([2, 2, 4]) })).toThrow(
      /must be \[1, 2, 4\]; got \[2, 2, 4\]/,
    );
    expect(() => make().forwardWithState(x.narrow(2, 0, 2))).toThrow(/^in SimpleRNN: the input must be \[B, T, 3\]/);
    expect(() => new nn.SimpleRNN(0)).toThrow(ArgumentError);
    expect(() => new nn.SimpleRNN(2, { activation: 'sine' as 'tanh' })).toThrow(ArgumentError);
  });
});

describe('layers', () => {
  it('compute in their own dtype, whatever comes in', () => {
    const pixels = Tensor.full([2, 1, 3, 3], 2, { dtype: 'int32' });
    const layers: readonly nn.Layer[] = [new nn.Conv2D(1, 2), new nn.Dense(2), new nn.BatchNorm(), new nn.LayerNorm(3)];
    for (const layer of layers) {
      expect(layer.forward(pixels).dtype).toBe('float32');
      expect(layer.forward(pixels.float64()).dtype).toBe('float32');
    }
  });

  it('can stand twice in a model', () => {
    const shared = new nn.Dense(3, { inFeatures: 3, ...seeded() });
    const net = new nn.Sequential(shared, new nn.Tanh(), shared);
    const x = signed([2, 3]).float32();
    expect(net.forward(x).toArray()).toEqual(shared.forward(shared.forward(x).tanh()).toArray());
  });

  it('under noGrad keep no tape', () => {
    const net = new nn.Sequential(new nn.Dense(2), new nn.ReLU());
    expect(noGrad(() => net.forward(Tensor.ones([1, 2]))).requiresGrad).toBe(false);
    expect(net.forward(Tensor.ones([1, 2])).requiresGrad).toBe(true); // the weights made above do require gradients
  });

  it('refuse impossible options', () => {
    expect(() => new nn.Dense(0)).toThrow(ArgumentError);
    expect(() => new nn.Dense(1.5)).toThrow(ArgumentError);
    expect(() => new nn.Dense(2, { inFeatures: 0 })).toThrow(ArgumentError);
    expect(() => new nn.Dense(2, { activation: 'toString' as 'relu' })).toThrow(/unknown activation; got toString/);
    expect(() => new nn.Conv2D(4, 0)).toThrow(ArgumentError);
    expect(() => new nn.Conv2D(4, [3])).toThrow(ArgumentError);
    expect(() => new nn.Conv2D(4, 3, { groups: 3 })).toThrow(ArgumentError);
    expect(() => new nn.Conv2D(4, 3, { groups: 2 }).forward(Tensor.ones([1, 3, 4, 4]))).toThrow(ShapeError);
    expect(() => new nn.Conv2D(4, 3).forward(Tensor.ones([1, 4, 4]))).toThrow(/^in Conv2D: the input must be \[N, C/);
    expect(() => new nn.Embedding(3, 2, { paddingIndex: 3 })).toThrow(ArgumentError);
    expect(() => new nn.Embedding(0, 2)).toThrow(ArgumentError);
    expect(() => new nn.LayerNorm([])).toThrow(ShapeError);
    expect(() => new nn.LayerNorm([3, 0])).toThrow(ShapeError);
    expect(() => new nn.LayerNorm(3).forward(Tensor.ones([2, 4]))).toThrow(/the last dims of the input must be \[3\]/);
    expect(() => new nn.Hardtanh(1, 1)).toThrow(ArgumentError);
  });

  it('Embedding takes indices, and its padding row stays as it is', () => {
    const embedding = new nn.Embedding(4, 2, { paddingIndex: 2 });
    const index = Tensor.from(Int32Array.of(0, 2, 2, 3));
    embedding.forward(index).sum().backward();
    expect(embedding.weight.grad!.toArray()).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(() => embedding.forward(Tensor.from([0, 1]))).toThrow(DtypeError);
    expect(() => embedding.forward(Tensor.from(Int32Array.of(4)))).toThrow(IndexError);
    expect(() => embedding.forward(Tensor.from(Int32Array.of(-1)))).toThrow(IndexError);
  });
});
