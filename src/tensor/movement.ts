/** Movement: the same elements under another layout, without a copy wherever the strides allow. */
import { promote } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { normalizeDim, normalizeDims, type Shape, sameShape, shapeText, sizeOf } from '../core/shape.ts';
import { Value } from './value.ts';

/** One dim of `slice`: an index (the dim goes away), `[start, stop, step]` with open ends, or the whole dim. */
export type Range =
  | number
  | readonly [start?: number | null, stop?: number | null, step?: number | null]
  | null
  | undefined;

/** Which diagonal: `offset` above the main one, of dims `dim1` and `dim2`. */
export interface DiagonalOptions {
  readonly offset?: number;
  readonly dim1?: number;
  readonly dim2?: number;
}

export abstract class Movements extends Value {
  /** The elements in row-major order under another shape; one size may be −1. */
  reshape(shape: Shape): this {
    const known = completeShape(shape, this.shape, this.size);
    return sameShape(known, this.shape) ? this : this.apply('reshape', [this], { shape: known });
  }

  /** Dims `startDim` to `endDim` become one. */
  flatten(startDim: number = 0, endDim: number = -1): this {
    if (this.rank === 0) return this.reshape([1]);
    const from = normalizeDim('flatten', startDim, this.rank);
    const to = normalizeDim('flatten', endDim, this.rank);
    if (to < from) throw new ShapeError(`flatten: startDim must not come after endDim; got ${startDim} and ${endDim}`);
    const merged = sizeOf(this.shape.slice(from, to + 1));
    return this.reshape([...this.shape.slice(0, from), merged, ...this.shape.slice(to + 1)]);
  }

  /** One dim becomes several of these sizes, of which one may be −1. */
  unflatten(dim: number, sizes: Shape): this {
    const d = normalizeDim('unflatten', dim, this.rank);
    const n = this.shape[d]!;
    const known = sizeOf(sizes.filter((size) => size !== -1));
    const open = sizes.includes(-1);
    const whole =
      sizes.every((size) => Number.isInteger(size) && size >= -1) && sizes.indexOf(-1) === sizes.lastIndexOf(-1);
    if (sizes.length === 0 || !whole || (open ? known === 0 || n % known !== 0 : known !== n)) {
      throw new ShapeError(
        `unflatten: the sizes must multiply to dim ${d} (one of them may be −1); got ${shapeText(sizes)} for ${n} elements`,
      );
    }
    const inner = sizes.map((size) => (size === -1 ? n / known : size));
    return this.reshape([...this.shape.slice(0, d), ...inner, ...this.shape.slice(d + 1)]);
  }

  /** The dims in another order. */
  permute(order: readonly number[]): this {
    const dims = order.map((d) => normalizeDim('permute', d, this.rank));
    return this.apply('permute', [this], { order: dims });
  }

  /** Two dims swapped, the last two if none are named. */
  transpose(dim0: number = -2, dim1: number = -1): this {
    const a = normalizeDim('transpose', dim0, this.rank);
    const b = normalizeDim('transpose', dim1, this.rank);
    const order = this.shape.map((_, d) => (d === a ? b : d === b ? a : d));
    return this.apply('permute', [this], { order });
  }

  /** Dims moved to other places; the rest keep their order. */
  moveDim(source: number | readonly number[], destination: number | readonly number[]): this {
    const from = normalizeDims('moveDim', source, this.rank);
    const to = normalizeDims('moveDim', destination, this.rank);
    if (from.length !== to.length) {
      throw new ShapeError(`moveDim: needs as many sources as destinations; got ${from.length} and ${to.length}`);
    }
    const rest = this.shape.map((_, d) => d).filter((d) => !from.includes(d));
    const order = this.shape.map((_, d) => (to.includes(d) ? from[to.indexOf(d)]! : rest.shift()!));
    return this.permute(order);
  }

  /** Dims of size 1 repeated, without a copy; −1 keeps a size; new dims come in front. */
  expand(shape: Shape): this {
    const added = shape.length - this.rank;
    const full = shape.some((n) => n === -1)
      ? shape.map((n, d) => (n === -1 && d >= added ? this.shape[d - added]! : n))
      : shape;
    return sameShape(full, this.shape) ? this : this.apply('expand', [this], { shape: full });
  }

  /** Without the dims of size 1, or without these; a named dim of another size is an error. */
  squeeze(dim?: number | readonly number[]): this {
    if (dim === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const dims = normalizeDims('squeeze', dim, this.rank);
    for (const d of dims) {
      if (this.shape[d] !== 1)
        throw new ShapeError(`squeeze: dim ${d} has size ${this.shape[d]}, not 1; got ${shapeText(this.shape)}`);
    }
    return this.reshape(this.shape.filter((_, d) => !dims.includes(d)));
  }

  /** With a new dim of size 1 at `dim`. */
  unsqueeze(dim: number): this {
    const d = normalizeDim('unsqueeze', dim, this.rank + 1);
    return this.reshape([...this.shape.slice(0, d), 1, ...this.shape.slice(d)]);
  }

  /**
   * Part of each dim, without a copy. Per dim: an index, `[start, stop, step]` (open ends as null or missing, negatives
   * count from the back, a negative step walks backwards), or null for all of it.
   * @example x.slice(0, [1, 3], [null, null, -1]) // x[0, 1:3, ::-1]
   */
  slice(...ranges: readonly Range[]): this {
    if (ranges.length > this.rank) {
      throw new ShapeError(
        `slice: more ranges than dims; got ${ranges.length} ranges for a tensor of shape ${shapeText(this.shape)}`,
      );
    }
    const bounds = this.shape.map((n, d) => boundsOf(ranges[d], n, d));
    const out = this.apply('slice', [this], {
      starts: bounds.map((b) => b[0]),
      stops: bounds.map((b) => b[1]),
      steps: bounds.map((b) => b[2]),
    });
    const picked = ranges.map((r) => typeof r === 'number');
    return picked.includes(true) ? out.reshape(out.shape.filter((_, d) => !picked[d])) : out;
  }

  /** `length` neighbours of one dim, from `start` on. */
  narrow(dim: number, start: number, length: number): this {
    const d = normalizeDim('narrow', dim, this.rank);
    const n = this.shape[d]!;
    const from = start < 0 ? start + n : start;
    if (!Number.isInteger(from) || !Number.isInteger(length) || from < 0 || length < 0 || from + length > n) {
      throw new ShapeError(`narrow: outside dim ${d}; got start ${start} and length ${length} of ${n} elements`);
    }
    return this.slice(...this.shape.map((_, k): Range => (k === d ? [from, from + length] : null)));
  }

  /** One index of one dim; the dim goes away. */
  select(dim: number, index: number): this {
    const d = normalizeDim('select', dim, this.rank);
    return this.slice(...this.shape.map((_, k): Range => (k === d ? index : null)));
  }

  /** These dims backwards, all if none are named. */
  flip(dims?: number | readonly number[]): this {
    const flipped = normalizeDims('flip', dims, this.rank);
    return this.slice(...this.shape.map((_, d): Range => (flipped.includes(d) ? [null, null, -1] : null)));
  }

  /** The tensor repeated along each dim; more repeats than dims add dims in front. */
  repeat(repeats: readonly number[]): this {
    if (repeats.length < this.rank || repeats.some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ShapeError(
        `repeat: needs a whole number of at least 0 per dim; got ${shapeText(repeats)} for ${shapeText(this.shape)}`,
      );
    }
    const shape = [...new Array<number>(repeats.length - this.rank).fill(1), ...this.shape];
    const once = shape.flatMap((n) => [1, n]);
    const times = shape.flatMap((n, d) => [repeats[d]!, n]);
    return this.reshape(once)
      .expand(times)
      .reshape(shape.map((n, d) => n * repeats[d]!));
  }

  /** Parts of `size` along `dim` (the last may be smaller), or of the given sizes. */
  split(size: number | readonly number[], dim: number = 0): this[] {
    const d = normalizeDim('split', dim, this.rank);
    const n = this.shape[d]!;
    const sizes = typeof size === 'number' ? equalSizes(n, size) : size;
    if (sizes.reduce((sum, s) => sum + s, 0) !== n) {
      throw new ShapeError(`split: the sizes must add up to dim ${d}; got ${shapeText(sizes)} for ${n} elements`);
    }
    let start = 0;
    return sizes.map((length) => {
      start += length;
      return this.narrow(d, start - length, length);
    });
  }

  /** At most `count` parts of one size (the last may be smaller) along `dim`. */
  chunk(count: number, dim: number = 0): this[] {
    const d = normalizeDim('chunk', dim, this.rank);
    if (!Number.isInteger(count) || count < 1) throw new ShapeError(`chunk: needs a count of at least 1; got ${count}`);
    return this.split(Math.max(1, Math.ceil(this.shape[d]! / count)), d);
  }

  /** The slices along `dim`, without it. */
  unbind(dim: number = 0): this[] {
    const d = normalizeDim('unbind', dim, this.rank);
    return Array.from({ length: this.shape[d]! }, (_, i) => this.select(d, i));
  }

  /** The elements moved by `shifts` along the dims, those that fall off come back at the other end; without dims, flat. */
  roll(shifts: number | readonly number[], dims?: number | readonly number[]): this {
    if (dims === undefined) return this.flatten().roll(shifts, 0).reshape(this.shape);
    const along = normalizeDims('roll', dims, this.rank);
    const by = typeof shifts === 'number' ? along.map(() => shifts) : shifts;
    if (by.length !== along.length || !by.every(Number.isInteger)) {
      throw new ShapeError(`roll: needs one whole shift per dim; got ${shapeText(by)} for ${along.length} dims`);
    }
    return along.reduce((x: this, d, i) => x.rollDim(by[i]!, d), this);
  }

  private rollDim(shift: number, d: number): this {
    const n = this.shape[d]!;
    const by = n === 0 ? 0 : ((shift % n) + n) % n;
    return by === 0 ? this : this.join([this.narrow(d, n - by, by), this.narrow(d, 0, n - by)], d);
  }

  /** The elements `[i, i + offset]` of two dims, as a new last dim. */
  diagonal({ offset = 0, dim1 = 0, dim2 = 1 }: DiagonalOptions = {}): this {
    const a = normalizeDim('diagonal', dim1, this.rank);
    const b = normalizeDim('diagonal', dim2, this.rank);
    if (a === b) throw new ShapeError(`diagonal: needs two different dims; got ${dim1} and ${dim2}`);
    const others = this.shape.map((_, d) => d).filter((d) => d !== a && d !== b);
    const rows = this.shape[a]!;
    const columns = this.shape[b]!;
    const count = Math.max(0, Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0)));
    const start = offset >= 0 ? offset : -offset * columns;
    const flat = this.permute([...others, a, b]).flatten(-2);
    const lead = others.map((): Range => null);
    if (count === 0) return flat.slice(...lead, [0, 0]);
    return flat.slice(...lead, [start, start + (count - 1) * (columns + 1) + 1, columns + 1]);
  }

  /** @internal Parts joined along `dim`, in the strongest of their dtypes; all other sizes must agree. */
  join(parts: readonly this[], dim: number): this {
    const first = parts[0]!;
    const d = normalizeDim('concat', dim, first.rank);
    const dtype = parts.reduce((known, x) => promote(known, x.dtype), first.dtype);
    const shape = [...first.shape];
    shape[d] = 0;
    const regions = parts.map((x) => {
      if (x.rank !== first.rank || x.shape.some((n, k) => k !== d && n !== first.shape[k])) {
        throw new ShapeError(
          `concat: all sizes but those of dim ${d} must be equal; got ${shapeText(first.shape)} and ${shapeText(x.shape)}`,
        );
      }
      const starts = shape.map((_, k) => (k === d ? shape[d]! : 0));
      shape[d]! += x.shape[d]!;
      return { starts, steps: shape.map(() => 1) };
    });
    const same = parts.map((x) => (x.dtype === dtype ? x : x.apply('cast', [x], { dtype })));
    return this.apply('place', same, { regions, shape });
  }
}

function completeShape(shape: Shape, from: Shape, size: number): Shape {
  const at = shape.indexOf(-1);
  if (at < 0) return shape;
  const rest = shape.reduce((product, n, d) => (d === at ? product : product * n), 1);
  const missing = rest === 0 ? 0 : size / rest;
  if (!Number.isInteger(missing) || shape.indexOf(-1, at + 1) >= 0) {
    throw new ShapeError(
      `reshape: the size −1 cannot be told; got ${shapeText(shape)} for ${shapeText(from)}; one −1 at most, and the rest must divide ${size}`,
    );
  }
  return shape.map((n, d) => (d === at ? missing : n));
}

function boundsOf(range: Range, n: number, dim: number): readonly [start: number, stop: number, step: number] {
  if (range === null || range === undefined) return [0, n, 1];
  if (typeof range === 'number') {
    const index = range < 0 ? range + n : range;
    if (!Number.isInteger(index) || index < 0 || index >= n) {
      throw new ShapeError(`slice: index ${range} is outside dim ${dim} of ${n} elements`);
    }
    return [index, index + 1, 1];
  }
  const step = range[2] ?? 1;
  if (!Number.isInteger(step) || step === 0)
    throw new ShapeError(`slice: the step of dim ${dim} must be a whole number other than 0; got ${step}`);
  const clamp = (bound: number | null | undefined, open: number, low: number, high: number): number =>
    bound === null || bound === undefined ? open : Math.min(Math.max(bound < 0 ? bound + n : bound, low), high);
  const forward = step > 0;
  const start = clamp(range[0], forward ? 0 : n - 1, forward ? 0 : -1, forward ? n : n - 1);
  const stop = clamp(range[1], forward ? n : -1, forward ? 0 : -1, forward ? n : n - 1);
  return [start, stop, step];
}

function equalSizes(n: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 1) throw new ShapeError(`split: needs a size of at least 1; got ${size}`);
  return Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) => Math.min(size, n - i * size));
}
