/** Training by a schedule: per epoch, per batch, by a score, and over several calls of fit. */
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import * as optim from '../../src/optim/index.ts';
import { type Callback, type FitOptions, Model } from '../../src/train/index.ts';
import { cornerSet, network, numbersOf } from './example.ts';

const quiet: FitOptions = { verbose: false, batchSize: 16 };

function model(lr: number = 0.1): Model {
  manualSeed(4);
  return new Model(network(), { loss: 'crossEntropy', optimizer: (p) => new optim.SGD(p, { lr, momentum: 0.5 }) });
}

/** Notes the rate that each batch was trained with. */
function rates(): { readonly seen: number[]; readonly callback: Callback } {
  const seen: number[] = [];
  let now = Number.NaN;
  return {
    seen,
    callback: {
      onBatchEnd: (training) => {
        if (!Number.isNaN(now)) seen.push(now);
        now = training.lr;
      },
    },
  };
}

describe('a schedule', () => {
  it('by epochs goes on over calls of fit, with the optimizer by name', async () => {
    const m = new Model(network(), { loss: 'crossEntropy', optimizer: 'nadam' });
    const schedule = new optim.StepLR({ stepSize: 2, gamma: 0.5 });
    await m.fit(cornerSet(40), { ...quiet, epochs: 3, schedule });
    await m.fit(cornerSet(40), { ...quiet, epochs: 2, schedule });
    // the record has the rate that its epoch was trained with
    expect(m.epochs.map(({ lr }) => lr)).toEqual([2e-3, 2e-3, 1e-3, 1e-3, 0.5e-3]);
    expect(m.optimizer!.lr).toBe(0.5e-3);
  });

  it('by batches begins before the first of them', async () => {
    const m = model();
    const { seen, callback } = rates();
    const schedule = new optim.WarmupLR({ steps: 4, startFactor: 0.2 });
    await m.fit(cornerSet(48), { ...quiet, epochs: 2, schedule, scheduleEvery: 'batch', callbacks: [callback] });
    expect(seen.map((lr) => Math.round(lr * 1e6) / 1e6)).toEqual([0.04, 0.06, 0.08, 0.1, 0.1]);
    const frozen = model();
    const none = new optim.LambdaLR({ factor: () => 0 });
    await frozen.fit(cornerSet(16), { ...quiet, schedule: none });
    const other = model();
    await other.fit(cornerSet(16), { ...quiet, schedule: none, scheduleEvery: 'batch' });
    // parameters are as they were drawn; running statistics are not
    expect(numbersOf(frozen.module)).toEqual(numbersOf(other.module));
  });

  it('lowers the rate by the score that it is told to watch', async () => {
    const constant = (value: number) => {
      const score = (): number => value;
      return Object.defineProperty(score, 'name', { value: 'constant' });
    };
    manualSeed(4);
    const m = new Model(network(), {
      loss: 'crossEntropy',
      optimizer: (p) => new optim.SGD(p, { lr: 0.1 }),
      metrics: [constant(1)],
    });
    const schedule = new optim.ReduceLROnPlateau({ patience: 0, factor: 0.5 });
    await m.fit(cornerSet(32), { ...quiet, epochs: 4, schedule, scheduleMonitor: 'constant' });
    expect(m.epochs.map(({ lr }) => lr)).toEqual([0.1, 0.1, 0.05, 0.025]);
    // the loss falls in these few epochs, so nothing else does
    const falling = model();
    await falling.fit(cornerSet(32), { ...quiet, epochs: 3, schedule: new optim.ReduceLROnPlateau({ patience: 0 }) });
    expect(falling.epochs.map(({ lr }) => lr)).toEqual([0.1, 0.1, 0.1]);
    await expect(m.fit(cornerSet(32), { ...quiet, schedule, scheduleMonitor: 'f1' })).rejects.toThrow(
      /no such score to monitor; got "f1"/,
    );
  });

  it('of another class than the saved one starts from the rate that there is', async () => {
    const m = model();
    await m.fit(cornerSet(32), { ...quiet, epochs: 2, schedule: new optim.ExponentialLR({ gamma: 0.5 }) });
    const bytes = await m.toBytes();
    const loaded = await Model.load(bytes);
    expect(loaded.optimizer!.lr).toBe(0.025);
    await loaded.fit(cornerSet(32), { ...quiet, schedule: new optim.InverseTimeLR({ beta: 1 }) });
    expect(loaded.optimizer!.lr).toBe(0.0125);
    const anew = await Model.load(bytes);
    await anew.fit(cornerSet(32), { ...quiet, schedule: new optim.ExponentialLR({ gamma: 0.5 }), resume: false });
    expect(anew.epochs.at(-1)!.lr).toBe(0.025);
    const on = await Model.load(await (await Model.load(bytes)).toBytes());
    await on.fit(cornerSet(32), { ...quiet, schedule: new optim.ExponentialLR({ gamma: 0.5 }) });
    expect(on.optimizer!.lr).toBe(0.1 * 0.5 ** 3);
  });

  it.each<[string, unknown]>([
    ['is none', { schedule: 'cosine' }],
    ['has no such pace', { schedule: new optim.LinearLR(), scheduleEvery: 'step' }],
    ['needs a score for each batch', { schedule: new optim.ReduceLROnPlateau(), scheduleEvery: 'batch' }],
    ['watches a score without need', { schedule: new optim.LinearLR(), scheduleMonitor: 'loss' }],
    ['is absent, but paced', { scheduleEvery: 'batch' }],
  ])('that %s is refused before anything changes', async (_why, options) => {
    const m = model();
    await expect(Reflect.apply(m.fit, m, [cornerSet(32), Object.assign({}, quiet, options)])).rejects.toThrow(
      ArgumentError,
    );
    expect(m.optimizer).toBeUndefined();
  });
});
