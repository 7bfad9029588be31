/** What a device must offer: storage that holds elements, and a kernel for every primitive that computes. */
import type { Dtype, TypedArray } from '../core/dtype.ts';
import type { Layout } from '../core/layout.ts';
import type { Computation, Params, Spec } from '../core/primitive.ts';

/** Where elements live; on the CPU an ordinary typed array. */
export type Storage = TypedArray;

/** An input of a kernel: elements under a layout. */
export interface Operand {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly dtype: Dtype;
}

/** Runs primitive P and gives fresh row-major storage; shapes and dtypes were checked by `infer`. */
export type Kernel<P extends Computation> = (params: Params[P], inputs: readonly Operand[], out: Spec) => Storage;

/** A place where tensors live and are computed. */
export interface Backend {
  readonly kernels: { readonly [P in Computation]: Kernel<P> };
  /** The elements in row-major order, in fresh storage. */
  copy(x: Operand): Storage;
  /** The elements in row-major order, in an array of the caller's own. */
  read(x: Operand): TypedArray;
}
