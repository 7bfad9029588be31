/** Batches from a dataset or a stream of samples, in a new seeded order each epoch, that can be resumed. */
import { ArgumentError, StateError } from '../core/errors.ts';
import { type Draw, defaultGenerator, type Generator, type GeneratorState } from '../core/random.ts';
import { Assembly } from './assembly.ts';
import { stackSamples } from './collate.ts';
import type { BatchOf, Dataset, Sample } from './dataset.ts';
import { shuffled, uniforms } from './uniform.ts';

/** Samples one after another. A function is called for each epoch, and so can be read more than once. */
export type SampleStream<S> = Iterable<S> | AsyncIterable<S> | (() => Iterable<S> | AsyncIterable<S>);

/** Options of `Loader`. */
export interface LoaderOptions<S = Sample> {
  /** Samples per batch; default 32. */
  readonly batchSize?: number;
  /** Whether each epoch has a new random order; default false. */
  readonly shuffle?: boolean;
  /** How many samples of a stream are held to draw from when `shuffle` is on; the stream itself has no order to change. */
  readonly shuffleBuffer?: number;
  /** Whether a smaller last batch is left out; default false. */
  readonly dropLast?: boolean;
  /** Where the order comes from, one draw an epoch; the default generator if left out. */
  readonly generator?: Generator;
  /** Makes a batch of samples; default stacks `{ x, y }`. */
  readonly collate?: (samples: readonly S[]) => BatchOf<S>;
}

/** Where a loader is: what a checkpoint keeps so that a resumed run sees the same batches. Plain JSON. */
export interface LoaderState {
  /** Epochs that were read to their end. */
  readonly epoch: number;
  /** Batches already given in the epoch under way. */
  readonly position: number;
  /** The order of the epoch under way. */
  readonly draw?: Draw | undefined;
  /** The loader's own generator; the default one is kept by whoever keeps all randomness. */
  readonly generator?: GeneratorState | undefined;
}

/**
 * Batches of samples, by `for … of` or, where the samples come asynchronously, `for await … of`; each loop is an epoch.
 *
 * @example
 * const loader = new data.Loader(dataset, { batchSize: 64, shuffle: true });
 * for (const { x, y } of loader) train(x, y);
 */
export class Loader<S = Sample> implements Iterable<BatchOf<S>>, AsyncIterable<BatchOf<S>> {
  readonly batchSize: number;
  private readonly dataset: Dataset<S> | undefined;
  private readonly stream: SampleStream<S> | undefined;
  private readonly shuffle: boolean;
  private readonly shuffleBuffer: number;
  private readonly dropLast: boolean;
  private readonly generator: Generator;
  private readonly ownsGenerator: boolean;
  private readonly collate: (samples: readonly S[]) => BatchOf<S>;
  private readonly custom: boolean;
  private current: LoaderState = { epoch: 0, position: 0 };
  private resumed = false;
  private opened = false;

  /** @throws ArgumentError where there would be no batch, or a stream cannot be shuffled. */
  constructor(source: Dataset<S> | SampleStream<S>, options: LoaderOptions<S> = {}) {
    const { batchSize = 32, shuffle = false, shuffleBuffer, dropLast = false, generator, collate } = options;
    this.batchSize = atLeastOne('batchSize', batchSize);
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.generator = generator ?? defaultGenerator;
    this.ownsGenerator = generator !== undefined;
    this.collate = collate ?? stackSamples;
    this.custom = collate !== undefined;
    this.dataset = datasetOf(source);
    this.stream = this.dataset === undefined ? streamOf(source) : undefined;
    this.shuffleBuffer = bufferOf(this.stream !== undefined, shuffle, shuffleBuffer);
    this.checkLength();
  }

  /** The number of batches in an epoch; undefined for streams, which end when they end. */
  get length(): number | undefined {
    if (this.dataset === undefined) return undefined;
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** Where it is; given to a like loader, that one goes on with the next batch of the same order. */
  get state(): LoaderState {
    return this.ownsGenerator ? { ...this.current, generator: this.generator.state } : this.current;
  }

  /** @throws StateError where the state is of another kind of loader; nothing is changed then. */
  set state(state: LoaderState) {
    const { epoch, position, draw, generator } = state;
    const whole = [epoch, position].every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!whole || position > (this.length ?? position)) {
      throw new StateError(
        `Loader.state: no place of this loader; got epoch ${epoch}, position ${position}; an epoch has ${this.length ?? 'any number of'} batches: was it saved with the same data and batchSize?`,
      );
    }
    if (position > 0 && (draw !== undefined) !== this.shuffle) {
      throw new StateError(
        `Loader.state: saved ${draw === undefined ? 'without' : 'with'} shuffle; got a loader ${this.shuffle ? 'with' : 'without'} it; make the loader with the same options`,
      );
    }
    this.current = { epoch, position, draw };
    this.resumed = position > 0;
    if (generator !== undefined && this.ownsGenerator) this.generator.state = generator;
  }

  /** @throws ArgumentError for a stream whose samples come asynchronously. */
  [Symbol.iterator](): Iterator<BatchOf<S>> {
    return this.dataset === undefined ? this.streamBatches() : this.datasetBatches(this.dataset);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BatchOf<S>> {
    if (this.dataset !== undefined) yield* this.datasetBatches(this.dataset);
    else yield* this.asyncStreamBatches();
  }

  private *datasetBatches(dataset: Dataset<S>): IterableIterator<BatchOf<S>> {
    this.begin();
    const { length, batchSize } = this;
    const order = orderOf(dataset.length, this.current.draw);
    for (let i = this.current.position; i < length!; i++) {
      const indices = order.subarray(i * batchSize, Math.min((i + 1) * batchSize, dataset.length));
      const batch = this.custom || !dataset.batch ? this.collected(dataset, indices) : dataset.batch(indices);
      this.advance();
      yield batch;
    }
    this.finish();
  }

  private collected(dataset: Dataset<S>, indices: Int32Array): BatchOf<S> {
    return this.collate(Array.from(indices, (index) => dataset.get(index)));
  }

  private *streamBatches(): IterableIterator<BatchOf<S>> {
    const samples = this.open();
    if (!(Symbol.iterator in samples)) {
      throw new ArgumentError('Loader: the samples come asynchronously; got for … of; use for await … of');
    }
    const assembly = this.beginStream();
    let seen = 0;
    const passed = this.current.position; // batches given before this loader was resumed
    for (const sample of samples) {
      const batch = assembly.add(sample);
      if (batch === undefined || ++seen <= passed) continue;
      this.advance();
      yield batch;
    }
    yield* this.finishStream(assembly, passed - seen);
  }

  private async *asyncStreamBatches(): AsyncGenerator<BatchOf<S>> {
    const samples = this.open();
    const assembly = this.beginStream();
    let seen = 0;
    const passed = this.current.position;
    for await (const sample of samples) {
      const batch = assembly.add(sample);
      if (batch === undefined || ++seen <= passed) continue;
      this.advance();
      yield batch;
    }
    yield* this.finishStream(assembly, passed - seen);
  }

  /** The batches left in the buffers, but for the first `passed` of them. */
  private *finishStream(assembly: Assembly<S>, passed: number): IterableIterator<BatchOf<S>> {
    let skip = passed;
    for (const batch of assembly.rest(this.dropLast)) {
      if (skip-- > 0) continue;
      this.advance();
      yield batch;
    }
    this.finish();
  }

  private open(): Iterable<S> | AsyncIterable<S> {
    const stream = this.stream!;
    const samples = typeof stream === 'function' ? stream() : stream;
    if (this.opened && 'next' in samples && typeof stream !== 'function') {
      throw new ArgumentError(
        'Loader: the samples were read already; got an iterator, which can be read once; pass a function that makes a new one for each epoch',
      );
    }
    this.opened = true;
    return samples;
  }

  private beginStream(): Assembly<S> {
    this.begin();
    const { draw } = this.current;
    const uniform = draw === undefined ? () => 0 : uniforms(draw);
    return new Assembly(this.batchSize, this.collate, this.shuffleBuffer, uniform);
  }

  /** Goes on where a set state left off, else begins an epoch of its own. */
  private begin(): void {
    if (!this.resumed) {
      const draw = this.shuffle ? this.generator.next() : undefined;
      this.current = { epoch: this.current.epoch, position: 0, draw };
    }
    this.resumed = false;
  }

  private advance(): void {
    this.current = { ...this.current, position: this.current.position + 1 };
  }

  private finish(): void {
    this.current = { epoch: this.current.epoch + 1, position: 0, draw: undefined };
  }

  private checkLength(): void {
    if (this.dataset === undefined || this.length! > 0) return;
    const { length } = this.dataset;
    throw new ArgumentError(
      `Loader: there would be no batch; got ${length} samples, batchSize ${this.batchSize}${this.dropLast ? ', dropLast' : ''}; ${length === 0 ? 'the dataset is empty' : 'take a smaller batchSize or keep the last batch'}`,
    );
  }
}

function atLeastOne(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new ArgumentError(`Loader: ${option} must be a whole number of at least 1; got ${value}`);
}

function bufferOf(isStream: boolean, shuffle: boolean, size: number | undefined): number {
  if (size !== undefined && !(isStream && shuffle)) {
    throw new ArgumentError(
      `Loader: shuffleBuffer is for streams with shuffle; got ${isStream ? 'a stream without shuffle' : 'a dataset, which is shuffled whole'}; leave it out`,
    );
  }
  if (!isStream || !shuffle) return 0;
  if (size !== undefined) return atLeastOne('shuffleBuffer', size);
  throw new ArgumentError(
    'Loader: a stream has no order that could be shuffled; got shuffle without shuffleBuffer; pass how many samples to hold, or a dataset with length and get',
  );
}

/** The source as a dataset: it is one, or it is an array of samples. */
function datasetOf<S>(source: Dataset<S> | SampleStream<S>): Dataset<S> | undefined {
  if (Array.isArray(source)) {
    const samples: readonly S[] = source;
    return { length: samples.length, get: (i) => samples[i]! };
  }
  return typeof source === 'object' && 'get' in source && 'length' in source ? source : undefined;
}

function streamOf<S>(source: Dataset<S> | SampleStream<S>): SampleStream<S> {
  if (typeof source === 'function') return source;
  if (typeof source === 'object' && source !== null) {
    if (Symbol.iterator in source || Symbol.asyncIterator in source) return source;
  }
  throw new ArgumentError(
    `Loader: takes a dataset (length and get), an array, an iterable or a function that makes one; got ${typeof source}`,
  );
}

function orderOf(length: number, draw: Draw | undefined): Int32Array {
  return draw === undefined ? Int32Array.from({ length }, (_, i) => i) : shuffled(length, uniforms(draw));
}
