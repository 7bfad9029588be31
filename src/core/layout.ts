/** Layouts: where each element of a tensor lies in its storage; movement is arithmetic on them. */
import { type Shape, sizeOf } from './shape.ts';

/** Element `[i, j, …]` lies at `offset + i·strides[0] + j·strides[1] + …` of the storage. */
export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  /** The number of elements. */
  readonly size: number;
  /** Whether the elements lie one after another in row-major order (from `offset` on). */
  readonly contiguous: boolean;
}

/** A window that slides along one dim: `count` positions `stride` apart of `size` elements `dilation` apart. */
export interface Window {
  readonly dim: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
}

/** The strides of a row-major array of this shape. */
export function rowMajorStrides(shape: Shape): readonly number[] {
  const strides = new Array<number>(shape.length);
  let n = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = n;
    n *= shape[d]!;
  }
  return strides;
}

/** The layout of a fresh row-major array. */
export function contiguousLayout(shape: Shape): Layout {
  return { shape, strides: rowMajorStrides(shape), offset: 0, size: sizeOf(shape), contiguous: true };
}

function layoutOf(shape: Shape, strides: readonly number[], offset: number): Layout {
  let contiguous = true;
  let size = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== size) contiguous = false;
    size *= shape[d]!;
  }
  return { shape, strides, offset, size, contiguous: contiguous || size === 0 };
}

/** Dims of size 1 repeat (stride 0); missing dims are added at the front. The shapes must fit. */
export function expandLayout(x: Layout, shape: Shape): Layout {
  const added = shape.length - x.shape.length;
  const strides = new Array<number>(shape.length);
  for (let d = 0; d < shape.length; d++) {
    strides[d] = d < added || x.shape[d - added] !== shape[d] ? 0 : x.strides[d - added]!;
  }
  return layoutOf(shape, strides, x.offset);
}

export function permuteLayout(x: Layout, order: readonly number[]): Layout {
  return layoutOf(
    order.map((d) => x.shape[d]!),
    order.map((d) => x.strides[d]!),
    x.offset,
  );
}

/** The elements `starts[d] + i·steps[d]` of each dim, as many as `shape` says. */
export function sliceLayout(x: Layout, starts: readonly number[], steps: readonly number[], shape: Shape): Layout {
  let offset = x.offset;
  const strides = new Array<number>(shape.length);
  for (let d = 0; d < shape.length; d++) {
    strides[d] = x.strides[d]! * steps[d]!;
    offset += starts[d]! * x.strides[d]!;
  }
  return layoutOf(shape, strides, sizeOf(shape) === 0 ? x.offset : offset);
}

/** The same elements in row-major order under another shape, or undefined where that takes a copy. */
export function reshapeLayout(x: Layout, shape: Shape): Layout | undefined {
  if (x.contiguous) return { shape, strides: rowMajorStrides(shape), offset: x.offset, size: x.size, contiguous: true };
  const space = mergeDims(x.shape, [x.strides]);
  const strides = new Array<number>(shape.length);
  let k = space.dims.length - 1; // the merged dim that is being split, from the last
  let left = k < 0 ? 1 : space.dims[k]!;
  let stride = k < 0 ? 1 : space.strides[0]![k]!;
  for (let d = shape.length - 1; d >= 0; d--) {
    const n = shape[d]!;
    while (left === 1 && k > 0 && n !== 1) {
      k--;
      left = space.dims[k]!;
      stride = space.strides[0]![k]!;
    }
    if (n !== 1 && left % n !== 0) return undefined;
    strides[d] = stride;
    if (n !== 1) {
      left /= n;
      stride *= n;
    }
  }
  return layoutOf(shape, strides, x.offset);
}

/** The dims that windows slide along become their counts; the window sizes are added at the end. */
export function windowsLayout(x: Layout, windows: readonly Window[]): Layout {
  const shape = [...x.shape];
  const strides = [...x.strides];
  for (const w of windows) {
    shape[w.dim] = windowCount(x.shape[w.dim]!, w);
    strides[w.dim] = x.strides[w.dim]! * w.stride;
  }
  for (const w of windows) {
    shape.push(w.size);
    strides.push(x.strides[w.dim]! * w.dilation);
  }
  return layoutOf(shape, strides, x.offset);
}

/** How many positions a window has in a dim of `n` elements (0 or less: none). */
export function windowCount(n: number, w: Window): number {
  return Math.max(0, Math.floor((n - w.dilation * (w.size - 1) - 1) / w.stride) + 1);
}

/** One iteration space over several strided arrays. */
export interface Space {
  readonly dims: number[];
  /** Per array, the stride of each dim. */
  readonly strides: number[][];
}

/** Drops dims of size 1 and merges neighbours that all arrays walk in one go. */
export function mergeDims(shape: Shape, strides: readonly (readonly number[])[]): Space {
  const dims: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    const n = shape[d]!;
    if (n === 1) continue;
    const k = dims.length - 1;
    let fits = k >= 0;
    for (let i = 0; fits && i < strides.length; i++) fits = merged[i]![k] === strides[i]![d]! * n;
    if (fits) dims[k]! *= n;
    else dims.push(n);
    for (let i = 0; i < strides.length; i++) merged[i]![dims.length - 1] = strides[i]![d]!;
  }
  return { dims, strides: merged };
}

/** The storage offset of every element, in row-major order. */
export function elementOffsets(shape: Shape, strides: readonly number[], offset: number): Int32Array {
  const { dims, strides: merged } = mergeDims(shape, [strides]);
  const step = merged[0]!;
  const out = new Int32Array(sizeOf(shape));
  const last = dims.length - 1;
  const n = last < 0 ? 1 : dims[last]!;
  const inner = last < 0 ? 0 : step[last]!;
  const index = new Int32Array(Math.max(0, last));
  let at = offset;
  for (let i = 0; i < out.length; ) {
    for (let j = 0, to = at; j < n; j++, to += inner) out[i++] = to;
    for (let d = last - 1; d >= 0; d--) {
      at += step[d]!;
      if (++index[d]! < dims[d]!) break;
      at -= step[d]! * dims[d]!;
      index[d] = 0;
    }
  }
  return out;
}
