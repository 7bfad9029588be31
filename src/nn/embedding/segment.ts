/** A vector cut into segments by the offsets at which they start. */
import { ArgumentError, DtypeError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** Offsets as a tensor, int32 [B]; of numbers it is checked that they cut `size` elements. */
export function offsetsOf(offsets: readonly number[] | Tensor, size: number, { device }: Tensor): Tensor {
  if (offsets instanceof Tensor) {
    if (offsets.dtype !== 'int32') {
      throw new DtypeError(`offsets must be int32; got ${offsets.dtype}; use .int32()`);
    }
    if (offsets.rank === 1 && offsets.size > 0) return offsets;
    throw new ShapeError(`offsets must be a vector with a start per bag; got ${shapeText(offsets.shape)}`);
  }
  const rising = offsets.every((at, i) => Number.isInteger(at) && at >= (i === 0 ? 0 : offsets[i - 1]!) && at <= size);
  if (offsets[0] === 0 && rising) return Tensor.from(Int32Array.from(offsets), { device });
  throw new ArgumentError(
    `offsets must start at 0 and not fall, up to the ${size} indices; got ${shapeText(offsets.slice(0, 8))}`,
  );
}

/** Which segment each of `size` elements is in, int32 [size]. */
export function segmentsOf(offsets: Tensor, size: number): Tensor {
  // a start at the very end is that of an empty segment, which no element sees
  const starts = Tensor.zeros([size + 1], { dtype: 'int32', device: offsets.device }).scatterAdd(
    0,
    offsets,
    Tensor.onesLike(offsets),
  );
  return starts.cumSum(0).narrow(0, 0, size).sub(1);
}
