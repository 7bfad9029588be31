/** Several float tensors as one vector and back, so that one node of the tape can have several outputs. */
import { type Dtype, promote } from '../core/dtype.ts';
import type { Spec } from '../core/primitive.ts';
import { sizeOf } from '../core/shape.ts';
import { Tensor } from './tensor.ts';

/** What the tensors are like; one tensor is its own bundle, without a copy. */
export class Bundle {
  private readonly specs: readonly Spec[];
  private readonly dtype: Dtype;

  constructor(specs: readonly Spec[]) {
    this.specs = specs;
    this.dtype = specs.reduce((known: Dtype, { dtype }) => promote(known, dtype), specs[0]!.dtype);
  }

  /** All of them in one tensor, in the widest of their dtypes. */
  pack(tensors: readonly Tensor[]): Tensor {
    if (tensors.length === 1) return tensors[0]!;
    return Tensor.concat(tensors.map((x) => x.cast(this.dtype).reshape([x.size])));
  }

  /** The parts again, in their shapes and dtypes. */
  unpack(packed: Tensor): Tensor[] {
    if (this.specs.length === 1) return [packed];
    let start = 0;
    return this.specs.map(({ shape, dtype }) => {
      const size = sizeOf(shape);
      start += size;
      return packed
        .narrow(0, start - size, size)
        .reshape(shape)
        .cast(dtype);
    });
  }
}
