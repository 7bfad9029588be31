/** Datasets: anything with a length and samples by index, and what can be made of it. */
import { ArgumentError, IndexError } from '../core/errors.ts';
import { defaultGenerator, type Generator } from '../core/random.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { shuffled, uniforms } from './uniform.ts';

/** One example: what goes in and what should come out. */
export interface Sample {
  readonly x: TensorLike;
  readonly y: TensorLike;
  /** What its loss counts in training; 1 if left out. */
  readonly sampleWeight?: TensorLike;
}

/** One example of a model that may have several inputs or outputs: a list of tensors is one for each. */
export interface AnySample {
  readonly x: TensorLike | readonly Tensor[];
  readonly y: TensorLike | readonly Tensor[];
  /** What its loss counts in training; 1 if left out. */
  readonly sampleWeight?: TensorLike;
}

/** One tensor, or one for each input or output of a model. */
export type Tensors = Tensor | readonly Tensor[];

/** Several examples in one, with their number as the first size of all. */
export interface Batch<X extends Tensors = Tensor, Y extends Tensors = Tensor> {
  /** [B, …] */
  readonly x: X;
  /** [B, …] */
  readonly y: Y;
  /** [B, …], what each loss counts in training; 1 each if left out. */
  readonly sampleWeight?: Tensor;
}

/** A list of tensors stays a list, anything else becomes one tensor. */
export type Stacked<V> = V extends readonly Tensor[] ? { readonly [K in keyof V]: Tensor } : Tensor;

/** What samples like `S` become when they are put together. */
export type BatchOf<S> = S extends { readonly x: infer X; readonly y: infer Y } ? Batch<Stacked<X>, Stacked<Y>> : Batch;

/** Whether these are tensors for several inputs or outputs, and not the numbers of one. */
export function isTensorList(values: TensorLike | readonly Tensor[]): values is readonly Tensor[] {
  return Array.isArray(values) && values.some((value: unknown) => value instanceof Tensor);
}

/**
 * Samples by index; an object with these two members is a dataset.
 * @example
 * const squares: data.Dataset = { length: 100, get: (i) => ({ x: [i], y: [i * i] }) };
 */
export interface Dataset<S = Sample> {
  /** How many samples. */
  readonly length: number;
  /** The sample at an index from 0. */
  get(index: number): S;
  /** The samples at these indices as one batch; without it the loader gets and stacks them one by one. */
  batch?(indices: Int32Array): BatchOf<S>;
  /** All targets at once, [N, …]; lets them be checked before anything is trained. */
  targets?(): Tensors;
}

/** The samples at these indices, in this order; an index may occur more than once. */
export function subset<S>(dataset: Dataset<S>, indices: ArrayLike<number>): Dataset<S> {
  const { length } = dataset;
  const kept = Int32Array.from(indices, (index) => checkIndex('subset', index, length));
  const out = {
    length: kept.length,
    get: (i: number) => dataset.get(kept[checkIndex('subset', i, kept.length)]!),
    ...(dataset.targets && { targets: () => rowsOf(dataset.targets!(), kept) }),
  };
  if (dataset.batch === undefined) return out;
  return {
    ...out,
    batch: (at: Int32Array) => dataset.batch!(at.map((i) => kept[checkIndex('subset', i, kept.length)]!)),
  };
}

function rowsOf(values: Tensors, indices: Int32Array): Tensors {
  return values instanceof Tensor ? values.indexSelect(0, indices) : values.map((x) => x.indexSelect(0, indices));
}

/** Options of `split`. */
export interface SplitOptions {
  /** Whether samples go to the parts at random; default true. */
  readonly shuffle?: boolean;
  /** What decides where they go; the default generator if left out. */
  readonly generator?: Generator;
}

/**
 * Parts that share no sample and together hold all.
 *
 * @param sizes fractions that add up to 1, or whole numbers that add up to the dataset's length.
 * @throws ArgumentError where they add up to something else.
 * @example
 * const [train, test] = data.split(dataset, [0.8, 0.2]);
 */
export function split<S>(dataset: Dataset<S>, sizes: readonly number[], options: SplitOptions = {}): Dataset<S>[] {
  const { shuffle = true, generator = defaultGenerator } = options;
  const counts = countsOf(sizes, dataset.length);
  const order = shuffle
    ? shuffled(dataset.length, uniforms(generator.next()))
    : Int32Array.from({ length: dataset.length }, (_, i) => i);
  let at = 0;
  return counts.map((count) => {
    at += count;
    return subset(dataset, order.subarray(at - count, at));
  });
}

function countsOf(sizes: readonly number[], length: number): number[] {
  const sum = sizes.reduce((total, n) => total + n, 0);
  if (sizes.every((n) => Number.isSafeInteger(n) && n >= 0) && sum === length) return [...sizes];
  if (!sizes.every((n) => n >= 0 && n <= 1) || Math.abs(sum - 1) > 1e-6) {
    throw new ArgumentError(
      `split: sizes must be fractions that add up to 1 or counts that add up to the length; got [${sizes.join(', ')}] for ${length} samples`,
    );
  }
  // Rounded where each part ends, so that no sample is lost or used twice.
  let part = 0;
  let before = 0;
  return sizes.map((n) => {
    part += n;
    const end = Math.round((part / sum) * length);
    const count = end - before;
    before = end;
    return count;
  });
}

/** The dataset with `f` applied to each sample whenever it is read. */
export function map<S, T>(dataset: Dataset<S>, f: (sample: S, index: number) => T): Dataset<T> {
  return {
    get length() {
      return dataset.length;
    },
    get: (index) => f(dataset.get(index), index),
  };
}

/** The samples of all datasets, one dataset after another. */
export function concat<S>(...datasets: readonly Dataset<S>[]): Dataset<S> {
  const ends: number[] = [];
  for (const { length } of datasets) ends.push((ends.at(-1) ?? 0) + length);
  const length = ends.at(-1) ?? 0;
  return {
    length,
    get: (index) => {
      checkIndex('concat', index, length);
      const d = ends.findIndex((end) => index < end);
      return datasets[d]!.get(index - (ends[d - 1] ?? 0));
    },
  };
}

/** The index itself if it names a sample, else an IndexError. */
export function checkIndex(where: string, index: number, length: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index;
  throw new IndexError(`${where}: no such sample; got index ${index}; the ${length} samples count from 0`);
}
