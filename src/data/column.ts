/** One side of a dataset in memory, x or y: rows of one shape that become a tensor when a batch needs them. */
import { allocate, type Dtype, type TypedArray } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { type Shape, shapeText, sizeOf } from '../core/shape.ts';
import type { NumericArray } from '../tensor/literal.ts';
import { Tensor } from '../tensor/tensor.ts';
import { checkIndex } from './dataset.ts';

/** Rows by index. */
export interface Column {
  readonly length: number;
  /** [indices, …] */
  rows(indices: Int32Array): Tensor;
}

/** The rows of a tensor; a scale makes floats of them, batch by batch. */
export function tensorColumn(x: Tensor, scale: number | undefined): Column {
  const length = x.shape[0]!;
  return {
    length,
    rows(indices) {
      for (const index of indices) checkIndex('batch', index, length);
      const rows = x.detach().indexSelect(0, indices);
      return scale === undefined ? rows : rows.mul(Tensor.full([], scale, { dtype: floatOf(x.dtype) }));
    },
  };
}

function floatOf(dtype: Dtype): Dtype {
  return dtype === 'float64' ? 'float64' : 'float32';
}

/** Arrays that are kept as they are: bytes of images stay bytes until their batch is made. */
export type CompactArray = Exclude<NumericArray, BigInt64Array | BigUint64Array>;

/** The rows of a typed array [N, …] as `dtype`, times `scale`. */
export function arrayColumn(
  where: string,
  data: CompactArray,
  shape: Shape,
  dtype: Dtype,
  scale: number | undefined,
): Column {
  if (shape.length === 0 || sizeOf(shape) !== data.length) {
    throw new ShapeError(
      `${where}: shape does not fit the data; got ${shapeText(shape)} and ${data.length} elements; the first size is the number of samples`,
    );
  }
  const length = shape[0]!;
  const rowShape = shape.slice(1);
  const width = sizeOf(rowShape);
  const like = Tensor.zeros([]);
  return {
    length,
    rows(indices) {
      const out = allocate(dtype, indices.length * width);
      indices.forEach((index, i) => {
        checkIndex('batch', index, length);
        copyRow(data, index * width, out, i * width, width, scale);
      });
      return like.wrap(out, [indices.length, ...rowShape], dtype);
    },
  };
}

function copyRow(
  from: CompactArray,
  start: number,
  to: TypedArray,
  at: number,
  width: number,
  scale: number | undefined,
): void {
  if (scale === undefined) to.set(from.subarray(start, start + width), at);
  else for (let i = 0; i < width; i++) to[at + i] = from[start + i]! * scale;
}
