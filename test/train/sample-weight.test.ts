/** Weights of samples and of classes: what they count in the loss, how they travel with the data, and what does not fit. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import * as data from '../../src/data/index.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type LossName, Model } from '../../src/train/index.ts';
import { lossNames, lossOf } from '../../src/train/loss-choice.ts';
import { lossTable } from '../nn/loss/loss-table.ts';
import { corners } from './example.ts';

const quiet = { verbose: false } as const;
const net = () => new nn.Sequential(new nn.Dense(8, { activation: 'tanh' }), new nn.Dense(3));
const sgd = (params: readonly Tensor[]) => new optim.SGD(params, { lr: 0.1 });

/** The weights after one step of SGD over everything at once, by a loop of one's own. */
function stepped(module: nn.Module, loss: () => Tensor): number[] {
  loss().backward();
  sgd(module.parameters()).step();
  return Array.from(module.parameters()[0]!.dataSync());
}

function twins(): [nn.Sequential, nn.Sequential] {
  const [a, b] = [net().build([1, 2]), net().build([1, 2])];
  b.loadStateDict(a.stateDict());
  return [a, b];
}

const first = (module: nn.Module): number[] => Array.from(module.parameters()[0]!.dataSync());

describe('every loss by name', () => {
  const rows = lossTable.filter(({ name }) => lossNames.some((known) => known === name));
  it.each(rows)('$name: losses of samples whose mean is the loss', ({ name, inputs }) => {
    const { of, each, align } = lossOf(name as LossName);
    const [output, given] = inputs();
    const target = align(output!, given!);
    const losses = each(output!, target);
    expect(losses.shape[0]).toBe(output!.shape[0]);
    expect(losses.mean().item()).toBeCloseTo(of(output!, target).item(), 5);
  });
});

describe('sampleWeight', () => {
  it('counts each loss so often, and divides by the number of samples', async () => {
    manualSeed(1);
    const { x, y } = corners(12);
    const sampleWeight = Tensor.arange(12);
    const [a, b] = twins();
    const model = new Model(a, { optimizer: sgd, loss: 'crossEntropy' });
    const { last } = await model.fit({ x, y, sampleWeight }, { ...quiet, batchSize: 12, shuffle: false });
    const loss = () => nn.crossEntropy(b.forward(x), y, { reduction: 'none' }).mul(sampleWeight).sum().div(12);
    expect(last!.loss).toBeCloseTo(loss().item(), 5);
    expect(first(a)).toEqual(stepped(b, loss).map((n) => expect.closeTo(n, 5)));
  });

  it('stays with its sample when they are shuffled, split, and put together one by one', async () => {
    const x = Tensor.arange(10).unsqueeze(1);
    const weighted = data.fromArrays(x, Tensor.zeros([10, 1]), { sampleWeight: Tensor.arange(10).mul(2) });
    const parts = data.split(weighted, [0.5, 0.5]);
    const loaders = [
      new data.Loader(weighted, { batchSize: 4, shuffle: true }),
      new data.Loader(data.concat(...parts), { batchSize: 4, shuffle: true }),
      new data.Loader(new data.TensorsDataset([x], [x], x.squeeze(1).mul(2)), { batchSize: 4, shuffle: true }),
    ];
    for (const loader of loaders) {
      let seen = 0;
      for (const { x: inputs, sampleWeight } of loader) {
        const numbers = inputs instanceof Tensor ? inputs : inputs[0]!;
        expect(sampleWeight!.toArray()).toEqual(numbers.squeeze(1).mul(2).toArray());
        seen += numbers.shape[0]!;
      }
      expect(seen).toBe(10);
    }
  });

  it('may weigh each step of a sequence, which masks padding', async () => {
    const x = Tensor.randn([4, 5, 2]);
    const y = Tensor.randn([4, 5, 1]);
    const mask = Tensor.randint(0, 2, [4, 5]).float32();
    const model = new Model(new nn.Dense(1), { loss: 'mse' });
    model.module.build([1, 5, 2]);
    const { loss } = await model.evaluate({ x, y, sampleWeight: mask });
    const own = model.module.forward(x).sub(y).square().squeeze(2).mul(mask).sum().div(20);
    expect(loss).toBeCloseTo(own.item(), 5);
  });

  it('counts in validation, in batches of one’s own, and for all outputs', async () => {
    const [a, b] = [nn.input([2]), nn.input([2])];
    const graph = nn.graph([a, b], [new nn.Dense(3).call(a), new nn.Dense(1).call(b)]);
    const model = new Model(graph, { loss: ['crossEntropy', 'mse'], lossWeights: [1, 2] });
    const [p, q] = [corners(6), corners(6, 2)];
    const batch = { x: [p.x, q.x], y: [p.y, q.y.float32()], sampleWeight: [1, 0, 0, 2, 0, 3] };
    const found = await model.evaluate([batch]);
    const [scores, value] = graph.forward(p.x, q.x);
    const w = Tensor.from(batch.sampleWeight);
    const ofScores = nn.crossEntropy(scores, p.y, { reduction: 'none' }).mul(w).mean().item();
    const ofValue = value.squeeze(1).sub(q.y.float32()).square().mul(w).mean().item();
    expect(found['loss.0']).toBeCloseTo(ofScores, 5);
    expect(found.loss).toBeCloseTo(ofScores + 2 * ofValue, 5);
    const history = await model.fit([batch], { ...quiet, validation: batch });
    expect(history.last!.loss).toBeCloseTo(found.loss, 5);
  });

  it('takes a loss of one’s own that gives a loss for each sample', async () => {
    const { x, y } = corners(6);
    const loss = (output: Tensor, target: Tensor) => nn.crossEntropy(output, target, { reduction: 'none' });
    const module = net().build([1, 2]);
    const model = new Model(module, { loss });
    const losses = loss(module.forward(x), y);
    expect((await model.evaluate({ x, y })).loss).toBeCloseTo(losses.mean().item(), 5);
    const sampleWeight = Tensor.from([0, 0, 1, 0, 0, 0]);
    const found = await model.evaluate({ x, y, sampleWeight });
    expect(found.loss).toBeCloseTo(losses.select(0, 2).item() / 6, 5);
    const mean = new Model(module, { loss: (output, target) => nn.crossEntropy(output, target) });
    await expect(mean.evaluate({ x, y, sampleWeight })).rejects.toThrow(/weights need a loss for each sample, \[6\]/);
  });

  it('refuses weights of other samples, and trains nothing', async () => {
    const { x, y } = corners(6);
    const module = net().build([1, 2]);
    const model = new Model(module, { loss: 'crossEntropy' });
    const before = first(module);
    await expect(model.fit({ x, y, sampleWeight: Tensor.ones([5]) }, quiet)).rejects.toThrow(ShapeError);
    await expect(model.fit([{ x, y, sampleWeight: 2 }], quiet)).rejects.toThrow(/a weight for each sample; got \[\]/);
    await expect(model.fit({ x, y, sampleWeight: Tensor.ones([6, 4]) }, quiet)).rejects.toThrow(
      /got \[6, 4\] for losses \[6\]/,
    );
    const odd: data.Dataset = {
      length: 2,
      get: (i) => (i === 0 ? { x: [1, 2], y: 0, sampleWeight: 1 } : { x: [1, 2], y: 1 }),
    };
    await expect(model.fit(odd, quiet)).rejects.toThrow(/got 1 of 2; give each one/);
    expect(first(module)).toEqual(before);
  });
});

describe('classWeight', () => {
  it('weighs each sample by its class, besides its own weight', async () => {
    const { x, y } = corners(12);
    const classWeight = [1, 5, 0.5];
    const sampleWeight = Tensor.arange(12);
    const [a, b] = twins();
    const model = new Model(a, { optimizer: sgd, loss: 'crossEntropy' });
    await model.fit({ x, y, sampleWeight }, { ...quiet, batchSize: 12, classWeight });
    const factors = Tensor.from(classWeight).indexSelect(0, y).mul(sampleWeight);
    const expected = stepped(b, () => nn.crossEntropy(b.forward(x), y, { reduction: 'none' }).mul(factors).mean());
    expect(first(a)).toEqual(expected.map((n) => expect.closeTo(n, 5)));
  });

  it.each<[string, Tensor, readonly number[]]>([
    [
      'probabilities',
      Tensor.from([
        [0.9, 0.1, 0],
        [0, 0.2, 0.8],
      ]),
      [0, 2],
    ],
    ['labels', Tensor.from([2, 1], { dtype: 'int32' }), [2, 1]],
    ['a label that is ignored', Tensor.from([-100, 1], { dtype: 'int32' }), [-1, 1]],
  ])('takes %s', async (_, target, classes) => {
    const model = new Model(net().build([1, 2]), { optimizer: sgd, loss: 'crossEntropy' });
    const x = Tensor.from([
      [1, -1],
      [0.5, 2],
    ]);
    const losses = nn.crossEntropy(model.module.forward(x), target, { reduction: 'none' });
    const factors = Tensor.from(classes.map((c) => [1, 5, 0.5][c] ?? 0));
    const { last } = await model.fit({ x, y: target }, { ...quiet, classWeight: [1, 5, 0.5] });
    expect(last!.loss).toBeCloseTo(losses.mul(factors).mean().item(), 5);
  });

  it('takes no and yes, and leaves the scores of validation alone', async () => {
    const model = new Model(new nn.Dense(1).build([1, 2]), { optimizer: sgd, loss: 'bceWithLogits' });
    const [x, y] = [
      Tensor.from([
        [1, -1],
        [0.5, 2],
      ]),
      Tensor.from([0, 1], { dtype: 'int32' }),
    ];
    const plain = (await model.evaluate({ x, y })).loss;
    const losses = nn.bceWithLogits(model.module.forward(x).squeeze(1), y.float32(), { reduction: 'none' });
    const still = (params: readonly Tensor[]) => new optim.SGD(params, { lr: 0 });
    const again = new Model(model.module, { optimizer: still, loss: 'bceWithLogits' });
    const { last } = await again.fit({ x, y }, { ...quiet, classWeight: [1, 9], validation: { x, y } });
    expect(last!.loss).toBeCloseTo(losses.mul([1, 9]).mean().item(), 5);
    expect(last!.valLoss).toBeCloseTo(plain, 5);
  });

  it('weighs labels of pixels one by one', async () => {
    const model = new Model(new nn.Conv1D(3, 1).build([1, 2, 4]), { loss: 'crossEntropy' });
    const [x, y] = [Tensor.randn([2, 2, 4]), Tensor.randint(0, 3, [2, 4])];
    const losses = nn.crossEntropy(model.module.forward(x), y, { reduction: 'none' });
    const factors = Tensor.from([1, 5, 0.5]).index(y);
    const { last } = await model.fit({ x, y }, { ...quiet, classWeight: [1, 5, 0.5] });
    expect(last!.loss).toBeCloseTo(losses.mul(factors).mean().item(), 5);
  });

  it('refuses weights of other classes, and trains nothing', async () => {
    const { x, y } = corners(6);
    const module = net().build([1, 2]);
    const model = new Model(module, { loss: 'crossEntropy' });
    const before = first(module);
    const trainWith = (classWeight: readonly number[]) => model.fit({ x, y }, { ...quiet, classWeight });
    await expect(trainWith([1, 2])).rejects.toThrow(/one for each of the 3 classes; got 2/);
    for (const wrong of [[], [1, -1, 2], [1, Number.NaN, 1]])
      await expect(trainWith(wrong)).rejects.toThrow(ArgumentError);
    const own = new Model(module, { loss: (o, t) => nn.crossEntropy(o, t, { reduction: 'none' }) });
    const short = own.fit({ x, y: y.mul(0).add(2) }, { ...quiet, classWeight: [1, 2] });
    await expect(short).rejects.toThrow(IndexError);
    expect(first(module)).toEqual(before);
  });
});
