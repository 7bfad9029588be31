/** Training that averages weights: when, with what scores, and over a checkpoint. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError, TrainingError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type FitOptions, Model } from '../../src/train/index.ts';
import { cornerSet, network, numbersOf } from './example.ts';

const quiet: FitOptions = { verbose: false, batchSize: 16 };
const train = cornerSet(48); // three batches

function model(): Model {
  manualSeed(4);
  return new Model(network(), { loss: 'crossEntropy', optimizer: (p) => new optim.SGD(p, { lr: 0.2 }) });
}

function plain({ type, updates, tensors }: optim.AverageState): unknown {
  return [type, updates, Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, x.toArray()]))];
}

const kinds: readonly [string, (m: Model) => optim.WeightAverage, number][] = [
  ['EMA', (m) => new optim.EMA(m.module, { decay: 0.9, buffers: true }), 12],
  ['SWA', (m) => new optim.SWA(m.module, { buffers: true }), 4],
];

describe.each(kinds)('%s in fit', (_name, make, updates) => {
  it('takes in the weights as often as it should, and scores with its averages', async () => {
    const m = model();
    const average = make(m);
    const validation = cornerSet(30, 2);
    const history = await m.fit(train, { ...quiet, epochs: 4, average, validation });
    expect(average.updates).toBe(updates);
    const scored = await average.using(() => m.evaluate(validation, { batchSize: 16 }));
    expect(history.last!.valLoss).toBeCloseTo(scored.loss, 6);
    expect((await m.evaluate(validation)).loss).not.toBe(scored.loss);
    const late = model();
    const from = make(late);
    await late.fit(train, { ...quiet, epochs: 4, average: from, averageFrom: 4 });
    expect(from.updates).toBe(updates / 4);
    expect(numbersOf(late.module)).toEqual(numbersOf(m.module));
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const whole = model();
    const one = make(whole);
    await whole.fit(train, { ...quiet, epochs: 4, average: one });
    const first = model();
    await first.fit(train, { ...quiet, epochs: 1, average: make(first) });
    const again = await Model.load(await first.toBytes()); // saved again before it goes on
    const second = await Model.load(await again.toBytes());
    const two = make(second);
    await second.fit(train, { ...quiet, epochs: 3, average: two });
    expect(plain(two.stateDict())).toEqual(plain(one.stateDict()));
    expect(numbersOf(second.module)).toEqual(numbersOf(whole.module));
    const bare = await Model.load(await first.toBytes({ optimizer: false }));
    const fresh = make(bare);
    await bare.fit(train, { ...quiet, average: fresh });
    expect(fresh.updates).toBe(updates / 4);
  });
});

describe('an average in fit', () => {
  it('does not keep weights that are no numbers', async () => {
    const m = model();
    const average = new optim.EMA(m.module);
    // the gradient of the third loss is none, though the loss is: 0·∞ in the derivative of a root at 0
    const spoilt = new Model(m.module, {
      optimizer: (p) => new optim.SGD(p, { lr: 0.1 }),
      loss: (output: Tensor, harmless: Tensor) => {
        const zero = output.mul(0).sum();
        return output.square().mean().add(zero.add(harmless.amin()).pow(0.5).mul(zero));
      },
    });
    const batches = [1, 1, 0].map((harmless) => ({ x: Tensor.ones([4, 2]), y: Tensor.full([4], harmless) }));
    await expect(spoilt.fit(batches, { verbose: false, average })).rejects.toThrow(TrainingError);
    const all = Object.values(average.stateDict().tensors).flatMap((x) => [...x.dataSync()]);
    expect(all.every(Number.isFinite)).toBe(true);
    expect(average.updates).toBe(2);
  });

  it('is refused before anything changes where it cannot be', async () => {
    const m = model();
    const average = new optim.SWA(m.module);
    for (const options of [
      { average: 'ema' },
      { average, averageEvery: 'step' },
      { average, averageFrom: 0 },
      { averageFrom: 2 },
    ]) {
      await expect(Reflect.apply(m.fit, m, [train, Object.assign({}, quiet, options)])).rejects.toThrow(ArgumentError);
    }
    expect(m.optimizer).toBeUndefined();
    await m.fit(train, { ...quiet, average });
    average.apply();
    await expect(m.fit(train, { ...quiet, average })).rejects.toThrow(StateError);
  });
});
