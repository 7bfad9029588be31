/** Training learns, takes data in every form, follows its seed, and ends cleanly however it ends. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, IndexError, ShapeError, StateError, TrainingError } from '../../src/core/errors.ts';
import { Generator, manualSeed } from '../../src/core/random.ts';
import * as data from '../../src/data/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Adam, SGD } from '../../src/optim/index.ts';
import { noGrad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import {
  type Callback,
  EarlyStopping,
  type FitOptions,
  Model,
  type ModelOptions,
  type Training,
  type TrainingData,
} from '../../src/train/index.ts';
import { cornerSet, corners, network, numbersOf } from './example.ts';

const quiet: FitOptions = { verbose: false };
const classifier: ModelOptions = {
  optimizer: (parameters) => new Adam(parameters, { lr: 0.02 }),
  loss: 'crossEntropy',
  metrics: ['accuracy'],
};

function model(options: ModelOptions = classifier): Model<nn.Sequential> {
  manualSeed(3);
  return new Model(network(), options);
}

describe('fit', () => {
  it('learns, and records every epoch', async () => {
    const m = model();
    const history = await m.fit(cornerSet(300), { ...quiet, epochs: 8, validation: cornerSet(90, 2) });
    expect(history.stopped).toBeUndefined();
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Object.keys(history.last!)).toEqual([
      'epoch',
      'loss',
      'accuracy',
      'valLoss',
      'valAccuracy',
      'lr',
      'seconds',
    ]);
    expect(history.last!.valAccuracy).toBeGreaterThan(0.95);
    expect(history.last!.loss).toBeLessThan(history.epochs[0]!.loss / 2);
    expect(history.last!.lr).toBeCloseTo(0.02, 12);
    expect(history.of('valLoss')).toHaveLength(8);
    expect(history.of('nothing')[0]).toBeNaN();
    expect(m.epochs).toEqual(history.epochs);
  });

  it('counts epochs over all its calls', async () => {
    const m = model();
    await m.fit(cornerSet(40), { ...quiet, epochs: 2 });
    const second = await m.fit(cornerSet(40), { ...quiet, epochs: 2 });
    expect(second.epochs.map(({ epoch }) => epoch)).toEqual([3, 4]);
    expect(m.epochs).toHaveLength(4);
  });

  it.each([true, false])('does what a loop by hand does, with jit: %s', async (jit) => {
    const { x, y } = corners(60);
    const m = model({ ...classifier, optimizer: (parameters) => new SGD(parameters, { lr: 0.1, momentum: 0.9 }) });
    await m.fit({ x, y }, { ...quiet, epochs: 3, batchSize: 25, shuffle: false, jit });

    manualSeed(3);
    const net = network().build([1, 2]);
    const optimizer = new SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const range of [
        [0, 25],
        [25, 50],
        [50, 60],
      ] as const) {
        nn.crossEntropy(net.forward(x.slice(range)), y.slice(range)).backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
    }
    const [got, expected] = [m.module, net].map((part) => Object.values(numbersOf(part)).flat());
    if (!jit) expect(got).toEqual(expected);
    for (const [i, x] of got!.entries()) expect(x).toBeCloseTo(expected![i]!, 5);
  });

  it('weighs batches by their size in the epoch’s scores', async () => {
    const { x, y } = corners(50);
    const still: ModelOptions = { ...classifier, optimizer: (p) => new SGD(p, { lr: 0 }) };
    const m = new Model(new nn.Sequential(new nn.Dense(3)), still);
    const history = await m.fit({ x, y }, { ...quiet, batchSize: 32 });
    const output = await m.predict(x);
    expect(history.last!.loss).toBeCloseTo(nn.crossEntropy(output, y).item(), 5);
    expect(history.last!.accuracy).toBeCloseTo(output.argMax({ dim: 1 }).eq(y).float32().mean().item(), 6);
  });

  it('runs once at a time', async () => {
    const m = model();
    const first = m.fit(cornerSet(40), quiet);
    await expect(m.fit(cornerSet(40), quiet)).rejects.toThrow(StateError);
    expect((await first).epochs).toHaveLength(1);
    expect((await m.fit(cornerSet(40), quiet)).last!.epoch).toBe(2);
  });

  it('keeps the modes of all modules', async () => {
    const m = model();
    m.module.get(1).eval();
    await m.fit(cornerSet(40), quiet);
    await m.evaluate(cornerSet(10));
    expect(m.module.namedModules().filter(([, part]) => !part.training)).toEqual([['1', m.module.get(1)]]);
    expect(m.module.parameters().every((p) => p.grad === undefined)).toBe(true);
  });
});

describe('data', () => {
  const { x, y } = corners(64);
  const rows = x.toArray() as number[][];
  const labels = Array.from(y.dataSync());
  const dataset = cornerSet(64);
  const batch = (from: number): { x: Tensor; y: Tensor } => ({
    x: x.slice([from, from + 16]),
    y: y.slice([from, from + 16]),
  });
  const starts = [0, 16, 32, 48];
  function* batches(): IterableIterator<{ x: Tensor; y: Tensor }> {
    for (const from of starts) yield batch(from);
  }
  async function* later(): AsyncGenerator<{ x: Tensor; y: Tensor }> {
    yield* batches();
  }

  async function trained(source: TrainingData, options: FitOptions = {}): Promise<Record<string, number[]>> {
    const m = model();
    await m.fit(source, { ...quiet, epochs: 2, ...options });
    return numbersOf(m.module);
  }
  const ordered: FitOptions = { batchSize: 16, shuffle: false };

  it.each<[string, TrainingData, FitOptions]>([
    ['nested arrays', { x: rows, y: labels }, ordered],
    [
      'typed arrays',
      { x: Tensor.from(Float32Array.from(rows.flat()), { shape: [64, 2] }), y: Int32Array.from(labels) },
      ordered,
    ],
    ['a dataset', dataset, ordered],
    ['samples by index', { length: 64, get: (i: number) => ({ x: rows[i]!, y: labels[i]! }) }, ordered],
    ['a loader', new data.Loader(dataset, { batchSize: 16 }), {}],
    ['an array of batches', starts.map(batch), {}],
    ['batches of arrays', starts.map((s) => ({ x: rows.slice(s, s + 16), y: labels.slice(s, s + 16) })), {}],
    ['a function that makes an iterator', batches, {}],
    ['a function that makes an async iterator', later, {}],
    ['an object to iterate over', { [Symbol.asyncIterator]: later }, {}],
  ])('may be %s', async (_form, source, options) => {
    expect(await trained(source, options)).toEqual(await trained({ x, y }, ordered));
  });

  it('have a new order each epoch, which follows the seed', async () => {
    expect(await trained({ x, y })).toEqual(await trained({ x, y }));
    expect(await trained({ x, y })).not.toEqual(await trained({ x, y }, ordered));
    const own = (seed: number): FitOptions => ({ generator: new Generator(seed) });
    expect(await trained({ x, y }, own(1))).toEqual(await trained({ x, y }, own(1)));
    expect(await trained({ x, y }, own(1))).not.toEqual(await trained({ x, y }, own(2)));
  });

  it('leave their last samples for validation', async () => {
    const split = model();
    const one = await split.fit({ x, y }, { ...quiet, validationSplit: 0.25 });
    const whole = model();
    const validation = { x: x.slice([48, 64]), y: y.slice([48, 64]) };
    const other = await whole.fit({ x: x.slice([0, 48]), y: y.slice([0, 48]) }, { ...quiet, validation });
    expect({ ...one.last, seconds: 0 }).toEqual({ ...other.last, seconds: 0 });
  });

  it('may have targets that lack the outputs’ last dim', async () => {
    const line = { x: Tensor.linspace(-1, 1, 32).unsqueeze(1), y: Tensor.linspace(-3, 5, 32) };
    const m = new Model(new nn.Sequential(new nn.Dense(1)), {
      optimizer: (p) => new SGD(p, { lr: 0.5 }),
      loss: 'mse',
      metrics: ['meanAbsoluteError'],
    });
    const history = await m.fit(line, { ...quiet, epochs: 40 });
    expect(history.last!.loss).toBeLessThan(1e-6);
    expect(history.last!.meanAbsoluteError).toBeLessThan(1e-3);
  });

  it('of yes and no train logits, whose threshold is 0', async () => {
    const sides = { x: corners(100).x, y: corners(100).x.select(1, 0).gt(0).int32() };
    const m = new Model(new nn.Sequential(new nn.Dense(1)), {
      optimizer: (p) => new Adam(p, { lr: 0.1 }),
      loss: 'bceWithLogits',
      metrics: ['accuracy'],
    });
    await m.fit(sides, { ...quiet, epochs: 20 });
    const logits = (await m.predict(sides.x)).squeeze(1);
    const right = logits.gt(0).eq(sides.y.bool()).float32().mean().item();
    expect((await m.evaluate(sides)).accuracy).toBeCloseTo(right, 6);
    expect(right).toBeGreaterThan(0.95);
  });
});

describe('stepsPerEpoch', () => {
  it('ends the epochs of data without an end, which begin anew', async () => {
    let [begun, closed] = [0, 0];
    function* endless() {
      begun += 1;
      try {
        while (true) yield corners(8);
      } finally {
        closed += 1;
      }
    }
    const model = new Model(network(), { loss: 'crossEntropy' });
    const seen: (number | undefined)[] = [];
    const onBatchEnd = ({ batch, batches }: Training) => {
      seen.push(batch, batches);
    };
    await model.fit(endless, { ...quiet, epochs: 2, stepsPerEpoch: 3, callbacks: [{ onBatchEnd }] });
    expect(seen).toEqual([1, 3, 2, 3, 3, 3, 1, 3, 2, 3, 3, 3]);
    expect([begun, closed]).toEqual([2, 2]);
  });

  it('takes a part of a dataset, another in each epoch', async () => {
    const [x, y] = [Tensor.arange(40).reshape([20, 2]), Tensor.zeros([20], { dtype: 'int32' })];
    const parts: number[][] = [];
    const see = new nn.Lambda((rows: Tensor) => {
      if (rows.sum().item() > 0) parts.push(Array.from(rows.select(1, 0).dataSync())); // but not the zeros of build
      return rows;
    });
    const model = new Model(new nn.Sequential(see, new nn.Dense(3)), { loss: 'crossEntropy' });
    const history = await model.fit({ x, y }, { ...quiet, batchSize: 4, epochs: 2, stepsPerEpoch: 2 });
    expect(history.epochs.length).toBe(2);
    expect(parts.map((part) => part.length)).toEqual([4, 4, 4, 4]);
    expect(new Set(parts.slice(0, 2).flat()).size).toBe(8);
    expect(parts[2]).not.toEqual(parts[0]);
  });

  it('is a whole number above 0', async () => {
    const model = new Model(network(), { loss: 'crossEntropy' });
    for (const wrong of [0, 1.5, Number.NaN]) {
      await expect(model.fit(corners(8), { ...quiet, stepsPerEpoch: wrong })).rejects.toThrow(ArgumentError);
    }
  });
});

describe('losses and metrics', () => {
  it('may be functions', async () => {
    const { x, y } = corners(60);
    const twice = (output: Tensor, target: Tensor): Tensor => nn.crossEntropy(output, target).mul(2);
    const certainty = (output: Tensor): Tensor => output.softmax(1).amax({ dim: 1 }).mean();
    const rate = (output: Tensor, target: Tensor): number =>
      output.argMax({ dim: 1 }).eq(target).sum().item() / target.size;
    const m = new Model(new nn.Sequential(new nn.Dense(3)), {
      loss: twice,
      metrics: [certainty, rate, 'accuracy'],
    });
    await m.fit({ x, y }, quiet);
    const scores = await m.evaluate({ x, y }, { batchSize: 7 });
    const output = await m.predict(x);
    expect(scores.loss).toBeCloseTo(2 * nn.crossEntropy(output, y).item(), 5);
    expect(scores.certainty).toBeCloseTo(certainty(output).item(), 5);
    expect(scores.rate).toBeCloseTo(scores.accuracy!, 6);
  });

  it.each<[string, unknown[]]>([
    ['a loss that is none', [network(), { loss: 'guess' }]],
    ['an optimizer that is none', [network(), { optimizer: 'adamaxx' }]],
    ['a metric that is none', [network(), { metrics: ['recallish'] }]],
    ['a metric that is nothing', [network(), { metrics: [undefined] }]],
    ['a metric twice', [network(), { metrics: ['accuracy', 'accuracy'] }]],
    [
      'a metric without a name',
      [
        network(),
        {
          metrics: [
            (
              () => () =>
                1
            )(),
          ],
        },
      ],
    ],
    ['a metric called loss', [network(), { metrics: [{ loss: (): number => 1 }.loss] }]],
    ['what is no module', [{ forward: (x: Tensor) => x }]],
    ['nothing', [null]],
  ])('may not be %s', (_what, options) => {
    expect(() => Reflect.construct(Model, options)).toThrow(ArgumentError);
  });

  it('are needed to train', async () => {
    const bare = new Model(network());
    await expect(bare.fit(cornerSet(9), quiet)).rejects.toThrow(StateError);
    const many = new Model(network(), { loss: (output) => output.sum({ dim: 0 }) });
    await expect(many.fit(cornerSet(9), quiet)).rejects.toThrow(
      /must be one number, or one for each sample; got shape \[3\]/,
    );
  });
});

describe('bad data', () => {
  const good = corners(40);

  it.each<[string, unknown, FitOptions, new (m: string) => Error, RegExp]>([
    ['no samples', { x: Tensor.zeros([0, 2]), y: Tensor.zeros([0], { dtype: 'int32' }) }, {}, ArgumentError, /empty/],
    ['no batches', [], {}, ArgumentError, /no batch/],
    ['an empty batch', [{ x: Tensor.zeros([0, 2]), y: [] }], {}, ShapeError, /epoch 1, batch 1: the batch is empty/],
    ['different lengths', { x: good.x, y: good.y.slice([1, 40]) }, {}, ShapeError, /40 and 39/],
    ['batches of different lengths', [{ x: good.x, y: [1, 2] }], {}, ShapeError, /\[40, 2\] and y \[2\]/],
    ['what is no batch', [good.x], {}, ArgumentError, /must be \{ x, y \}/],
    ['what is no data', 7, {}, ArgumentError, /got number/],
    [
      'a label that is no class',
      { x: good.x, y: good.y.add(1) },
      {},
      IndexError,
      /outside the 3 classes .* got 3 at sample/,
    ],
    [
      'a label below 0',
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: [0, -1],
      },
      {},
      IndexError,
      /got -1 at sample 1/,
    ],
    [
      'a wrong label in validation',
      good,
      { validation: { x: good.x, y: good.y.add(1) } },
      IndexError,
      /validation data/,
    ],
    [
      'inputs of another size',
      [good, { x: Tensor.zeros([4, 5]), y: [0, 1, 2, 0] }],
      {},
      ShapeError,
      /batch 2: in 0 \(Dense\)/,
    ],
    ['a batch size for batches', [good], { batchSize: 8 }, ArgumentError, /batchSize has no meaning/],
    ['shuffled batches', [good], { shuffle: true }, ArgumentError, /shuffle has no meaning/],
    ['part of a stream', [good], { validationSplit: 0.5 }, ArgumentError, /validationSplit/],
    ['nothing left to train', good, { validationSplit: 0.999 }, ArgumentError, /both sides/],
    ['two validations', good, { validationSplit: 0.5, validation: good }, ArgumentError, /one of them/],
    ['no epochs', good, { epochs: 0 }, ArgumentError, /epochs/],
    ['half a batch size', good, { batchSize: 0.5 }, ArgumentError, /batchSize/],
    ['a clip of 0', good, { clipNorm: 0 }, ArgumentError, /clipNorm/],
  ])('%s: is refused, and nothing has changed', async (_what, source, options, type, message) => {
    const m = model();
    m.module.build([1, 2]);
    const before = numbersOf(m.module);
    const training: Promise<unknown> = Reflect.apply(m.fit, m, [source, { ...quiet, ...options }]);
    const error: unknown = await training.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(type);
    expect(String(error)).toMatch(message);
    if (!/batch 2/.test(String(error))) expect(numbersOf(m.module)).toEqual(before);
    expect(m.epochs).toEqual([]);
  });

  it('a wrong label far into a stream leaves all as it was before its batch', async () => {
    const parts = [0, 10, 20].map((s) => ({ x: good.x.slice([s, s + 10]), y: good.y.slice([s, s + 10]) }));
    const wrong = { x: parts[2]!.x, y: parts[2]!.y.mul(0).add(3) };
    const [a, b] = [model(), model()];
    await expect(a.fit([parts[0]!, parts[1]!, wrong], quiet)).rejects.toThrow(/^fit, epoch 1, batch 3: .*label 3/);
    manualSeed(3);
    await b.fit([parts[0]!, parts[1]!], quiet);
    expect(numbersOf(a.module)).toEqual(numbersOf(b.module));
    expect(a.optimizer!.stateDict().tensors['state.0.step']!.item()).toBe(2);
  });

  it('an iterator that was used up says so', async () => {
    const once = (function* (): IterableIterator<{ x: Tensor; y: Tensor }> {
      yield good;
    })();
    const m = model();
    await expect(m.fit(once, { ...quiet, epochs: 2 })).rejects.toThrow(/read once; pass the function/);
    expect(m.epochs).toHaveLength(1);
  });
});

describe('a loss that is no number', () => {
  const parts = [0, 10, 20].map((s) => {
    const { x, y } = corners(30);
    return { x: x.slice([s, s + 10]), y: y.slice([s, s + 10]) };
  });

  it.each([true, false])(
    'ends training with the parameters of before, and says where and why, with jit: %s',
    async (jit) => {
      const spoilt = { x: parts[2]!.x.mul(Number.NaN), y: parts[2]!.y };
      const [a, b] = [model(), model()];
      const options = { ...quiet, jit };
      const error: unknown = await a.fit([parts[0]!, parts[1]!, spoilt], options).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(TrainingError);
      expect(String(error)).toMatch(/got NaN in epoch 1, batch 3; the batch holds NaN/);
      manualSeed(3);
      await b.fit([parts[0]!, parts[1]!], options);
      expect(numbersOf(a.module)).toEqual(numbersOf(b.module)); // the running statistics of BatchNorm included
      expect(a.module.parameters().every((p) => p.grad === undefined)).toBe(true);
    },
  );

  it('by too high a learning rate advises a lower one', async () => {
    const steep = (output: Tensor): Tensor => output.pow(4).mean().exp();
    const m = new Model(new nn.Sequential(new nn.Dense(3)), { loss: steep, optimizer: (p) => new SGD(p, { lr: 1e6 }) });
    await expect(m.fit(parts, { ...quiet, epochs: 9 })).rejects.toThrow(
      /try a lower learning rate \(now 1000000\), or clipNorm/,
    );
    expect(m.module.parameters().every((p) => p.isFinite().all().item() === 1)).toBe(true);
  });

  it.each([true, false])('a gradient that is none ends training too, with jit: %s', async (jit) => {
    // The root of 0 has the value 0 and an infinite derivative, so the first loss is fine and its step would not be.
    const sharp = (output: Tensor): Tensor => output.sub(output.detach()).pow(0.5).mean().add(output.mul(0).mean());
    const m = new Model(new nn.Sequential(new nn.Dense(3)), { loss: sharp, optimizer: 'adam' });
    m.module.build([1, 2]);
    const before = numbersOf(m.module);
    await expect(m.fit(parts, { ...quiet, jit })).rejects.toThrow(/the gradient is no number.* epoch 1, batch 1/);
    expect(numbersOf(m.module)).toEqual(before);
    // a compiled step has made the optimizer's state, as it is before the first step
    const state = Object.values(m.optimizer!.stateDict().tensors).flatMap((x) => [...x.dataSync()]);
    expect(state.every((n) => n === 0)).toBe(true);
  });
});

describe('clipping', () => {
  const step = async (options: FitOptions): Promise<Tensor[]> => {
    manualSeed(8);
    const net = new nn.Sequential(new nn.Dense(8), new nn.Dense(3)).build([1, 2]);
    const before = net.parameters().map((p) => p.detach());
    const m = new Model(net, { loss: 'crossEntropy', optimizer: (p) => new SGD(p, { lr: 1 }) });
    await m.fit(corners(30), { ...quiet, batchSize: 30, ...options });
    return noGrad(() => net.parameters().map((p, i) => before[i]!.sub(p.detach())));
  };
  const norm = (steps: readonly Tensor[]): number => Math.hypot(...steps.flatMap((s) => Array.from(s.dataSync())));

  it('bounds the norm of all gradients together', async () => {
    const free = await step({});
    const bound = norm(free) / 3;
    const clipped = await step({ clipNorm: bound });
    expect(norm(clipped)).toBeCloseTo(bound, 4);
    expect(clipped[0]!.mul(3).sub(free[0]!).abs().amax().item()).toBeLessThan(1e-4);
    expect(norm(await step({ clipNorm: 1e3 }))).toBeCloseTo(norm(free), 4);
  });

  it('bounds each element', async () => {
    const free = await step({});
    const clipped = await step({ clipValue: 0.01 });
    free.forEach((s, i) => {
      expect(s.clamp(-0.01, 0.01).sub(clipped[i]!).abs().amax().item()).toBeLessThan(1e-6);
    });
  });
});

describe('a signal', () => {
  it('ends training after the batch under way, and keeps what was done', async () => {
    const m = model();
    const controller = new AbortController();
    let batches = 0;
    const abort: Callback = {
      onBatchEnd: () => {
        if (++batches === 7) controller.abort();
      },
    };
    const history = await m.fit(cornerSet(64), {
      ...quiet,
      epochs: 9,
      batchSize: 16,
      signal: controller.signal,
      callbacks: [abort],
    });
    expect(batches).toBe(7);
    expect(history.stopped).toBe('aborted');
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1]);
    expect(m.epochs).toHaveLength(1);
  });

  it('that comes with the last batch of an epoch lets it count', async () => {
    const controller = new AbortController();
    const abort: Callback = { onBatchEnd: ({ batch }) => (batch === 4 ? controller.abort() : undefined) };
    const m = model();
    const history = await m.fit(cornerSet(64), {
      ...quiet,
      epochs: 9,
      batchSize: 16,
      signal: controller.signal,
      callbacks: [abort],
    });
    expect(history.epochs).toHaveLength(1);
    expect(history.stopped).toBe('aborted');
  });

  it('that comes during validation keeps the epoch, without its scores', async () => {
    const controller = new AbortController();
    const validation = function* () {
      controller.abort();
      yield corners(8);
      yield corners(8);
    };
    const ended: number[] = [];
    const m = model();
    const history = await m.fit(cornerSet(64), {
      ...quiet,
      epochs: 3,
      validation,
      signal: controller.signal,
      callbacks: [new EarlyStopping(), { onEpochEnd: (_training, { epoch }) => void ended.push(epoch) }],
    });
    expect([history.stopped, history.epochs.length, ended]).toEqual(['aborted', 1, []]);
    expect(history.last).not.toHaveProperty('valLoss');
  });

  it('that came before leaves all as it is', async () => {
    const m = model();
    const history = await m.fit(cornerSet(64), { ...quiet, signal: AbortSignal.abort() });
    expect(history.epochs).toEqual([]);
    expect(history.stopped).toBe('aborted');
    expect(m.module.isBuilt).toBe(false);
  });

  it('arrives, since training lets other work go on', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const m = model();
    const history = await m.fit(cornerSet(64), { ...quiet, epochs: 1_000_000, signal: controller.signal });
    expect(history.stopped).toBe('aborted');
  });
});
