/** Models compiled and not: the same training, and what happens where compiling is not possible. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type FitOptions, Model, type ModelOptions } from '../../src/train/index.ts';
import { cornerSet, corners, network, numbersOf } from './example.ts';

const quiet: FitOptions = { verbose: false, batchSize: 16 };
const train = cornerSet(70); // the last batch has 6
const validation = cornerSet(20, 2);

function expectClose(got: readonly number[], expected: readonly number[], digits: number = 4): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, x] of got.entries()) expect(x, `number ${i}`).toBeCloseTo(expected[i]!, digits);
}

const allOf = (module: nn.Module): number[] => Object.values(numbersOf(module)).flat();

afterEach(() => {
  vi.restoreAllMocks();
});

interface Case {
  readonly module?: () => nn.Layer;
  readonly model?: ModelOptions;
  readonly fit?: (model: Model) => FitOptions;
}

const cases: Readonly<Record<string, Case>> = {
  plainly: {},
  'with clipping': { fit: () => ({ clipNorm: 0.5, clipValue: 0.1 }) },
  'with accumulated gradients': { fit: () => ({ accumulate: 3 }) },
  'with accumulated gradients, clipped': { fit: () => ({ accumulate: 2, clipNorm: 0.3 }) },
  'with a schedule': { fit: () => ({ schedule: new optim.CosineAnnealingLR({ steps: 6 }), scheduleEvery: 'batch' }) },
  'with a cycle of rate and momentum': {
    model: { optimizer: (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9 }) },
    fit: () => ({ schedule: new optim.OneCycleLR({ maxLr: 0.1, steps: 15 }), scheduleEvery: 'batch' }),
  },
  'with an EMA': { fit: (m) => ({ average: new optim.EMA(m.module, { decay: 0.8, buffers: true }) }) },
  'with an SWA': { fit: (m) => ({ average: new optim.SWA(m.module) }) },
  'with Lookahead': { model: { optimizer: (p) => new optim.Lookahead(new optim.SGD(p, { lr: 0.1 }), { every: 2 }) } },
  'with penalties and bounds': {
    module: () =>
      new nn.Sequential(
        new nn.Dense(8, { kernelRegularizer: nn.regularizer.l2(0.01), kernelConstraint: nn.constraint.maxNorm(0.5) }),
        new nn.ActivityRegularization(nn.regularizer.l1(0.01)),
        new nn.Dense(3),
      ),
  },
  'with spectral and weight norm': {
    module: () => new nn.Sequential(nn.spectralNorm(new nn.Dense(8)), new nn.ReLU(), nn.weightNorm(new nn.Dense(3))),
  },
  'with part of it frozen': {
    module: () => {
      const net = network().build([1, 2]);
      net.getSubmodule('0').freeze();
      return net;
    },
  },
  'with a loss of one’s own': {
    model: { loss: (output, target) => nn.crossEntropy(output, target, { labelSmoothing: 0.1 }).mul(2) },
  },
  'with metrics of all kinds': {
    model: { metrics: ['accuracy', (output: Tensor): Tensor => output.abs().mean(), named()] },
  },
};

function named(): (output: Tensor) => number {
  return function greatest(output: Tensor): number {
    return Math.max(...output.dataSync());
  };
}

describe('a compiled model trains as one that is not', () => {
  it.each(Object.entries(cases))('%s', async (_name, { module = network, model = {}, fit: more = () => ({}) }) => {
    const run = async (jit: boolean): Promise<number[]> => {
      manualSeed(6);
      const metrics = [
        function size(output: Tensor): Tensor {
          return output.abs().mean();
        },
        'accuracy' as const,
      ];
      const m = new Model(module(), {
        loss: 'crossEntropy',
        // not Adam: a bias before BatchNorm has no gradient but rounding, which it would scale up
        optimizer: (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.5 }),
        ...model,
        metrics: model.metrics ? [...metrics, named()] : ['accuracy'],
      });
      const options = { ...quiet, epochs: 3, validation, jit, ...more(m) };
      const history = await m.fit(train, options);
      const last = Object.entries(history.last!).flatMap(([name, x]) => (name === 'seconds' ? [] : [x as number]));
      const scores = Object.values(await m.evaluate(validation, { jit }));
      const outputs = await m.predict(corners(30, 3).x, { batchSize: 8, jit });
      return [...last, ...scores, ...outputs.dataSync(), ...allOf(m.module), ...Tensor.rand([2]).dataSync()];
    };
    expectClose(await run(true), await run(false), 3);
  });
});

describe('accumulated gradients', () => {
  it.each([true, false])('are those of one large batch, with jit: %s', async (jit) => {
    const run = async (options: FitOptions): Promise<number[]> => {
      manualSeed(2);
      const m = new Model(new nn.Sequential(new nn.Dense(8, { activation: 'tanh' }), new nn.Dense(3)), {
        loss: 'crossEntropy',
        optimizer: (p) => new optim.Adam(p, { lr: 0.05 }),
      });
      await m.fit(corners(50), { ...quiet, shuffle: false, epochs: 2, jit, ...options });
      return [...allOf(m.module), m.optimizer!.stateDict().tensors['state.0.step']!.item()];
    };
    // batches of 10, 10, 10, 10, 10: two updates of 20 and one of 10 each epoch
    const expected = await run({ batchSize: 20 });
    expectClose(await run({ batchSize: 10, accumulate: 2 }), expected);
    // batches of 20 and 10 weigh as much as they have samples
    expectClose(await run({ batchSize: 20, accumulate: 3 }), await run({ batchSize: 50 }));
  });

  it('count steps of schedules by updates, and an update is due when training is stopped', async () => {
    const m = new Model(network(), { loss: 'crossEntropy' });
    const schedule = new optim.StepLR({ stepSize: 1, gamma: 0.5 });
    let batches = 0;
    const stop = {
      onBatchEnd: (training: { stop(reason: string): void }): void => {
        if (++batches === 3) training.stop('enough');
      },
    };
    await m.fit(train, { ...quiet, accumulate: 2, schedule, scheduleEvery: 'batch', callbacks: [stop] });
    expect(m.optimizer!.lr).toBeCloseTo(1e-3 / 4, 8);
  });

  it('need a whole number', async () => {
    const m = new Model(network(), { loss: 'crossEntropy' });
    for (const accumulate of [0, 1.5]) {
      await expect(m.fit(train, { ...quiet, accumulate })).rejects.toThrow(ArgumentError);
    }
  });
});

describe('where a model cannot be compiled', () => {
  class Reading extends nn.Module {
    readonly dense: nn.Dense = new nn.Dense(3);
    forward(x: Tensor): Tensor {
      return x.amax().item() > 1e6 ? x : this.dense.forward(x);
    }
  }

  it('it runs eagerly, with one warning that names the line', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const run = async (jit: boolean): Promise<number[]> => {
      manualSeed(1);
      const m = new Model(new Reading(), { loss: 'crossEntropy', jit });
      await m.fit(train, { ...quiet, epochs: 2, validation });
      return [...(await m.predict(corners(9).x)).dataSync(), ...allOf(m.module)];
    };
    const got = await run(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/runs eagerly.*numbers are read.*\(at jit\.test\.ts:\d+\).*jit: false/);
    expect(got).toEqual(await run(false));
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('so is one whose loss counts its calls', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const run = async (jit: boolean): Promise<number[]> => {
      manualSeed(1);
      let calls = 0;
      const loss = (output: Tensor, target: Tensor): Tensor => nn.crossEntropy(output, target).mul(1 / ++calls);
      const m = new Model(network(), { loss, jit });
      await m.fit(corners(64), { ...quiet, shuffle: false });
      return [calls];
    };
    expect((await run(false))[0]).toBe(4);
    await run(true);
    expect(warn.mock.calls[0]![0]).toMatch(/something else the second time, at jit\.test\.ts:\d+/);
  });

  it('jit: false for one call compiles nothing', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const m = new Model(new Reading(), { loss: 'crossEntropy' });
    await m.fit(train, { ...quiet, jit: false });
    await m.evaluate(train, { jit: false });
    await m.predict(corners(3).x, { jit: false });
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('a compiled model', () => {
  it('sees what callbacks change between batches, and shows them current weights', async () => {
    const run = async (jit: boolean): Promise<number[]> => {
      manualSeed(5);
      const net = network();
      const m = new Model(net, { loss: 'crossEntropy', optimizer: (p) => new optim.SGD(p, { lr: 0.01 }), jit });
      const seen: number[] = [];
      await m.fit(train, {
        ...quiet,
        epochs: 4,
        callbacks: [
          {
            onBatchEnd: (): void => {
              seen.push(net.parameters()[0]!.sum().item());
            },
            onEpochEnd: (training, { epoch }): void => {
              if (epoch === 1) training.lr = 0.1;
              if (epoch === 2) net.getSubmodule('0').freeze();
              if (epoch === 3) net.parameters().at(-1)!.assign([1, 2, 3]);
            },
          },
        ],
      });
      return [...seen, ...allOf(net)];
    };
    expectClose(await run(true), await run(false), 3);
  });

  it('sees fields of modules that change', async () => {
    class Scaled extends nn.Module {
      readonly dense: nn.Dense = new nn.Dense(2, { inFeatures: 2 });
      scale: number = 1;
      calls: number = 0;
      forward(x: Tensor): Tensor {
        this.calls++;
        return this.dense.forward(x).mul(this.scale);
      }
    }
    const net = new Scaled();
    const m = new Model(net);
    const { x } = corners(4);
    for (const scale of [1, 1, 2, 2, 3, 1]) {
      net.scale = scale;
      expectClose([...(await m.predict(x)).dataSync()], [...(await m.predict(x, { jit: false })).dataSync()]);
    }
    const traces = net.calls - 6;
    for (let i = 0; i < 5; i++) await m.predict(x);
    expect(net.calls - 6).toBe(traces);
  });

  it('follows a layer that is replaced', async () => {
    const net = network().build([1, 2]);
    const m = new Model(net, { loss: 'crossEntropy' });
    const { x, y } = corners(10);
    const before = await m.evaluate({ x, y });
    net.replace('4', new nn.Dense(3, { inFeatures: 16 }));
    const after = await m.evaluate({ x, y });
    expect(after.loss).not.toBe(before.loss);
    expect(after.loss).toBeCloseTo((await m.evaluate({ x, y }, { jit: false })).loss, 4);
  });

  it('checks the labels of each fit before it begins', async () => {
    const m = new Model(network(), { loss: 'crossEntropy' });
    const { x, y } = corners(40);
    await m.fit({ x, y }, { ...quiet, shuffle: false });
    const before = allOf(m.module);
    const wrong = Tensor.concat([y.slice([0, 39]), Tensor.from([7], { dtype: 'int32' })]);
    await expect(m.fit({ x, y: wrong }, { ...quiet, shuffle: false })).rejects.toThrow(
      /training data: .*got 7 at sample 39/,
    );
    expect(allOf(m.module)).toEqual(before);
  });

  it('goes on from a checkpoint to the bit', async () => {
    const make = (): Model => {
      manualSeed(8);
      return new Model(network(), { loss: 'crossEntropy', optimizer: (p) => new optim.AdamW(p, { lr: 0.01 }) });
    };
    const whole = make();
    await whole.fit(train, { ...quiet, epochs: 5 });
    const first = make();
    await first.fit(train, { ...quiet, epochs: 2 });
    const second = await Model.load(await first.toBytes());
    await second.fit(train, { ...quiet, epochs: 3 });
    expect(numbersOf(second.module)).toEqual(numbersOf(whole.module));
  });
});
