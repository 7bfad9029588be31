/** Which steps of a batch of sequences are real, and which only pad. */
import { ArgumentError, DtypeError, ShapeError } from '../../core/errors.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';

/** How padding is told; at most one of both. */
export interface Padded {
  /**
   * The number of real steps of each sequence, [B] whole numbers from 0 to T; the steps after them are padding. A tensor's
   * numbers are not read: below 0 counts as 0, above T as T.
   */
  readonly lengths?: readonly number[] | Tensor | undefined;
  /** True where a step is real, bool [B, T]; padding may stand anywhere. */
  readonly mask?: TensorLike | undefined;
}

/** The mask [B, T] of an input [B, T, ..]; undefined where all steps are real. */
export function maskOf({ lengths, mask }: Padded, x: Tensor): Tensor | undefined {
  const [batch, time] = x.shape as readonly [number, number];
  if (lengths !== undefined && mask !== undefined) {
    throw new ArgumentError('lengths and mask both tell the padding; got both; pass one of them');
  }
  if (mask !== undefined)
    return checkMask(mask instanceof Tensor ? mask : Tensor.from(mask, { device: x.device }), batch, time);
  if (lengths === undefined) return undefined;
  const real = lengthsOf(lengths, batch, time, x);
  return Tensor.arange(time, { dtype: 'int32', device: real.device }).lt(real.unsqueeze(1));
}

function checkMask(mask: Tensor, batch: number, time: number): Tensor {
  if (mask.dtype !== 'bool') {
    throw new DtypeError(`the mask must be bool, true for real steps; got ${mask.dtype}; compare, as in ids.ne(0)`);
  }
  if (sameShape(mask.shape, [batch, time])) return mask;
  throw new ShapeError(`the mask must be [B, T], here ${shapeText([batch, time])}; got ${shapeText(mask.shape)}`);
}

function lengthsOf(lengths: readonly number[] | Tensor, batch: number, time: number, { device }: Tensor): Tensor {
  if (!(lengths instanceof Tensor)) {
    const odd = lengths.find((n) => !(Number.isInteger(n) && n >= 0 && n <= time));
    if (odd !== undefined) {
      throw new ArgumentError(`lengths must be whole numbers from 0 to ${time}, the steps of the input; got ${odd}`);
    }
  } else if (lengths.dtype !== 'int32') {
    throw new DtypeError(`lengths must be int32; got ${lengths.dtype}; use .int32()`);
  }
  const out = lengths instanceof Tensor ? lengths : Tensor.from(Int32Array.from(lengths), { device });
  if (sameShape(out.shape, [batch])) return out;
  throw new ShapeError(`lengths must be [B], here [${batch}]; got ${shapeText(out.shape)}`);
}
