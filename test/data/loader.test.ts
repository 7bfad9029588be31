/** The loader: every sample once an epoch, orders that repeat and resume, streams, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError, StateError } from '../../src/core/errors.ts';
import { Generator, manualSeed } from '../../src/core/random.ts';
import { type Batch, map, type Sample } from '../../src/data/dataset.ts';
import { Loader, type LoaderOptions } from '../../src/data/loader.ts';
import { fromArrays } from '../../src/data/tensor-dataset.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const count = 10;
const dataset = fromArrays(
  Array.from({ length: count }, (_, i) => [i, -i]),
  Array.from({ length: count }, (_, i) => i),
);

function* samples(n: number = count): Iterable<Sample> {
  for (let i = 0; i < n; i++) yield { x: [i, -i], y: i };
}

async function* asyncSamples(n: number = count): AsyncIterable<Sample> {
  yield* samples(n);
}

/** The labels of each batch; x is checked to belong to y. */
function labels(batches: Iterable<Batch>): number[][] {
  return Array.from(batches, ({ x, y }) => {
    const out = Array.from(y.dataSync());
    expect(x.toArray()).toEqual(out.map((i) => [i, -i]));
    expect([x.dtype, y.dtype]).toEqual(['float32', 'int32']);
    return out;
  });
}

async function asyncLabels(batches: AsyncIterable<Batch>): Promise<number[][]> {
  const out: Batch[] = [];
  for await (const batch of batches) out.push(batch);
  return labels(out);
}

const sorted = (batches: number[][]) => batches.flat().sort((a, b) => a - b);
const everyone = Array.from({ length: count }, (_, i) => i);

describe('Loader of a dataset', () => {
  it('gives batches in order, the last one smaller', () => {
    const loader = new Loader(dataset, { batchSize: 4 });
    expect(loader.length).toBe(3);
    expect(labels(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(labels(loader).length).toBe(3);
  });

  it('drops the last batch when asked', () => {
    const loader = new Loader(dataset, { batchSize: 4, dropLast: true });
    expect(loader.length).toBe(2);
    expect(labels(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(labels(new Loader(dataset, { batchSize: 5, dropLast: true }))).toHaveLength(2);
  });

  it('gives every sample once an epoch, in a new order each', () => {
    const loader = new Loader(dataset, { batchSize: 3, shuffle: true, generator: new Generator(1) });
    const epochs = [labels(loader), labels(loader), labels(loader)];
    for (const epoch of epochs) expect(sorted(epoch)).toEqual(everyone);
    expect(new Set(epochs.map(String)).size).toBe(3);
    const again = new Loader(dataset, { batchSize: 3, shuffle: true, generator: new Generator(1) });
    expect([labels(again), labels(again), labels(again)]).toEqual(epochs);
  });

  it('takes one draw of the generator an epoch, by default of the common one', () => {
    const generator = new Generator(3);
    const loader = new Loader(dataset, { shuffle: true, generator });
    labels(loader);
    labels(loader);
    expect(generator.state.counter).toBe(2);
    labels(new Loader(dataset, { generator }));
    expect(generator.state.counter).toBe(2);
    manualSeed(3);
    const byDefault = labels(new Loader(dataset, { shuffle: true }));
    expect(byDefault).toEqual(labels(new Loader(dataset, { shuffle: true, generator: new Generator(3) })));
  });

  it('can be read by for await too', async () => {
    const loader = new Loader(dataset, { batchSize: 4 });
    expect(await asyncLabels(loader)).toEqual(labels(loader));
  });

  it('stacks samples that come one by one: arrays, maps, objects', () => {
    expect(labels(new Loader([...samples()], { batchSize: 4 }))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    const doubled = map(dataset, ({ x, y }) => ({ x: x.mul(2), y }));
    const [batch] = [...new Loader(doubled, { batchSize: 2 })];
    expect(batch!.x.toArray()).toEqual([
      [0, -0],
      [2, -2],
    ]);
    const squares = { length: 3, get: (i: number) => ({ x: [i], y: i + 0.5 }) };
    expect([...new Loader(squares)][0]!.y.toArray()).toEqual([0.5, 1.5, 2.5]);
  });

  it('lets the user collate', () => {
    const words = ['a', 'bb', 'ccc'];
    const collate = (batch: readonly string[]) => ({
      x: Tensor.from(batch.map((word) => word.length)),
      y: Tensor.ones([batch.length]),
    });
    const batches = [...new Loader(words, { batchSize: 2, collate })];
    expect(batches.map(({ x }) => x.toArray())).toEqual([[1, 2], [3]]);
    const own = new Loader(dataset, { collate: (batch) => ({ x: batch[1]!.x, y: batch[0]!.y }) });
    expect([...own][0]!.x.toArray()).toEqual([1, -1]);
  });
});

describe('Loader of a stream', () => {
  it('reads iterables and async iterables', async () => {
    const expected = [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ];
    expect(labels(new Loader(samples(), { batchSize: 4 }))).toEqual(expected);
    expect(await asyncLabels(new Loader(samples(), { batchSize: 4 }))).toEqual(expected);
    expect(await asyncLabels(new Loader(asyncSamples(), { batchSize: 4 }))).toEqual(expected);
    expect(labels(new Loader(new Set(samples()), { batchSize: 4, dropLast: true }))).toEqual(expected.slice(0, 2));
    expect(new Loader(samples()).length).toBeUndefined();
    expect(labels(new Loader(samples(0)))).toEqual([]);
  });

  it('reads a function once an epoch', async () => {
    const loader = new Loader(() => asyncSamples(), { batchSize: 5 });
    expect(await asyncLabels(loader)).toEqual(await asyncLabels(loader));
  });

  it('refuses to read an iterator twice', () => {
    const loader = new Loader(samples());
    labels(loader);
    expect(() => labels(loader)).toThrow('the samples were read already');
    const set = new Loader(new Set(samples()));
    expect(labels(set)).toEqual(labels(set));
  });

  it('shuffles through a buffer, every sample once', async () => {
    const options = { batchSize: 3, shuffle: true, shuffleBuffer: 4 };
    const loader = new Loader(() => samples(), { ...options, generator: new Generator(2) });
    const epochs = [labels(loader), labels(loader)];
    for (const epoch of epochs) {
      expect(sorted(epoch)).toEqual(everyone);
      expect(epoch.map((batch) => batch.length)).toEqual([3, 3, 3, 1]);
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[0]!.flat()).not.toEqual(everyone);
    const again = new Loader(() => asyncSamples(), { ...options, generator: new Generator(2) });
    expect([await asyncLabels(again), await asyncLabels(again)]).toEqual(epochs);
  });

  it('says to use for await where samples come asynchronously', () => {
    expect(() => labels(new Loader(asyncSamples()))).toThrow('use for await');
  });
});

describe('Loader.state', () => {
  const make = (options: LoaderOptions<Batch> = {}) =>
    new Loader(dataset, { batchSize: 3, shuffle: true, generator: new Generator(9), ...options });

  it('goes on in the middle of an epoch, through JSON', () => {
    const whole = make();
    const epochs = [labels(whole), labels(whole), labels(whole)];
    const first = make();
    labels(first);
    const seen: Batch[] = [];
    let state = first.state;
    for (const batch of first) {
      seen.push(batch);
      state = first.state;
      if (seen.length === 2) break;
    }
    const second = make({ generator: new Generator(1234) });
    second.state = JSON.parse(JSON.stringify(state));
    expect([...labels(seen), ...labels(second)]).toEqual(epochs[1]);
    expect(labels(second)).toEqual(epochs[2]);
  });

  it('goes on between epochs', () => {
    const whole = make();
    const epochs = [labels(whole), labels(whole)];
    const first = make();
    labels(first);
    expect(first.state).toMatchObject({ epoch: 1, position: 0 });
    const second = make({ generator: new Generator(1234) });
    second.state = first.state;
    expect(labels(second)).toEqual(epochs[1]);
  });

  it.each([
    ['sync', () => samples()],
    ['async', () => asyncSamples()],
  ])('goes on in a %s stream', async (_, stream) => {
    const options = () => ({ batchSize: 3, shuffle: true, shuffleBuffer: 4, generator: new Generator(4) });
    const whole = await asyncLabels(new Loader(stream, options()));
    for (let stop = 1; stop <= 4; stop++) {
      const first = new Loader(stream, options());
      const seen: Batch[] = [];
      let state = first.state;
      for await (const batch of first) {
        seen.push(batch);
        state = first.state;
        if (seen.length === stop) break;
      }
      const second = new Loader(stream, options());
      second.state = state;
      expect([...labels(seen), ...(await asyncLabels(second))]).toEqual(whole);
    }
  });

  it('begins a new epoch when a loop was left early', () => {
    const loader = make({ shuffle: false });
    for (const _ of loader) break;
    expect(labels(loader)).toHaveLength(4);
  });

  it('refuses states that do not fit, and is as before', () => {
    const loader = make();
    const before = loader.state;
    expect(() => {
      loader.state = { epoch: 0, position: 5 };
    }).toThrow(StateError);
    expect(() => {
      loader.state = { epoch: 0, position: 1 };
    }).toThrow('saved without shuffle');
    expect(() => {
      loader.state = { epoch: -1, position: 0 };
    }).toThrow(StateError);
    expect(loader.state).toEqual(before);
  });
});

describe('Loader refuses', () => {
  it('batches of no sample', () => {
    expect(() => new Loader([])).toThrow('the dataset is empty');
    expect(() => new Loader(dataset, { batchSize: 11, dropLast: true })).toThrow('there would be no batch');
  });

  it.each([0, -1, 1.5, Number.NaN])('batchSize %s', (batchSize) => {
    expect(() => new Loader(dataset, { batchSize })).toThrow(ArgumentError);
  });

  it('to shuffle a stream without a buffer, and buffers that do nothing', () => {
    expect(() => new Loader(samples(), { shuffle: true })).toThrow('pass how many samples to hold');
    expect(() => new Loader(samples(), { shuffleBuffer: 5 })).toThrow(ArgumentError);
    expect(() => new Loader(dataset, { shuffle: true, shuffleBuffer: 5 })).toThrow('shuffled whole');
    expect(() => new Loader(samples(), { shuffle: true, shuffleBuffer: 0 })).toThrow(ArgumentError);
  });

  it('samples of several shapes, and of other kinds', () => {
    const ragged = [
      { x: [1, 2], y: 0 },
      { x: [1, 2, 3], y: 1 },
    ];
    expect(() => [...new Loader(ragged)]).toThrow(ShapeError);
    expect(() => [...new Loader(ragged)]).toThrow('got [2] and, at 1, [3]');
    expect(() => [...new Loader([1, 2])]).toThrow('sample 0 of a batch is no { x, y }; got number');
  });
});
