/** Matrices on the heap in every arrangement, with NaN around their elements, and the sums that products are. */
import type { Engine } from '../../../kernels/wasm/engine.ts';
import type { Dice } from '../operands.ts';

export type FloatDtype = 'float32' | 'float64';

/** How a matrix lies: by rows or columns, with or without gaps, or neither; backwards; all rows or columns the same. */
export const lies = [
  'rows',
  'gappedRows',
  'columns',
  'gappedColumns',
  'spread',
  'backwards',
  'sameRows',
  'sameColumns',
] as const;
export type Lie = (typeof lies)[number];

/** A matrix on the heap: element [i, j] lies at address + i·row + j·column (bytes). */
export interface Matrix {
  readonly address: number;
  readonly row: number;
  readonly column: number;
  /** Its elements in row-major order. */
  readonly values: Float64Array;
  readonly block: number;
}

/** Rounds to the dtype. */
export function rounder(dtype: FloatDtype): (x: number) => number {
  return dtype === 'float32' ? Math.fround : (x) => x;
}

export function bytesOf(dtype: FloatDtype): number {
  return dtype === 'float32' ? 4 : 8;
}

/** Strides in elements, and the index of element [0, 0]. */
function stridesOf(lie: Lie, rows: number, columns: number): readonly [row: number, column: number, first: number] {
  switch (lie) {
    case 'rows':
      return [columns, 1, 0];
    case 'gappedRows':
      return [columns + 3, 1, 1];
    case 'columns':
      return [1, rows, 0];
    case 'gappedColumns':
      return [1, rows + 5, 2];
    case 'spread':
      return [2 * columns + 1, 2, 1];
    case 'backwards':
      return [-columns, -1, Math.max(0, rows * columns - 1)];
    case 'sameRows':
      return [0, 1, 0];
    case 'sameColumns':
      return [1, 0, 0];
  }
}

/** Puts a matrix of `draw()`n elements on the heap; what lies around and between them is NaN. */
export function place(
  engine: Engine,
  dtype: FloatDtype,
  rows: number,
  columns: number,
  lie: Lie,
  draw: () => number,
): Matrix {
  const bytes = bytesOf(dtype);
  const [row, column, first] = stridesOf(lie, rows, columns);
  const size = first + Math.abs(row) * rows + Math.abs(column) * columns + 1;
  const block = engine.heap.allocate(size * bytes + 64); // kernels may read 64 bytes past an operand
  const all = engine.view(dtype, block, size);
  all.fill(Number.NaN);
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = first + i * row + j * column;
      if (Number.isNaN(all[at])) all[at] = draw(); // else it is there already, as another row or column
      values[i * columns + j] = all[at]!;
    }
  }
  return { address: block + first * bytes, row: row * bytes, column: column * bytes, values, block };
}

/** A place for results with guards around it and between its rows. */
export class Target {
  readonly address: number;
  readonly row: number;
  private readonly engine: Engine;
  private readonly dtype: FloatDtype;
  private readonly rows: number;
  private readonly columns: number;
  private readonly block: number;
  private readonly gap: number;

  constructor(engine: Engine, dtype: FloatDtype, rows: number, columns: number, gap: number) {
    this.engine = engine;
    this.dtype = dtype;
    this.rows = rows;
    this.columns = columns;
    this.gap = gap;
    const bytes = bytesOf(dtype);
    this.block = engine.heap.allocate((rows * (columns + gap) + 2 * margin) * bytes);
    this.address = this.block + margin * bytes;
    this.row = (columns + gap) * bytes;
    this.all().fill(guard);
  }

  /** The results; throws where something else was written. */
  take(): Float64Array {
    const all = this.all();
    const width = this.columns + this.gap;
    const out = new Float64Array(this.rows * this.columns);
    for (let at = 0; at < all.length; at++) {
      const [i, j] = [Math.floor((at - margin) / width), (at - margin) % width];
      const inside = at >= margin && i < this.rows && j < this.columns;
      if (inside) out[i * this.columns + j] = all[at]!;
      else if (all[at] !== guard) throw new Error(`something was written ${at - margin} elements behind the result`);
    }
    return out;
  }

  release(): void {
    this.engine.heap.release(this.block);
  }

  private all(): Float32Array | Float64Array {
    const size = this.rows * (this.columns + this.gap) + 2 * margin;
    return this.engine.view(this.dtype, this.block, size) as Float32Array | Float64Array;
  }
}

const margin = 24; // elements
const guard = -12345.5;

/** Whole numbers from −8 to 8: their products and sums are exact. */
export function smallWholes(dice: Dice): () => number {
  return () => dice.below(17) - 8;
}

/** Fractions of both signs and many sizes, and a few zeros. */
export function fractions(dice: Dice, dtype: FloatDtype): () => number {
  const round = rounder(dtype);
  return () => (dice.below(20) === 0 ? 0 : round((dice.next() - 0.5) * 2 ** (dice.below(12) - 6)));
}

/** What is summed first: element [i, j] of the result before its terms are added. */
export type Start = (i: number, j: number) => number;

/** Terms in the order of k, each product and each sum rounded. */
export function inOrder(
  a: Matrix,
  b: Matrix,
  m: number,
  n: number,
  k: number,
  dtype: FloatDtype,
  start: Start,
): Float64Array {
  const round = rounder(dtype);
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = start(i, j);
      for (let t = 0; t < k; t++) sum = round(sum + round(a.values[i * k + t]! * b.values[t * n + j]!));
      out[i * n + j] = sum;
    }
  }
  return out;
}

/** Terms in as many sums as a vector has lanes, these sums in pairs, the terms that are left, then the start. */
export function byLanes(
  a: Matrix,
  b: Matrix,
  m: number,
  n: number,
  k: number,
  dtype: FloatDtype,
  start: Start,
): Float64Array {
  const round = rounder(dtype);
  const width = dtype === 'float32' ? 4 : 2;
  const whole = k - (k % width);
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const term = (t: number): number => round(a.values[i * k + t]! * b.values[t * n + j]!);
      const lanes = new Array<number>(width).fill(0);
      for (let t = 0; t < whole; t++) lanes[t % width] = round(lanes[t % width]! + term(t));
      let sum =
        width === 2 ? lanes[0]! + lanes[1]! : round(round(lanes[0]! + lanes[2]!) + round(lanes[1]! + lanes[3]!));
      for (let t = whole; t < k; t++) sum = round(sum + term(t));
      out[i * n + j] = start === noStart ? sum : round(sum + start(i, j));
    }
  }
  return out;
}

export const noStart: Start = () => 0;

/** The first element that differs, NaN being NaN and zeros equal. */
export function firstDifference(got: Float64Array, expected: Float64Array): string | undefined {
  for (let i = 0; i < expected.length; i++) {
    const [x, y] = [got[i]!, expected[i]!];
    if (x !== y && !(Number.isNaN(x) && Number.isNaN(y))) return `element ${i}: got ${x}, expected ${y}`;
  }
  return got.length === expected.length ? undefined : `got ${got.length} elements, expected ${expected.length}`;
}
