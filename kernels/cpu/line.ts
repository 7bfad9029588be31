/** The lines of an array along one dim, for kernels that work on a line at a time. */
import { elementOffsets, type Layout } from '../../src/core/layout.ts';
import { sizeOf } from '../../src/core/shape.ts';

/** Every line of a layout along a dim. */
export interface Lines {
  /** Where each line starts in the storage, in row-major order of the other dims. */
  readonly starts: Int32Array;
  /** From one element of a line to the next in the storage. */
  readonly step: number;
  /** Elements of a line. */
  readonly n: number;
  /** Elements of the dims behind: from one element of a line to the next in a row-major array. */
  readonly run: number;
}

export function linesOf(layout: Layout, dim: number): Lines {
  const { shape, strides, offset } = layout;
  const others = shape.map((n, d) => (d === dim ? 1 : n));
  return {
    starts: elementOffsets(others, strides, offset),
    step: strides[dim]!,
    n: shape[dim]!,
    run: sizeOf(shape.slice(dim + 1)),
  };
}
