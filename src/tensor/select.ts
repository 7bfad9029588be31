/** Selections whose shape depends on the data: they wait for the numbers, so they are functions outside the ladder. */
import { broadcastShapes, sizeOf } from '../core/shape.ts';
import { Tensor, type TensorLike } from './tensor.ts';

/**
 * The elements of `x` where `mask` is true, as a vector in row-major order; x and mask broadcast. Differentiable by `x`.
 * @example await maskedSelect(x, x.gt(0)); // the positive ones
 * @throws ShapeError if the shapes do not broadcast.
 */
export async function maskedSelect(x: Tensor, mask: TensorLike): Promise<Tensor> {
  const m = x.lift('maskedSelect', mask, 'bool').bool();
  const shape = broadcastShapes('maskedSelect', x.shape, m.shape);
  const positions = truePositions(await m.expand(shape).data());
  return x.expand(shape).reshape([-1]).gather(0, positions);
}

/**
 * Where `x` is not 0: int32 [count, rank], a row of indices per element in row-major order.
 * @example await nonZero([[0, 7], [5, 0]]); // [[0, 1], [1, 0]]
 */
export async function nonZero(x: TensorLike): Promise<Tensor> {
  const source = x instanceof Tensor ? x : Tensor.from(x);
  const positions = truePositions(await source.bool().data());
  const { shape, rank } = source;
  const indices = new Int32Array(positions.length * rank);
  positions.forEach((position, row) => {
    for (let d = rank - 1, left = position; d >= 0; d--) {
      indices[row * rank + d] = left % shape[d]!;
      left = Math.floor(left / shape[d]!);
    }
  });
  return Tensor.from(indices, { shape: [positions.length, rank], device: source.device });
}

/** What `unique` finds. */
export interface Unique {
  /** The distinct elements, rising; NaN are the last and all distinct. */
  readonly values: Tensor;
  /** For each element of the input where its value stands, in the input's shape, int32. */
  readonly inverse: Tensor;
  /** How often each value occurs, int32. */
  readonly counts: Tensor;
}

/**
 * The distinct elements of `x`, sorted; no gradient flows.
 * @example (await unique([3, 1, 3])).values; // [1, 3]
 */
export async function unique(x: TensorLike): Promise<Unique> {
  const source = (x instanceof Tensor ? x : Tensor.from(x)).detach();
  const flat = source.reshape([sizeOf(source.shape)]);
  const [data, order] = await Promise.all([flat.data(), flat.argsort().data()]);
  const firsts: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(data.length);
  order.forEach((at, k) => {
    if (k === 0 || data[at] !== data[order[k - 1]!]) {
      firsts.push(at);
      counts.push(0);
    }
    counts[counts.length - 1]!++;
    inverse[at] = counts.length - 1;
  });
  const { device } = source;
  return {
    values: flat.gather(0, Int32Array.from(firsts)),
    inverse: Tensor.from(inverse, { shape: source.shape, device }),
    counts: Tensor.from(Int32Array.from(counts), { device }),
  };
}

/** The positions of what is not 0. */
function truePositions(data: ArrayLike<number>): Int32Array {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) count++;
  const positions = new Int32Array(count);
  for (let i = 0, k = 0; i < data.length; i++) if (data[i] !== 0) positions[k++] = i;
  return positions;
}
