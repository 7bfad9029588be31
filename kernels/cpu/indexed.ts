/** The walk that gather and scatterAdd share: an index beside the array that it points into. */
import { IndexError } from '../../src/core/errors.ts';
import { elementOffsets, type Layout, mergeDims } from '../../src/core/layout.ts';
import { type Shape, shapeText } from '../../src/core/shape.ts';

/** Runs of `count` elements in row-major order of the index: where each starts, and the steps within it. */
export interface Walk {
  readonly count: number;
  readonly indexStarts: Int32Array;
  readonly indexStep: number;
  /** In the array that is indexed, as if every index were 0. */
  readonly starts: Int32Array;
  readonly step: number;
  /** In a third array of the index's shape. */
  readonly sourceStarts: Int32Array;
  readonly sourceStep: number;
}

/** @param source a third array that is walked along; the index itself if there is none. */
export function indexed(
  index: Layout,
  strides: readonly number[],
  offset: number,
  dim: number,
  source: Layout = index,
): Walk {
  const still = strides.map((s, d) => (d === dim ? 0 : s));
  const { dims, strides: merged } = mergeDims(index.shape, [index.strides, still, source.strides]);
  const rank = dims.length;
  const outer = dims.slice(0, -1);
  const starts = (i: number, from: number) => elementOffsets(outer, merged[i]!.slice(0, -1), from);
  const step = (i: number) => (rank === 0 ? 0 : merged[i]![rank - 1]!);
  const indexStarts = starts(0, index.offset);
  return {
    count: rank === 0 ? 1 : dims[rank - 1]!,
    indexStarts,
    indexStep: step(0),
    starts: starts(1, offset),
    step: step(1),
    sourceStarts: source === index ? indexStarts : starts(2, source.offset),
    sourceStep: step(2),
  };
}

/** The error for the index at a position of the row-major order of `shape`. */
export function outside(
  where: string,
  got: number,
  n: number,
  dim: number,
  position: number,
  shape: Shape,
): IndexError {
  const at = new Array<number>(shape.length);
  for (let d = shape.length - 1, left = position; d >= 0; d--) {
    at[d] = left % shape[d]!;
    left = Math.floor(left / shape[d]!);
  }
  return new IndexError(
    `${where}: index ${got} at position ${shapeText(at)} is outside [0, ${n}) of dim ${dim}; use indices of the dim's elements`,
    { index: got },
  );
}
