/** Training ten epochs equals training five, saving, loading, and training five more, to the bit. */
import { describe, expect, it } from 'vitest';
import { defaultGenerator, Generator, manualSeed } from '../../src/core/random.ts';
import * as data from '../../src/data/index.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import {
  type Callback,
  type FitOptions,
  type LoadModelOptions,
  Model,
  type ModelOptions,
} from '../../src/train/index.ts';
import { cornerSet, network, numbersOf } from './example.ts';

const train = cornerSet(70);
const quiet: FitOptions = { verbose: false, batchSize: 16 };

/** A module whose class is its program's own. */
class Branches extends nn.Module {
  readonly left = new nn.Dense(6, { activation: 'tanh' });
  readonly right = new nn.Dense(6);
  readonly drop = new nn.Dropout(0.25);
  readonly out = new nn.Dense(3);
  forward(x: Tensor): Tensor {
    return this.out.forward(this.drop.forward(this.left.forward(x).add(this.right.forward(x))));
  }
}

const decay: Callback = {
  onEpochEnd: (training) => {
    training.lr *= 0.9;
  },
};

interface Case {
  readonly module?: () => nn.Layer;
  readonly options?: ModelOptions;
  readonly fit?: () => FitOptions;
  readonly data?: () => data.Loader<data.Batch>;
  readonly load?: () => LoadModelOptions;
}

const optimizers: readonly [string, (p: Tensor[]) => optim.Optimizer][] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.01, amsgrad: true, betas: [0.8, 0.99] })],
  ['AdamW', (p) => new optim.AdamW(p, { lr: 0.01 })],
  ['RMSprop', (p) => new optim.RMSprop(p, { centered: true, momentum: 0.5 })],
  ['Rprop', (p) => new optim.Rprop(p)],
  ['Muon', (p) => new optim.Muon(p, { lr: 0.01 })],
  ['Lookahead', (p) => new optim.Lookahead(new optim.Adam(p, { lr: 0.02 }), { every: 3, alpha: 0.6 })],
];

const cases: readonly [string, Case][] = [
  ...(['rmsprop', 'nadam', 'radam', 'adagrad', 'adadelta', 'adamax', 'lion', 'lamb'] as const).map(
    (optimizer): [string, Case] => [`'${optimizer}' by name`, { options: { optimizer } }],
  ),
  ...optimizers.map(([name, optimizer]): [string, Case] => [name, { options: { optimizer } }]),
  [
    'groups in another order than the parameters',
    {
      options: {
        optimizer: (p) =>
          new optim.SGD([{ params: [p[5]!, p[0]!], lr: 0.2 }, { params: [p[1]!, p[4]!] }], { momentum: 0.5 }),
      },
    },
  ],
  ['a changed learning rate', { fit: () => ({ callbacks: [decay] }) }],
  ['a schedule by epochs', { fit: () => ({ schedule: new optim.CosineAnnealingLR({ steps: 10 }) }) }],
  [
    'a schedule by batches, which drives the momentum',
    {
      options: { optimizer: (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9 }) },
      fit: () => ({ schedule: new optim.OneCycleLR({ maxLr: 0.1, steps: 50 }), scheduleEvery: 'batch' }),
    },
  ],
  [
    'a warm-up before a plateau',
    {
      fit: () => ({
        schedule: new optim.WarmupLR({ steps: 3, next: new optim.ReduceLROnPlateau({ patience: 0, threshold: 0.2 }) }),
      }),
    },
  ],
  ['a generator for the order', { fit: () => ({ generator: new Generator(5) }) }],
  [
    'a loader of its own',
    { data: () => new data.Loader(train, { batchSize: 9, shuffle: true, generator: new Generator(6) }) },
  ],
  [
    'a generator for dropout',
    {
      module: () =>
        new nn.Sequential(new nn.Dense(8), new nn.Dropout(0.5, { generator: new Generator(7) }), new nn.Dense(3)),
    },
  ],
  ['a custom module', { module: () => new Branches(), load: () => ({ module: new Branches() }) }],
  ['clipping and validation', { fit: () => ({ clipNorm: 0.1, validation: cornerSet(20, 3) }) }],
];

async function run(c: Case, parts: readonly number[]): Promise<unknown> {
  manualSeed(11);
  let model = new Model(c.module?.() ?? network(), { loss: 'crossEntropy', metrics: ['accuracy'], ...c.options });
  for (const [i, epochs] of parts.entries()) {
    if (i > 0) {
      const bytes = await model.toBytes();
      manualSeed(999); // another process would not be seeded alike
      model = await Model.load(bytes, c.load?.() ?? {});
    }
    const { batchSize: _batchSize, ...forLoader } = quiet;
    const source = c.data?.();
    await model.fit(source ?? train, { ...(source ? forLoader : quiet), ...c.fit?.(), epochs });
  }
  const { tensors, groups } = model.optimizer!.stateDict();
  return {
    weights: numbersOf(model.module),
    optimizer: Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, Array.from(x.dataSync())])),
    groups,
    epochs: model.epochs.map((record) => ({ ...record, seconds: 0 })),
    random: defaultGenerator.state,
  };
}

describe('a resumed training', () => {
  it.each(cases)('equals one without a break: %s', async (_name, c) => {
    const whole = await run(c, [10]);
    expect(await run(c, [5, 5])).toEqual(whole);
    expect(await run(c, [1, 2, 7])).toEqual(whole);
  });

  it('that is saved again before it goes on loses nothing', async () => {
    const first = new Model(network(), { loss: 'crossEntropy' });
    await first.fit(train, quiet);
    const once = await Model.load(await first.toBytes());
    const again = await Model.load(await once.toBytes());
    await first.fit(train, quiet);
    for (const model of [again, once]) {
      await model.fit(train, quiet);
      expect(numbersOf(model.module)).toEqual(numbersOf(first.module));
    }
  });

  it('may take new random numbers instead', async () => {
    manualSeed(1);
    const first = new Model(network(), { loss: 'crossEntropy' });
    await first.fit(train, quiet);
    const bytes = await first.toBytes();
    const trained = async (seed: number, options: FitOptions): Promise<unknown> => {
      const model = await Model.load(bytes);
      manualSeed(seed);
      await model.fit(train, { ...quiet, ...options });
      return numbersOf(model.module);
    };
    expect(await trained(2, {})).toEqual(await trained(3, {}));
    expect(await trained(2, { resume: false })).toEqual(await trained(2, { resume: false }));
    expect(await trained(2, { resume: false })).not.toEqual(await trained(3, { resume: false }));
  });

  it('leaves the default generator alone until it goes on', async () => {
    const first = new Model(new Branches(), { loss: 'crossEntropy' });
    await first.fit(train, quiet);
    const bytes = await first.toBytes();
    manualSeed(21);
    const before = defaultGenerator.state;
    const loaded = await Model.load(bytes, { module: new Branches() });
    await loaded.predict(Tensor.zeros([4, 2]));
    expect(defaultGenerator.state).toEqual(before);
  });
});
