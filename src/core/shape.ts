/** Shapes: sizes per dim, and the rules of dims and broadcasting. */
import { ShapeError } from './errors.ts';

/** The size of each dim, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** The number of elements: the product of the sizes. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let d = 0; d < shape.length; d++) size *= shape[d]!;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

/** `[2, 3]`, as messages show it. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The shape itself if every size is a whole number of at least 0, else a ShapeError. */
export function checkShape(where: string, shape: Shape): Shape {
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new ShapeError(`${where}: sizes must be whole numbers of at least 0; got ${shapeText(shape)}`);
    }
  }
  return shape;
}

/** A dim counted from the front; negative dims count from the back. */
export function normalizeDim(where: string, dim: number, rank: number): number {
  if (!Number.isInteger(dim) || dim < -rank || dim >= rank) {
    throw new ShapeError(`${where}: dim is outside the tensor; got dim ${dim} of a tensor with ${rank} dims`);
  }
  return dim < 0 ? dim + rank : dim;
}

/** Dims counted from the front, all dims if `undefined`; a repeated dim is an error. */
export function normalizeDims(where: string, dims: number | readonly number[] | undefined, rank: number): number[] {
  if (dims === undefined) return Array.from({ length: rank }, (_, d) => d);
  if (typeof dims === 'number') return [normalizeDim(where, dims, rank)];
  const out = dims.map((d) => normalizeDim(where, d, rank));
  if (new Set(out).size !== out.length) {
    throw new ShapeError(`${where}: a dim is named twice; got dims ${shapeText(dims)} of a tensor with ${rank} dims`);
  }
  return out;
}

/** The shape that both broadcast to: sizes are equal, or one of them is 1 or missing at the front. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let d = 1; d <= rank; d++) {
    const m = a.length < d ? 1 : a[a.length - d]!;
    const n = b.length < d ? 1 : b[b.length - d]!;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${where}: shapes do not broadcast; got ${shapeText(a)} and ${shapeText(b)}; sizes must be equal or 1, counted from the last dim`,
      );
    }
    out[rank - d] = m === 1 ? n : m;
  }
  return out;
}
