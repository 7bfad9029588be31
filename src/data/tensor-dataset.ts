/** Datasets in memory: tensors or arrays of inputs and targets, whose batches are copies of rows. */
import type { Dtype } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { isWhole } from './collate.ts';
import { arrayColumn, type Column, type CompactArray, tensorColumn } from './column.ts';
import { type Batch, checkIndex, type Dataset } from './dataset.ts';

/** Inputs and targets with one sample per row. */
export class TensorDataset implements Dataset<Batch> {
  private readonly x: Column;
  private readonly y: Column;
  private readonly weight: Column | undefined;
  readonly length: number;

  /**
   * @param x [N, …] and y [N, …]
   * @param sampleWeight what each sample's loss counts in training, [N] (or more dims: see `Model.fit`); 1 if left out.
   * @throws ShapeError where they hold different numbers of samples.
   */
  constructor(x: Tensor | Column, y: Tensor | Column, sampleWeight?: Tensor | Column) {
    this.x = columnOf(x);
    this.y = columnOf(y);
    this.weight = sampleWeight && columnOf(sampleWeight);
    this.length = this.x.length;
    if (this.x.length !== this.y.length) {
      throw new ShapeError(
        `dataset: x and y must hold equally many samples; got ${this.x.length} and ${this.y.length}; the first size counts the samples`,
      );
    }
    checkWeights(this.weight, this.length);
  }

  /** The sample at an index: rows without the first dim. */
  get(index: number): Batch {
    checkIndex('dataset', index, this.length);
    const { x, y, sampleWeight } = this.batch(Int32Array.of(index));
    return { x: x.squeeze(0), y: y.squeeze(0), ...(sampleWeight && { sampleWeight: sampleWeight.squeeze(0) }) };
  }

  batch(indices: Int32Array): Batch {
    return { x: this.x.rows(indices), y: this.y.rows(indices), ...weightRows(this.weight, indices) };
  }

  /** [N, …] */
  targets(): Tensor {
    return this.y.rows(Int32Array.from({ length: this.length }, (_, i) => i));
  }
}

/**
 * Samples of a model with several inputs or outputs, in memory: one tensor per input and per output, a row per sample.
 * @example new data.TensorsDataset([images, ages], [labels])
 */
export class TensorsDataset implements Dataset<Batch<readonly Tensor[], readonly Tensor[]>> {
  private readonly x: readonly Column[];
  private readonly y: readonly Column[];
  private readonly weight: Column | undefined;
  readonly length: number;

  /**
   * @param x one [N, …] per input. @param y one [N, …] per output.
   * @param sampleWeight what each sample's losses count in training, [N]; 1 if left out.
   * @throws ShapeError where they hold different numbers of samples, ArgumentError where a list is empty.
   */
  constructor(x: readonly (Tensor | Column)[], y: readonly (Tensor | Column)[], sampleWeight?: Tensor | Column) {
    if (x.length === 0 || y.length === 0) {
      throw new ArgumentError(`dataset: needs at least one tensor on each side; got ${x.length} and ${y.length}`);
    }
    this.x = x.map(columnOf);
    this.y = y.map(columnOf);
    this.weight = sampleWeight && columnOf(sampleWeight);
    const lengths = [...this.x, ...this.y].map(({ length }) => length);
    this.length = lengths[0]!;
    if (lengths.some((length) => length !== this.length)) {
      throw new ShapeError(
        `dataset: all must hold equally many samples; got ${lengths.join(', ')}; the first size counts the samples`,
      );
    }
    checkWeights(this.weight, this.length);
  }

  /** The sample at an index: rows without the first dim. */
  get(index: number): Batch<readonly Tensor[], readonly Tensor[]> {
    checkIndex('dataset', index, this.length);
    const { x, y, sampleWeight } = this.batch(Int32Array.of(index));
    return {
      x: x.map((one) => one.squeeze(0)),
      y: y.map((one) => one.squeeze(0)),
      ...(sampleWeight && { sampleWeight: sampleWeight.squeeze(0) }),
    };
  }

  batch(indices: Int32Array): Batch<readonly Tensor[], readonly Tensor[]> {
    return {
      x: this.x.map((column) => column.rows(indices)),
      y: this.y.map((column) => column.rows(indices)),
      ...weightRows(this.weight, indices),
    };
  }

  /** One [N, …] per output. */
  targets(): readonly Tensor[] {
    const all = Int32Array.from({ length: this.length }, (_, i) => i);
    return this.y.map((column) => column.rows(all));
  }
}

function checkWeights(weight: Column | undefined, samples: number): void {
  if (weight === undefined || weight.length === samples) return;
  throw new ShapeError(
    `dataset: sampleWeight must hold one weight for each sample; got ${weight.length} for ${samples} samples; the first size counts the samples`,
  );
}

function weightRows(weight: Column | undefined, indices: Int32Array): { readonly sampleWeight?: Tensor } {
  return weight ? { sampleWeight: weight.rows(indices) } : {};
}

function columnOf(side: Tensor | Column): Column {
  if (!(side instanceof Tensor)) return side;
  if (side.rank === 0) throw new ShapeError('dataset: a tensor must have a dim of samples; got a scalar');
  return tensorColumn(side, undefined);
}

/** Options of `fromArrays`. */
export interface ArrayOptions {
  /** The shape of x, samples first, where x is flat: `[60000, 1, 28, 28]`. */
  readonly shape?: Shape;
  /** What x is multiplied with, batch by batch: `1 / 255` for bytes of images. */
  readonly scale?: number;
  /** The dtype of x; default what the array says, float32 for bytes and 16-bit integers. */
  readonly dtype?: Dtype;
  /** The dtype of y; default what the array says, int32 for a list of whole numbers. */
  readonly targetDtype?: Dtype;
  /** [N], what the loss of each sample counts in training; 1 if left out. */
  readonly sampleWeight?: TensorLike;
}

/**
 * A dataset of arrays or tensors, one sample per row. Typed arrays are kept, not copied.
 *
 * @param x [N, …]: a tensor, nested arrays, or a typed array with `shape`.
 * @param y [N, …]: class indices (int32) or values (float32).
 * @throws ShapeError where the shapes do not fit.
 * @example
 * const { images, shape, labels } = data.drawDigits({ count: 1000 });
 * const dataset = data.fromArrays(images, labels, { shape, scale: 1 / 255 }); // x [B, 28, 28] float32, y [B] int32
 */
export function fromArrays(x: TensorLike, y: TensorLike, options: ArrayOptions = {}): TensorDataset {
  const { shape, scale, dtype, targetDtype, sampleWeight } = options;
  if (scale !== undefined && !Number.isFinite(scale)) {
    throw new ArgumentError(`fromArrays: scale must be a finite number; got ${scale}`);
  }
  if (scale !== undefined && (dtype === 'int32' || dtype === 'bool')) {
    throw new ArgumentError(`fromArrays: a scale makes floats; got scale ${scale} with dtype ${dtype}`);
  }
  const inputs = isCompact(x)
    ? arrayColumn('fromArrays', x, shape ?? [x.length], dtype ?? inputDtype(x, scale), scale)
    : tensorColumn(rowsOf('x', x, shape, dtype), scale);
  const targets = isCompact(y)
    ? arrayColumn('fromArrays', y, [y.length], targetDtype ?? floatDtype(y) ?? 'int32', undefined)
    : tensorColumn(rowsOf('y', y, undefined, targetDtype ?? (isClassList(y) ? 'int32' : undefined)), undefined);
  return new TensorDataset(inputs, targets, sampleWeight === undefined ? undefined : Tensor.from(sampleWeight));
}

function rowsOf(side: string, values: TensorLike, shape: Shape | undefined, dtype: Dtype | undefined): Tensor {
  const x = Tensor.from(values, { ...(shape && { shape }), ...(dtype && { dtype }) });
  if (x.rank > 0) return x;
  throw new ShapeError(`fromArrays: ${side} must have a dim of samples; got a single number`);
}

function isCompact(values: TensorLike): values is CompactArray {
  return ArrayBuffer.isView(values) && !(values instanceof BigInt64Array) && !(values instanceof BigUint64Array);
}

function floatDtype(array: CompactArray): Dtype | undefined {
  if (array instanceof Float32Array) return 'float32';
  return array instanceof Float64Array ? 'float64' : undefined;
}

/** Small integers are measurements, such as brightness; int32 is meant as it is, such as numbers of words. */
function inputDtype(array: CompactArray, scale: number | undefined): Dtype {
  return floatDtype(array) ?? (array instanceof Int32Array && scale === undefined ? 'int32' : 'float32');
}

/** Whether these are plain whole numbers, one a sample, as classes are given. */
function isClassList(values: TensorLike): boolean {
  return Array.isArray(values) && values.every(isWhole);
}
