/** What a CPU kernel reads: a typed array and the layout of the elements in it. */
import type { Dtype, TypedArray } from '../../src/core/dtype.ts';
import type { Layout } from '../../src/core/layout.ts';

/** An input of a kernel. */
export interface Operand {
  readonly storage: TypedArray;
  readonly layout: Layout;
  readonly dtype: Dtype;
}
