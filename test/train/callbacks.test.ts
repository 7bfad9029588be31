/** Callbacks are asked in order and step in; early stopping and checkpoints keep the best epoch. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ArgumentError, FileError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import type * as nn from '../../src/nn/index.ts';
import { SGD } from '../../src/optim/index.ts';
import { type Callback, EarlyStopping, Model, ModelCheckpoint } from '../../src/train/index.ts';
import { cornerSet, network, numbersOf } from './example.ts';

function model(): Model<nn.Sequential> {
  manualSeed(4);
  return new Model(network(), {
    loss: 'crossEntropy',
    optimizer: (p) => new SGD(p, { lr: 0.1 }),
    metrics: ['accuracy'],
  });
}

const quiet = { verbose: false };

/** Sets the score that others monitor; it must come before them. */
function scripted(losses: readonly number[]): {
  run: (m: Model, more: Callback[]) => Promise<string | undefined>;
} {
  const rewrite: Callback = {
    onEpochEnd: (_training, record) => {
      Object.assign(record, { loss: losses[record.epoch - 1] });
    },
  };
  return {
    run: async (m, more) => {
      const options = { ...quiet, epochs: losses.length, callbacks: [rewrite, ...more] };
      return (await m.fit(cornerSet(32), options)).stopped;
    },
  };
}

describe('callbacks', () => {
  it('are asked in order, and waited for', async () => {
    const seen: string[] = [];
    const note = (what: string) => async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(what);
    };
    const callback: Callback = {
      onTrainBegin: note('begin'),
      onEpochBegin: note('epoch'),
      onBatchEnd: note('batch'),
      onEpochEnd: note('end of epoch'),
      onTrainEnd: note('end'),
    };
    const m = model();
    await m.fit(cornerSet(40), { ...quiet, epochs: 2, callbacks: [callback] });
    const epoch = ['epoch', 'batch', 'batch', 'end of epoch'];
    expect(seen).toEqual(['begin', ...epoch, ...epoch, 'end']);
  });

  it('see where training is, and may set the learning rate', async () => {
    const places: unknown[] = [];
    const decay: Callback = {
      onBatchEnd: async (training) => {
        const { epoch, epochs, batch, batches } = training;
        places.push([epoch, epochs, batch, batches, Object.keys(await training.scores())]);
      },
      onEpochEnd: (training) => {
        training.lr /= 2;
      },
    };
    const m = model();
    const history = await m.fit(cornerSet(40), { ...quiet, epochs: 3, callbacks: [decay] });
    expect(places[1]).toEqual([1, 3, 2, 2, ['loss', 'accuracy']]);
    expect(history.of('lr')).toEqual([0.1, 0.05, 0.025]);
    expect(m.optimizer!.lr).toBe(0.0125);
  });

  it('learn the number of batches of a stream after its first epoch', async () => {
    const counts: (number | undefined)[] = [];
    const batches = function* () {
      const set = cornerSet(20);
      for (const from of [0, 10]) yield set.batch(Int32Array.from({ length: 10 }, (_, i) => from + i));
    };
    const m = model();
    await m.fit(batches, { ...quiet, epochs: 2, callbacks: [{ onBatchEnd: ({ batches: n }) => void counts.push(n) }] });
    expect(counts).toEqual([undefined, undefined, 2, 2]);
  });

  it('may end training, and say why', async () => {
    const stop: Callback = { onEpochEnd: (training, { epoch }) => (epoch === 2 ? training.stop('enough') : undefined) };
    const m = model();
    const history = await m.fit(cornerSet(40), { ...quiet, epochs: 9, callbacks: [stop] });
    expect(history.stopped).toBe('enough');
    expect(history.epochs).toHaveLength(2);
  });

  it('that throw end training with their error', async () => {
    const broken: Callback = {
      onEpochEnd: () => {
        throw new RangeError('mine');
      },
    };
    const m = model();
    await expect(m.fit(cornerSet(40), { ...quiet, callbacks: [broken] })).rejects.toThrow(RangeError);
  });
});

describe('early stopping', () => {
  it('waits for as many epochs as its patience', async () => {
    const losses = [5, 4, 4.5, 3, 3, 3.2, 3.1, 1];
    for (const [patience, epochs] of [
      [0, 3],
      [1, 3],
      [2, 6],
      [3, 7],
      [4, 8],
    ] as const) {
      const m = model();
      const stopped = await scripted(losses).run(m, [new EarlyStopping({ monitor: 'loss', patience })]);
      // patience 2: after 3 and 3.2; patience 3: after 3.1 too; patience 4: 1 comes in time
      expect([patience, m.epochs.length]).toEqual([patience, epochs]);
      expect(stopped).toBe(m.epochs.length < 8 ? 'earlyStopping' : undefined);
    }
  });

  it('takes only what is better by minDelta, and never NaN', async () => {
    const m = model();
    await scripted([5, 4.9, 4.8, 4.7]).run(m, [new EarlyStopping({ monitor: 'loss', minDelta: 0.5, patience: 2 })]);
    expect(m.epochs).toHaveLength(3);
    const n = model();
    await scripted([Number.NaN, Number.NaN, Number.NaN]).run(n, [new EarlyStopping({ monitor: 'loss', patience: 2 })]);
    expect(n.epochs).toHaveLength(2);
  });

  it('knows that losses should fall and accuracies rise, unless told', async () => {
    const stopping = [
      [{ monitor: 'loss' }, [1, 2], 2],
      [{ monitor: 'loss', mode: 'max' }, [1, 2, 3], 3],
    ] as const;
    for (const [options, losses, epochs] of stopping) {
      const m = model();
      const callback = new EarlyStopping({ ...options, patience: 1 });
      await scripted(losses).run(m, [callback]);
      expect(m.epochs).toHaveLength(epochs);
      expect(callback.bestEpoch).toBe(options.monitor === 'loss' && 'mode' in options ? 3 : 1);
    }
    const accuracies: Callback = {
      onEpochEnd: (_training, record) => {
        Object.assign(record, { accuracy: record.epoch });
      },
    };
    const m = model();
    await m.fit(cornerSet(32), {
      ...quiet,
      epochs: 4,
      callbacks: [accuracies, new EarlyStopping({ monitor: 'accuracy' })],
    });
    expect(m.epochs).toHaveLength(4);
  });

  it.each([
    ['stopped', [5, 3, 4, 4.5, 4.6, 1], 3],
    ['trained to the end', [5, 3, 4, 4.5], 9],
  ] as const)('gives back the weights of the best epoch, %s', async (_how, losses, patience) => {
    let best: unknown;
    const keep: Callback = {
      onEpochEnd: ({ module }, { epoch }) => {
        if (epoch === 2) best = numbersOf(module);
      },
    };
    const m = model();
    const stopping = new EarlyStopping({ monitor: 'loss', patience, restoreBestWeights: true });
    await scripted(losses).run(m, [keep, stopping]);
    expect(stopping.bestEpoch).toBe(2);
    expect(numbersOf(m.module)).toEqual(best);

    const free = model();
    await scripted(losses).run(free, [new EarlyStopping({ monitor: 'loss', patience })]);
    expect(numbersOf(free.module)).not.toEqual(best);
  });

  it('can be used again', async () => {
    const stopping = new EarlyStopping({ monitor: 'loss', patience: 1 });
    for (let run = 0; run < 2; run++) {
      const m = model();
      await scripted([3, 2, 4, 1]).run(m, [stopping]);
      expect(m.epochs).toHaveLength(3);
    }
  });

  it('refuses what makes no sense', async () => {
    expect(() => new EarlyStopping({ patience: -1 })).toThrow(ArgumentError);
    expect(() => new EarlyStopping({ minDelta: -1 })).toThrow(ArgumentError);
    expect(() => Reflect.construct(EarlyStopping, [{ mode: 'auto' }])).toThrow(ArgumentError);
    const m = model();
    await expect(m.fit(cornerSet(32), { ...quiet, callbacks: [new EarlyStopping()] })).rejects.toThrow(
      /got "valLoss"; this training has loss, accuracy, lr; pass validation data/,
    );
  });
});

describe('checkpoints while training', () => {
  const folder = mkdtemp(join(tmpdir(), 'tsgrad-'));
  afterAll(async () => rm(await folder, { recursive: true }));

  it('are whole models, one for each epoch', async () => {
    const at = await folder;
    const m = model();
    const checkpoint = new ModelCheckpoint({ path: ({ epoch }) => join(at, `each-${epoch}`) });
    await m.fit(cornerSet(32), { ...quiet, epochs: 3, callbacks: [checkpoint] });
    expect((await readdir(at)).sort()).toEqual(['each-1', 'each-2', 'each-3']);
    const second = await Model.load(join(at, 'each-2'));
    expect(second.epochs).toEqual(m.epochs.slice(0, 2));
    await second.fit(cornerSet(32), quiet);
    expect(numbersOf(second.module)).toEqual(numbersOf(m.module));
  });

  it('may be of the best epoch alone', async () => {
    const path = join(await folder, 'best');
    const m = model();
    await scripted([4, 2, 3]).run(m, [new ModelCheckpoint({ path, bestOnly: true, monitor: 'loss' })]);
    expect((await Model.load(path)).epochs).toHaveLength(2);
  });

  it('that cannot be written end training with the reason', async () => {
    const m = model();
    const checkpoint = new ModelCheckpoint({ path: join(await folder, 'no', 'such', 'folder') });
    await expect(m.fit(cornerSet(32), { ...quiet, callbacks: [checkpoint] })).rejects.toThrow(FileError);
  });
});
