/** Indexing: reading and writing by index tensors, ordering, masks and padding. */
import { promote } from '../core/dtype.ts';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../core/errors.ts';
import { explaining } from '../core/explanation.ts';
import { add, input, le, lt, mul, scalar, sub, where } from '../core/expression.ts';
import { type Formula, formulaOf } from '../core/formula.ts';
import { broadcastShapes, normalizeDim, type Shape, sameShape, shapeText, sizeOf } from '../core/shape.ts';
import { LinearAlgebra } from './linalg.ts';
import type { Literal } from './literal.ts';
import type { Range } from './movement.ts';
import type { Extremes } from './reduce.ts';
import type { Value } from './value.ts';

/** Elements before and after a dim; negative ones crop. */
export type Padding = readonly [before: number, after: number];

/** Options of `pad`. */
export interface PadOptions {
  readonly mode?: 'constant' | 'reflect' | 'replicate' | 'circular';
  /** What a constant padding holds. */
  readonly value?: number;
}

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  readonly dim?: number;
  readonly descending?: boolean;
}

/** Options of `topK`. */
export interface TopKOptions {
  readonly dim?: number;
  readonly largest?: boolean;
}

// index formulas: scalars are the size of the dim and its stride in the flattened dims
const i = input(0);
const size = scalar(0);
const wrapped = where(lt(i, 0), add(i, size), i);
const wrap: Formula = formulaOf(wrapped, 1);
/** Far below 0 where the index is outside, so that the gather refuses the sum with other dims' indices too. */
const offset: Formula = formulaOf(
  where(lt(wrapped, 0), -(2 ** 28), where(le(size, i), -(2 ** 28), mul(wrapped, scalar(1)))),
  1,
);
const keepBelow: Formula = formulaOf(le(sub(input(1), i), size), 2);

export abstract class Indexing extends LinearAlgebra {
  /** The elements `x[.., index, ..]` along `dim`; the index (int32) has the result's shape. */
  gather(dim: number, index: this | Literal): this {
    const at = this.lift('gather', index, 'int32');
    return this.apply('gather', [this, at], { dim: normalizeDim('gather', dim, this.rank) });
  }

  /** This tensor with each element of `source` added at its index along `dim`; equal indices add up. */
  scatterAdd(dim: number, index: this | Literal, source: this | Literal): this {
    const d = normalizeDim('scatterAdd', dim, this.rank);
    const at = this.lift('scatterAdd', index, 'int32');
    const from = this.lift('scatterAdd', source);
    if (
      at.rank !== this.rank ||
      from.rank !== this.rank ||
      at.shape.some((n, k) => n > from.shape[k]! || (k !== d && n > this.shape[k]!))
    ) {
      throw new ShapeError(
        `scatterAdd: index ${shapeText(at.shape)} does not fit source ${shapeText(from.shape)} and tensor ${shapeText(this.shape)}; ranks must be equal and no dim of the index larger (dim ${d} of the tensor excepted)`,
      );
    }
    const part = from.slice(...at.shape.map((n): Range => [0, n])).cast(this.dtype);
    const added = this.apply('scatterAdd', [part, at], { dim: d, size: this.shape[d]! });
    return this.add(
      sameShape(added.shape, this.shape) ? added : added.pad(this.shape.map((n, k) => [0, n - added.shape[k]!])),
    );
  }

  /** The slices at these indices (a vector; negatives count from the back) along `dim`. */
  indexSelect(dim: number, index: this | Literal): this {
    const d = normalizeDim('indexSelect', dim, this.rank);
    const at = this.lift('indexSelect', index, 'int32');
    if (at.rank !== 1)
      throw new ShapeError(`indexSelect: the index must be a vector; got shape ${shapeText(at.shape)}`);
    checkIndexDtype('indexSelect', at);
    return this.rowsAt(d, at.apply('map', [at], { formula: wrap, scalars: [this.shape[d]!] }));
  }

  /** Slices along dim d at a vector of indices. */
  private rowsAt(d: number, at: this): this {
    const count = at.shape[0]!;
    const shape = this.shape.map((n, k) => (k === d ? count : n));
    const spread = at.reshape(shape.map((_, k) => (k === d ? count : 1))).expand(shape);
    return this.apply('gather', [this, spread], { dim: d });
  }

  /**
   * Advanced indexing as in NumPy: per dim an index tensor or null for all of it. The indices broadcast together; their dims
   * stand where the indexed dims were if those are neighbours, else in front. Negatives count from the back.
   */
  index(...indices: readonly (this | Literal | null)[]): this {
    const dims = indices.flatMap((at, d) => (at === null ? [] : [d]));
    if (indices.length > this.rank || dims.length === 0) {
      throw new ShapeError(
        `index: takes at least one index and at most one per dim; got ${indices.length} for ${shapeText(this.shape)}`,
      );
    }
    const tensors = dims.map((d) => this.lift('index', indices[d] as this | Literal, 'int32'));
    for (const at of tensors) checkIndexDtype('index', at);
    const shape = tensors.reduce((known: Shape, at) => broadcastShapes('index', known, at.shape), []);
    const neighbours = dims.every((d, k) => k === 0 || d === dims[k - 1]! + 1);
    const others = this.shape.map((_, d) => d).filter((d) => !dims.includes(d));
    const front = neighbours ? others.filter((d) => d < dims[0]!) : [];
    const back = others.filter((d) => !front.includes(d));
    const sizes = (group: readonly number[]): number[] => group.map((d) => this.shape[d]!);
    const flat = this.permute([...front, ...dims, ...back]).reshape([
      ...sizes(front),
      sizeOf(sizes(dims)),
      ...sizes(back),
    ]);
    const positions = tensors
      .map((at, k) => {
        const scalars = [this.shape[dims[k]!]!, sizeOf(sizes(dims.slice(k + 1)))];
        return at.expand(shape).apply('map', [at.expand(shape)], { formula: offset, scalars });
      })
      .reduce((sum, at) => sum.add(at));
    const rows = withAdvice(
      () => flat.rowsAt(front.length, positions.reshape([-1])),
      () => `index: an index is outside its dim of ${shapeText(this.shape)}; each must be from -size to size - 1`,
    );
    return rows.reshape([...sizes(front), ...shape, ...sizes(back)]);
  }

  /** Rows of this table [V, D] at indices of any shape [..] → [.., D]; the row `paddingIndex` gets no gradient. */
  embedding(index: this | Literal, { paddingIndex }: { readonly paddingIndex?: number } = {}): this {
    if (this.rank !== 2)
      throw new ShapeError(`embedding: the table must be [count, size]; got shape ${shapeText(this.shape)}`);
    const at = this.lift('embedding', index, 'int32');
    checkIndexDtype('embedding', at);
    const flat = at.reshape([-1]);
    const rows = withAdvice(
      () => this.rowsAt(0, flat),
      (found) => `embedding: the table has ${this.shape[0]} rows; ${found}`,
    );
    const masked = paddingIndex === undefined ? rows : flat.eq(paddingIndex).unsqueeze(1).choose(rows.detach(), rows);
    return masked.reshape([...at.shape, this.shape[1]!]);
  }

  /** 1 at each element's index in a new last dim of `count`, else 0; int32. */
  oneHot(count: number): this {
    checkIndexDtype('oneHot', this);
    if (!Number.isInteger(count) || count < 1)
      throw new ArgumentError(`oneHot: needs a count of at least 1; got ${count}`);
    const at = this.unsqueeze(-1);
    const ones = this.filled(at.shape, 1, 'int32');
    return withAdvice(
      () => this.apply('scatterAdd', [ones, at], { dim: this.rank, size: count }),
      (found) => `oneHot: a label is outside the ${count} classes, 0 to ${count - 1}; give a larger count (${found})`,
    );
  }

  /** The indices (int32) that sort along `dim`; equal elements keep their order, NaN is the greatest. */
  argsort({ dim = -1, descending = false }: SortOptions = {}): this {
    if (this.rank === 0) return this.filled([], 0, 'int32');
    return this.apply('argsort', [this], { dim: normalizeDim('argsort', dim, this.rank), descending });
  }

  /** Sorted along `dim`, and where each element was. */
  sort({ dim = -1, descending = false }: SortOptions = {}): Extremes<this> {
    const indices = this.argsort({ dim, descending });
    return { values: this.rank === 0 ? this : this.gather(dim, indices), indices };
  }

  /** The k greatest (or least) along `dim`, sorted, and where they were. */
  topK(k: number, { dim = -1, largest = true }: TopKOptions = {}): Extremes<this> {
    const d = normalizeDim('topK', dim, this.rank);
    if (!Number.isInteger(k) || k < 0 || k > this.shape[d]!) {
      throw new ShapeError(`topK: k must be from 0 to the size of dim ${d}, ${this.shape[d]}; got ${k}`);
    }
    const indices = this.argsort({ dim: d, descending: largest }).narrow(d, 0, k);
    return { values: this.gather(d, indices), indices };
  }

  /** The last two dims on and below the given diagonal, 0 above. */
  tril(diagonal: number = 0): this {
    return this.belowDiagonal('tril', diagonal).choose(this, 0);
  }

  /** The last two dims on and above the given diagonal, 0 below. */
  triu(diagonal: number = 0): this {
    return this.belowDiagonal('triu', diagonal - 1).choose(0, this);
  }

  private belowDiagonal(where: string, diagonal: number): this {
    if (this.rank < 2) throw new ShapeError(`${where}: needs at least 2 dims; got shape ${shapeText(this.shape)}`);
    const shape = this.shape.slice(-2);
    const row = this.counting(shape, 0, 'int32');
    const column = this.counting(shape, 1, 'int32');
    return row.apply('map', [row, column], { formula: keepBelow, scalars: [diagonal] });
  }

  /** A vector as a diagonal of a square matrix of zeros, or the diagonal of a matrix as a vector. */
  diag(diagonal: number = 0): this {
    if (this.rank === 2) return this.diagonal({ offset: diagonal });
    if (this.rank !== 1) throw new ShapeError(`diag: takes a vector or a matrix; got shape ${shapeText(this.shape)}`);
    const n = this.shape[0]! + Math.abs(diagonal);
    const start = diagonal >= 0 ? diagonal : -diagonal * n;
    const region = { starts: [start], steps: [n + 1] };
    return this.apply('place', [this], { regions: [region], shape: [n * n] }).reshape([n, n]);
  }

  /**
   * Elements added around the last `padding.length` dims, given in order of the dims.
   * @example x.pad([[1, 1], [2, 2]]) // one row above and below, two columns left and right
   */
  pad(padding: readonly Padding[], { mode = 'constant', value = 0 }: PadOptions = {}): this {
    if (padding.length > this.rank || padding.some((p) => p.length !== 2 || !p.every(Number.isInteger))) {
      throw new ShapeError(`pad: needs [before, after] per dim, at most ${this.rank}; got ${JSON.stringify(padding)}`);
    }
    const all = [...this.shape.slice(padding.length).map((): Padding => [0, 0]), ...padding];
    if (all.every(([before, after]) => before === 0 && after === 0)) return this;
    if (mode === 'constant') return this.padWith(all, value);
    if (mode !== 'reflect' && mode !== 'replicate' && mode !== 'circular') {
      throw new ArgumentError(`pad: the mode must be constant, reflect, replicate or circular; got ${String(mode)}`);
    }
    return all.reduce((x: this, [before, after], d) => {
      if (before === 0 && after === 0) return x;
      return x.rowsAt(d, x.lift('pad', Int32Array.from(mirrorIndices(mode, x.shape[d]!, before, after)), 'int32'));
    }, this);
  }

  private padWith(all: readonly Padding[], value: number): this {
    const crop = this.slice(
      ...this.shape.map((n, d): Range => [Math.max(0, -all[d]![0]), n - Math.max(0, -all[d]![1])]),
    );
    if (all.every(([before, after]) => before <= 0 && after <= 0)) return crop;
    const starts = all.map(([before]) => Math.max(0, before));
    const shape = crop.shape.map((n, d) => starts[d]! + n + Math.max(0, all[d]![1]));
    const params = { regions: [{ starts, steps: shape.map(() => 1) }], shape };
    const placed = this.apply('place', [crop], params);
    if (value === 0) return placed;
    const inside = this.apply('place', [this.filled(crop.shape, 1, 'bool')], params);
    return inside.choose(placed, value);
  }
}

function checkIndexDtype(where: string, index: Value): void {
  if (promote(index.dtype, 'int32') !== 'int32' || index.dtype === 'bool') {
    throw new DtypeError(`${where}: the index must be int32; got ${index.dtype}; use .int32()`);
  }
}

/** Where a kernel refuses an index, the error names the method instead. */
function withAdvice<R>(f: () => R, message: (found: string) => string): R {
  return explaining(f, (error) => new IndexError(message(error.message), { cause: error }));
}

/** The index that each padded position reads. */
function mirrorIndices(mode: 'reflect' | 'replicate' | 'circular', n: number, before: number, after: number): number[] {
  const most = mode === 'reflect' ? n - 1 : mode === 'circular' ? n : Infinity;
  if (n === 0 || before > most || after > most) {
    throw new ShapeError(
      `pad: ${mode} padding of ${before} and ${after} is too much; got ${n} elements; ${n === 0 ? 'there must be one' : `it takes at most ${most}`}`,
    );
  }
  return Array.from({ length: Math.max(0, before + n + after) }, (_, k) => {
    const at = k - before;
    if (mode === 'circular') return (at + n) % n;
    if (mode === 'replicate') return Math.min(Math.max(at, 0), n - 1);
    return at < 0 ? -at : at >= n ? 2 * (n - 1) - at : at;
  });
}
