/** Rows of bags reduced to one row per bag: their sum, mean or maximum. */
import { Tensor } from '../../tensor/tensor.ts';

/** What becomes of the rows of a bag. */
export type BagMode = 'sum' | 'mean' | 'max';

/** The rows of all bags, [.., D]; those where `real` [..] is false belong to none. */
export interface Bag {
  readonly rows: Tensor;
  readonly real: Tensor | undefined;
  readonly mode: BagMode;
}

/** Bags of equal size, [B, L, D] → [B, D]. */
export function reduceRows({ rows, real, mode }: Bag): Tensor {
  const [batch, length, features] = rows.shape as readonly [number, number, number];
  if (length === 0) return rows.sum({ dim: 1 });
  if (mode === 'max') {
    const { values } = without(rows, real, Number.NEGATIVE_INFINITY).max({ dim: 1 });
    return real ? Tensor.where(real.any({ dim: 1, keepDim: true }), values, 0) : values;
  }
  const sum = without(rows, real, 0).sum({ dim: 1 });
  if (mode === 'sum') return sum;
  if (!real) return sum.div(length);
  const count = real.cast(rows.dtype).sum({ dim: 1, keepDim: true });
  return sum.div(count.maximum(1).expand([batch, features]));
}

/** Bags of a vector, [N, D] → [count, D]; `segments` [N] says which bag each row is of. */
export function reduceSegments({ rows, real, mode }: Bag, segments: Tensor, count: number): Tensor {
  const [size, features] = rows.shape as readonly [number, number];
  const zeros = Tensor.zeros([count, features], { dtype: rows.dtype, device: rows.device });
  if (size === 0) return zeros;
  const sizes = countsIn(segments, real, count, rows);
  if (mode === 'max') {
    const values = segmentMaxima(without(rows, real, Number.NEGATIVE_INFINITY), segments, count);
    return Tensor.where(sizes.gt(0), values, 0);
  }
  const sum = zeros.scatterAdd(0, segments.unsqueeze(1).expand([size, features]), without(rows, real, 0));
  return mode === 'sum' ? sum : sum.div(sizes.maximum(1));
}

/** How many rows each segment has, [count, 1]. */
function countsIn(segments: Tensor, real: Tensor | undefined, count: number, { dtype, device, shape }: Tensor): Tensor {
  const ones = real ? real.cast(dtype) : Tensor.ones([shape[0]!], { dtype, device });
  return Tensor.zeros([count], { dtype, device }).scatterAdd(0, segments, ones).unsqueeze(1);
}

/**
 * The maximum of each segment, [N, D] → [count, D], anything for an empty one. Each row looks 1, 2, 4, … rows back within its
 * segment; it is the index that is carried along, so that the first of equals gets the gradient.
 */
function segmentMaxima(rows: Tensor, segments: Tensor, count: number): Tensor {
  const [size, features] = rows.shape as readonly [number, number];
  const spread = segments.unsqueeze(1).expand([size, features]);
  const { device } = rows;
  let best = rows.detach();
  let at = Tensor.arange(size, { dtype: 'int32', device }).unsqueeze(1).expand([size, features]);
  for (let step = 1; step < size; step *= 2) {
    const late = (x: Tensor): Tensor => x.narrow(0, step, size - step);
    const early = (x: Tensor): Tensor => x.narrow(0, 0, size - step);
    const same = late(spread).eq(early(spread));
    const earlier = early(best).ge(late(best)).logicalOr(early(best).isNaN()).logicalAnd(same);
    const next = (x: Tensor): Tensor => Tensor.concat([x.narrow(0, 0, step), Tensor.where(earlier, early(x), late(x))]);
    [best, at] = [next(best), next(at)];
  }
  // the last row of a segment has seen all of it
  const ends = Tensor.zeros([count], { dtype: 'int32', device })
    .scatterAdd(0, segments, Tensor.onesLike(segments))
    .cumSum(0);
  const last = at.indexSelect(0, ends.sub(1).maximum(0));
  return rows.gather(0, last);
}

function without(rows: Tensor, real: Tensor | undefined, value: number): Tensor {
  return real ? Tensor.where(real.unsqueeze(-1), rows, value) : rows;
}
