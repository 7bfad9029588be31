/** Where batches come from: whatever the user has, as something that can be read once per epoch. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, ShapeError, TrainingError } from '../core/errors.ts';
import type { Generator } from '../core/random.ts';
import { shapeText } from '../core/shape.ts';
import { type AnySample, type Batch, type Dataset, isTensorList, subset, type Tensors } from '../data/dataset.ts';
import { Loader, type LoaderState } from '../data/loader.ts';
import { fromArrays, TensorsDataset } from '../data/tensor-dataset.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { countOf, listOf } from './network.ts';

/** A batch as a user may give it: B inputs and B targets; lists of tensors for several inputs or outputs. */
export interface BatchLike {
  /** [B, …] */
  readonly x: TensorLike | readonly Tensor[];
  /** [B, …] */
  readonly y: TensorLike | readonly Tensor[];
  /** [B], what the loss of each sample counts; [B, T] or more dims for each step or pixel; 1 each if left out. */
  readonly sampleWeight?: TensorLike;
}

/** Batches one after another. */
export type BatchStream = Iterable<BatchLike> | AsyncIterable<BatchLike>;

/**
 * What a model trains on: all samples at once, `{ x, y }` with one per row; a dataset; a Loader; or batches, as anything
 * that can be iterated anew for each epoch, or a function that makes such.
 */
export type TrainingData = BatchLike | Dataset<AnySample> | BatchStream | (() => BatchStream);

/** How samples become batches. */
export interface FeedOptions {
  readonly batchSize?: number | undefined;
  readonly shuffle?: boolean | undefined;
  readonly generator?: Generator | undefined;
}

/** Batches, epoch after epoch. */
export interface Feed {
  /** In an epoch; undefined where nobody knows. */
  readonly batches: number | undefined;
  /** The dataset behind it, where there is one. */
  readonly dataset: Dataset<AnySample> | undefined;
  /** The loader behind it, where there is one. */
  readonly loader: { state: LoaderState } | undefined;
  epoch(): Iterable<BatchLike> | AsyncIterable<BatchLike>;
}

/**
 * Batches from the data.
 * @param shuffled whether samples get a new order each epoch where the options do not say.
 * @throws ArgumentError for data of no such kind, empty data, and options that the data leave no use for.
 */
export function feedOf(where: string, data: TrainingData, options: FeedOptions, shuffled: boolean): Feed {
  const dataset = datasetOf(where, data);
  if (dataset !== undefined) {
    if (dataset.length === 0) throw new ArgumentError(`${where}: the dataset is empty; give at least one sample`);
    const { batchSize = 32, shuffle = shuffled, generator } = options;
    const loader = new Loader<AnySample>(dataset, { batchSize, shuffle, ...(generator && { generator }) });
    return { batches: loader.length, dataset, loader, epoch: () => loader };
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw new ArgumentError(
      `${where}: ${name} has no meaning for data that come in batches; got ${String(value)}; leave it out, or give a dataset or { x, y }`,
    );
  }
  if (data instanceof Loader) return { batches: data.length, dataset: undefined, loader: data, epoch: () => data };
  return { batches: undefined, dataset: undefined, loader: undefined, epoch: streamOf(where, data) };
}

/** The samples at the front for training and those at the end, a fraction of all, for validation. */
export function holdOut(where: string, data: TrainingData, fraction: number): [Dataset<AnySample>, Dataset<AnySample>] {
  const dataset = datasetOf(where, data);
  if (dataset === undefined) {
    throw new ArgumentError(
      `${where}: validationSplit needs samples that can be counted; got batches; give a dataset or { x, y }, or pass validation`,
    );
  }
  const { length } = dataset;
  const kept = length - Math.round(length * fraction);
  if (!(fraction > 0 && fraction < 1) || kept === 0 || kept === length) {
    throw new ArgumentError(
      `${where}: validationSplit must leave samples on both sides; got ${fraction} of ${length} samples; choose one between 0 and 1`,
    );
  }
  const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
  return [subset(dataset, range(0, kept)), subset(dataset, range(kept, length))];
}

/** Whether the data come in batches of their own. */
export function isBatched(data: TrainingData): boolean {
  return typeof data === 'function' || data instanceof Loader || isStream(data);
}

function datasetOf(where: string, data: TrainingData): Dataset<AnySample> | undefined {
  if (typeof data === 'function' || data instanceof Loader || isStream(data)) return undefined;
  if (typeof data === 'object' && data !== null) {
    if ('get' in data && 'length' in data) return data;
    if ('x' in data && 'y' in data) return inMemory(data);
  }
  throw new ArgumentError(
    `${where}: takes { x, y }, a dataset, a Loader or batches; got ${kindOf(data)}; put inputs and targets in one object`,
  );
}

function kindOf(data: unknown): string {
  if (data instanceof Tensor) return 'a tensor';
  return data === null ? 'null' : typeof data;
}

function inMemory({ x, y, sampleWeight }: BatchLike): Dataset<AnySample> {
  const weights = sampleWeight === undefined ? undefined : tensorOf(sampleWeight);
  if (!isTensorList(x) && !isTensorList(y)) return fromArrays(x, y, weights && { sampleWeight: weights });
  return new TensorsDataset(isTensorList(x) ? x : [tensorOf(x)], isTensorList(y) ? y : [labelsOrValues(y)], weights);
}

function isStream(data: object): data is BatchStream {
  return typeof data === 'object' && data !== null && (Symbol.iterator in data || Symbol.asyncIterator in data);
}

function streamOf(where: string, data: TrainingData): () => BatchStream {
  if (typeof data === 'function') return data;
  const stream = isStream(data) ? data : [];
  let opened = false;
  return () => {
    if (opened && 'next' in stream) {
      throw new TrainingError(
        `${where}: the batches were all read in the first epoch; got an iterator, which can be read once; pass the function that makes it`,
      );
    }
    opened = true;
    return stream;
  };
}

/**
 * A batch as tensors with equally many samples on both sides.
 * @throws ShapeError where they differ in number, or are none; ArgumentError for what is no batch.
 */
export function batchOf(where: string, batch: BatchLike): Batch<Tensors, Tensors> {
  if (typeof batch !== 'object' || batch === null || !('x' in batch) || !('y' in batch)) {
    throw new ArgumentError(`${where}: a batch must be { x, y }; got ${batch === null ? 'null' : typeof batch}`);
  }
  const x = isTensorList(batch.x) ? batch.x : tensorOf(batch.x);
  const y = isTensorList(batch.y) ? batch.y : labelsOrValues(batch.y);
  const all = [...listOf(x), ...listOf(y)];
  const count = countOf(x);
  if (all.every(({ rank, shape }) => rank > 0 && shape[0] === count) && count > 0) {
    return { x, y, ...weightsOf(where, batch.sampleWeight, count) };
  }
  const problem = all.some(({ shape }) => shape[0] === 0)
    ? 'the batch is empty'
    : 'x and y must hold equally many samples, counted by their first sizes';
  const text = (side: Tensors): string =>
    listOf(side)
      .map(({ shape }) => shapeText(shape))
      .join(', ');
  throw new ShapeError(`${where}: ${problem}; got x ${text(x)} and y ${text(y)}`);
}

function weightsOf(where: string, weights: TensorLike | undefined, count: number): { readonly sampleWeight?: Tensor } {
  if (weights === undefined) return {};
  const sampleWeight = tensorOf(weights);
  if (sampleWeight.rank > 0 && sampleWeight.shape[0] === count) return { sampleWeight };
  throw new ShapeError(
    `${where}: sampleWeight must hold a weight for each sample; got ${shapeText(sampleWeight.shape)} for ${count} samples`,
  );
}

function tensorOf(values: TensorLike): Tensor {
  return values instanceof Tensor ? values : Tensor.from(values);
}

/** A list of whole numbers is meant as classes. */
function labelsOrValues(values: TensorLike): Tensor {
  const y = tensorOf(values);
  const listed = Array.isArray(values) && isFloat(y.dtype) && values.every((n) => Number.isInteger(n));
  return listed ? y.int32() : y;
}
