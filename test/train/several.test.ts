/** Models of several inputs and outputs: trained, scored, saved and loaded; and what of them does not fit. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ArgumentError, FormatError, ShapeError, StateError } from '../../src/core/errors.ts';
import { Generator, manualSeed } from '../../src/core/random.ts';
import * as data from '../../src/data/index.ts';
import { decodeCheckpoint, encodeTensors } from '../../src/io/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { Model } from '../../src/train/index.ts';
import { corners, numbersOf } from './example.ts';

/** Two views of points around corners: which corner, and how far from the middle. */
function samples(count: number, seed: number = 1): { x: Tensor[]; y: Tensor[] } {
  const { x, y } = corners(count, seed);
  return { x: [x.narrow(1, 0, 1), x.narrow(1, 1, 1)], y: [y, x.square().sum({ dim: 1 }).sqrt()] };
}

function twoHeads() {
  const [a, b] = [nn.input([1]), nn.input([1])];
  const shared = new nn.Dense(16, { activation: 'tanh' });
  const joined = new nn.Dense(16, { activation: 'relu' }).call(
    new nn.Concat().call(shared.call(a), shared.call(b), a, b),
  );
  return nn.graph([a, b], [new nn.Dense(3).call(joined), new nn.Dense(1).call(joined)]);
}

const options = {
  loss: ['crossEntropy', 'mse'],
  lossWeights: [1, 0.5],
  metrics: [['accuracy'], ['meanAbsoluteError']],
} as const;
const quiet = { verbose: false, batchSize: 16 } as const;

describe('a model of two inputs and two outputs', () => {
  it('learns both, and scores each by itself', async () => {
    manualSeed(3);
    const model = new Model(twoHeads(), options);
    const history = await model.fit(samples(120), { ...quiet, epochs: 20, validation: samples(40, 2) });
    const last = history.last!;
    expect(last['accuracy.0']).toBeGreaterThan(0.9);
    expect(last['meanAbsoluteError.1']).toBeLessThan(0.6);
    expect(last.loss).toBeCloseTo(last['loss.0']! + 0.5 * last['loss.1']!, 5);
    expect(last['valLoss.1']).toBeGreaterThan(0);
    expect(Object.keys(await model.evaluate(samples(40, 2)))).toEqual([
      'loss',
      'loss.0',
      'loss.1',
      'accuracy.0',
      'meanAbsoluteError.1',
    ]);
  });

  it('scores as the losses say', async () => {
    const net = twoHeads();
    const { x, y } = samples(10);
    const [scores, value] = net.forward(x[0]!, x[1]!);
    const [first, second] = [nn.crossEntropy(scores, y[0]!).item(), nn.mse(value, y[1]!.unsqueeze(1)).item()];
    const found = await new Model(net, options).evaluate({ x, y }, { batchSize: 3 });
    expect(found['loss.0']).toBeCloseTo(first, 5);
    expect(found['loss.1']).toBeCloseTo(second, 5);
    expect(found.loss).toBeCloseTo(first + 0.5 * second, 5);
  });

  it('predicts a list, typed as the graph is', async () => {
    const model = new Model(twoHeads());
    const { x } = samples(10);
    const outputs = await model.predict(x, { batchSize: 4 });
    expectTypeOf(outputs[0]).toEqualTypeOf<Tensor>();
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [10, 3],
      [10, 1],
    ]);
    const whole = model.module.forward(x[0]!, x[1]!);
    outputs.forEach((output, k) => {
      expect(output.sub(whole[k]!).abs().amax().item()).toBeLessThan(1e-6);
    });
    expectTypeOf(new Model(new nn.Dense(2)).predict([[1]])).toEqualTypeOf<Promise<Tensor>>();
  });

  it('learns from datasets, loaders and batches alike', async () => {
    const { x, y } = samples(48);
    const dataset = new data.TensorsDataset(x, y);
    const rows: data.AnySample[] = Array.from({ length: 48 }, (_, i) => dataset.get(i));
    const sources = [
      { x, y },
      dataset,
      data.subset(
        dataset,
        Array.from({ length: 48 }, (_, i) => i),
      ),
      { length: 48, get: (i: number) => rows[i]! },
      () => new data.Loader(dataset, { batchSize: 16 }),
      () => new data.Loader(rows, { batchSize: 16 }),
    ];
    const results = [];
    for (const source of sources) {
      manualSeed(5);
      const model = new Model(twoHeads(), options);
      const batched = typeof source === 'function';
      await model.fit(source, { verbose: false, ...(!batched && { batchSize: 16, shuffle: false }) });
      results.push(numbersOf(model.module));
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('is saved and loaded, and goes on to the bit', async () => {
    const train = async (parts: number[]): Promise<Record<string, number[]>> => {
      manualSeed(7);
      let model: Model<nn.Module> = new Model(twoHeads(), options);
      for (const epochs of parts) {
        model = await Model.load(await model.toBytes(), { several: true });
        await model.fit(samples(48), { ...quiet, epochs });
      }
      expect(model.epochs).toHaveLength(4);
      return numbersOf(model.module);
    };
    expect(await train([2, 2])).toEqual(await train([4]));
    const model = new Model(twoHeads(), options);
    await expect(Model.load(await model.toBytes())).rejects.toThrow(/pass \{ several: true \}, or a module/);
    const again = await Model.load(await model.toBytes(), { module: twoHeads() });
    expect(numbersOf(again.module)).toEqual(numbersOf(model.module));
    const { module } = decodeCheckpoint(await model.toBytes(), { several: true });
    expect(module).toBeInstanceOf(nn.Graph);
  });

  it('holds the labels of each output against its classes before it trains', async () => {
    const { x, y } = samples(20);
    const model = new Model(twoHeads(), options);
    const before = numbersOf(model.module);
    const wrong = { x, y: [y[0]!.add(3).int32(), y[1]!] };
    await expect(model.fit(wrong, quiet)).rejects.toThrow(/outside the 3 classes/);
    expect(numbersOf(model.module)).toEqual(before);
  });
});

describe('a module of several inputs of one own class', () => {
  class Weigh extends nn.Module {
    readonly table: nn.Embedding = new nn.Embedding(4, 2);
    readonly dense: nn.Dense = new nn.Dense(1);
    forward(kind: Tensor, x: Tensor): Tensor {
      return this.dense.forward(joined(this.table.forward(kind), x));
    }
  }
  const joined = (...parts: Tensor[]): Tensor => Tensor.concat(parts, 1);
  const generator = new Generator(2);
  const x = [Tensor.randint(0, 4, [30], { generator }), Tensor.randn([30, 3], { generator })];
  const y = x[1]!.sum({ dim: 1 });

  it('is built from its first batch, and again from a file', async () => {
    const model = new Model(new Weigh(), { loss: 'mse' });
    const { epochs } = await model.fit({ x, y }, { ...quiet, epochs: 3, validationSplit: 0.2 });
    expect(Object.keys(epochs[0]!)).toEqual(['epoch', 'loss', 'valLoss', 'lr', 'seconds']);
    expect(model.summary()).toMatch(/table +Embedding +\[1, 2\]/);
    const again = await Model.load(await model.toBytes(), { module: new Weigh() });
    expect(numbersOf(again.module)).toEqual(numbersOf(model.module));
    expect((await again.predict(x)).toArray()).toEqual((await model.predict(x)).toArray());
  });
});

describe('what does not fit', () => {
  const { x, y } = samples(20);
  const attempt = async (more: object, given: object = { x, y }): Promise<unknown> => {
    const model = new Model(twoHeads(), { ...options, ...more });
    return model.fit(given as { x: Tensor[]; y: Tensor[] }, quiet);
  };

  it.each<[string, object, object | undefined, typeof ShapeError | typeof ArgumentError, RegExp]>([
    ['one target for two outputs', {}, { x, y: y[0] }, ShapeError, /2 outputs; got 1 targets; y must be a list/],
    ['inputs of other lengths', {}, { x: [x[0], x[1]!.narrow(0, 0, 7)], y }, ShapeError, /20, 7, 20, 20/],
    ['too many inputs', {}, { x: [...x, x[0]], y }, ArgumentError, /takes 2 inputs; got 3/],
    [
      'metrics of one output',
      { metrics: ['accuracy'] },
      undefined,
      ArgumentError,
      /got metrics of one; give a list for each/,
    ],
    [
      'losses for three',
      { loss: ['mse', 'mse', 'mse'], lossWeights: undefined },
      undefined,
      ArgumentError,
      /got 3 losses/,
    ],
    ['weights for three', { loss: 'mse', lossWeights: [1, 1, 1] }, undefined, ArgumentError, /got 3 lossWeights/],
  ])('%s changes nothing', async (_name, more, given, error, message) => {
    const promise = attempt(more, given);
    await expect(promise).rejects.toThrow(error);
    await expect(promise).rejects.toThrow(message);
  });

  it('is refused by the constructor where it can tell', () => {
    const net = twoHeads();
    expect(() => new Model(net, { loss: [] })).toThrow(/at least one/);
    expect(() => new Model(net, { lossWeights: [1] })).toThrow(/need a loss/);
    expect(() => new Model(net, { loss: 'mse', lossWeights: [-1, 1] })).toThrow(/at least 0/);
    expect(() => new Model(net, { loss: ['mse', 'mse'], lossWeights: [1] })).toThrow(/one for each loss/);
    expect(() => new Model(net, { loss: ['mse', 'other' as 'mse'] })).toThrow(/no such loss; got "other"/);
    expect(
      () => new Model(net, { loss: 'mse', metrics: [['meanAbsoluteError'], 'meanAbsoluteError'] as never }),
    ).toThrow(/all be lists/);
  });

  it('in predict is named', async () => {
    const model = new Model(twoHeads());
    await expect(model.predict([x[0]!, x[1]!.narrow(0, 0, 3)])).rejects.toThrow(
      /equally many; got shape \[20, 1\], \[3, 1\]/,
    );
    await expect(new Model(new nn.Sequential(new nn.Dense(1))).predict(x)).rejects.toThrow(
      /Sequential takes one input/,
    );
    const odd = new Model(new nn.LSTMCell(2, { inFeatures: 1 }));
    await expect(odd.predict(x[0]!)).rejects.toThrow(/LSTMCell must give a tensor or a list of tensors; got object/);
  });

  it('in a dataset is named', () => {
    expect(() => new data.TensorsDataset(x, [])).toThrow(ArgumentError);
    expect(() => new data.TensorsDataset(x, [y[0]!.narrow(0, 0, 4)])).toThrow(/got 20, 20, 4/);
    const mixed: data.AnySample[] = [
      { x: [x[0]!, x[1]!], y: 0 },
      { x: [x[0]!], y: 0 },
    ];
    expect(() => [...new data.Loader(mixed)]).toThrow(/x of a batch must be lists of equally many tensors; got 2/);
  });

  it('in a file is refused', async () => {
    const model = new Model(twoHeads(), options);
    const { tensors, metadata } = (await import('../../src/io/tensors.ts')).decodeTensors(await model.toBytes());
    const training = JSON.parse(metadata['tsgrad.training']!) as Record<string, unknown>;
    for (const change of [
      { loss: ['mse', 'odd'] },
      { lossWeights: ['a'] },
      { metrics: [['accuracy'], 'meanAbsoluteError'] },
      { metrics: [['odd'], []] },
    ]) {
      const text = JSON.stringify({ ...training, ...change });
      const bytes = await encodeTensors(tensors, { ...metadata, 'tsgrad.training': text });
      await expect(Model.load(bytes, { several: true })).rejects.toThrow(FormatError);
    }
    await expect(Model.load(await encodeTensors(tensors), { several: true })).rejects.toThrow(StateError);
  });
});
