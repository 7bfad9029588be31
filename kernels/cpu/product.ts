/**
 * The inner products behind matmul and convolution, over factors that lie anywhere.
 *
 * Each result is Σₖ left[r, k] · right[c, k], added up in double precision in the order of k and rounded once at the
 * end; int32 wraps. Blocks of both factors are packed into panels of doubles that a tile of 3 × 4 results walks.
 */
import type { TypedArray } from '../../src/core/dtype.ts';

/** A factor: element [r, k] is `data[at + rows[r] + ks[k]]`. */
export interface Factor {
  readonly data: TypedArray;
  at: number;
  readonly rows: Int32Array;
  readonly ks: Int32Array;
}

/** The results: element [r, c] goes to `data[at + rows[r] + columns[c]]`. */
export interface Result {
  readonly data: TypedArray;
  at: number;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

const tileRows = 3;
const tileColumns = 4;
const blockRows = 192;
const blockColumns = 256;
const blockDepth = 256;

/** Writes the m × n products of the first m rows of `left` with the first n of `right`, each over k terms. */
export function product(m: number, n: number, k: number, left: Factor, right: Factor, out: Result): void {
  if (m === 0 || n === 0) return;
  if (out.data instanceof Int32Array) integers(m, n, k, left, right, out);
  else if (n <= 2) for (let c = 0; c < n; c++) vector(m, k, left, right, c, out, out.at + out.columns[c]!, out.rows);
  else if (m <= 2) for (let r = 0; r < m; r++) vector(n, k, right, left, r, out, out.at + out.rows[r]!, out.columns);
  else blocks(m, n, k, left, right, out);
}

function blocks(m: number, n: number, k: number, left: Factor, right: Factor, out: Result): void {
  const depth = Math.min(k, blockDepth);
  leftPanels = grown(leftPanels, Math.min(m + tileRows, blockRows) * depth);
  rightPanels = grown(rightPanels, Math.min(n + tileColumns, blockColumns) * depth);
  sums = grown(sums, Math.min(m + tileRows, blockRows) * Math.min(n + tileColumns, blockColumns));
  for (let c = 0; c < n; c += blockColumns) {
    const width = Math.min(blockColumns, n - c);
    for (let r = 0; r < m; r += blockRows) {
      const height = Math.min(blockRows, m - r);
      const pitch = Math.ceil(width / tileColumns) * tileColumns;
      sums.fill(0, 0, Math.ceil(height / tileRows) * tileRows * pitch);
      for (let from = 0; from < k; from += blockDepth) {
        const terms = Math.min(blockDepth, k - from);
        pack(left, r, height, from, terms, tileRows, leftPanels);
        // one block of the right factor serves all blocks of the left if it holds all of k
        if (r === 0 || k > blockDepth) pack(right, c, width, from, terms, tileColumns, rightPanels);
        tiles(height, pitch, terms);
      }
      store(out, r, height, c, width, pitch);
    }
  }
}

// Scratch that all products share; no larger than one block of each.
let leftPanels = new Float64Array(0);
let rightPanels = new Float64Array(0);
let sums = new Float64Array(0);
const vectorLimit = blockColumns * blockDepth;

function grown(scratch: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  return scratch.length >= size ? scratch : new Float64Array(size);
}

/** Panels of `lanes` rows, their terms interleaved; lanes without a row keep what they held, and no one stores it. */
function pack(
  factor: Factor,
  row: number,
  count: number,
  from: number,
  terms: number,
  lanes: number,
  panels: Float64Array,
): void {
  const whole = lanes === tileRows ? packThree : packFour;
  let o = 0;
  let r = 0;
  for (; r + lanes <= count; r += lanes, o += lanes * terms) whole(factor, row + r, from, terms, panels, o);
  for (let lane = 0; r < count; r++, lane++) packOne(factor, row + r, from, terms, panels, o + lane, lanes);
}

function packThree(factor: Factor, row: number, from: number, terms: number, panels: Float64Array, o: number): void {
  const { data, at, rows, ks } = factor;
  const [r0, r1, r2] = [at + rows[row]!, at + rows[row + 1]!, at + rows[row + 2]!];
  for (let k = from; k < from + terms; k++, o += 3) {
    const term = ks[k]!;
    panels[o] = data[r0 + term]!;
    panels[o + 1] = data[r1 + term]!;
    panels[o + 2] = data[r2 + term]!;
  }
}

function packFour(factor: Factor, row: number, from: number, terms: number, panels: Float64Array, o: number): void {
  const { data, at, rows, ks } = factor;
  const [r0, r1] = [at + rows[row]!, at + rows[row + 1]!];
  const [r2, r3] = [at + rows[row + 2]!, at + rows[row + 3]!];
  for (let k = from; k < from + terms; k++, o += 4) {
    const term = ks[k]!;
    panels[o] = data[r0 + term]!;
    panels[o + 1] = data[r1 + term]!;
    panels[o + 2] = data[r2 + term]!;
    panels[o + 3] = data[r3 + term]!;
  }
}

function packOne(
  { data, at, rows, ks }: Factor,
  row: number,
  from: number,
  terms: number,
  panels: Float64Array,
  o: number,
  lanes: number,
): void {
  const base = at + rows[row]!;
  for (let k = from; k < from + terms; k++, o += lanes) panels[o] = data[base + ks[k]!]!;
}

function tiles(height: number, pitch: number, terms: number): void {
  for (let c = 0; c < pitch; c += tileColumns) {
    for (let r = 0; r < height; r += tileRows) {
      tile(leftPanels, r * terms, rightPanels, c * terms, terms, sums, r * pitch + c, pitch);
    }
  }
}

/** Adds `terms` terms to a tile of 3 × 4 sums; twelve sums and the factors fit the registers. */
function tile(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  terms: number,
  out: Float64Array,
  at: number,
  pitch: number,
): void {
  const second = at + pitch;
  const third = second + pitch;
  let [s00, s01, s02, s03] = [out[at]!, out[at + 1]!, out[at + 2]!, out[at + 3]!];
  let [s10, s11, s12, s13] = [out[second]!, out[second + 1]!, out[second + 2]!, out[second + 3]!];
  let [s20, s21, s22, s23] = [out[third]!, out[third + 1]!, out[third + 2]!, out[third + 3]!];
  for (let k = 0; k < terms; k++, i += 3, j += 4) {
    const a0 = a[i]!;
    const a1 = a[i + 1]!;
    const a2 = a[i + 2]!;
    const b0 = b[j]!;
    s00 += a0 * b0;
    s10 += a1 * b0;
    s20 += a2 * b0;
    const b1 = b[j + 1]!;
    s01 += a0 * b1;
    s11 += a1 * b1;
    s21 += a2 * b1;
    const b2 = b[j + 2]!;
    s02 += a0 * b2;
    s12 += a1 * b2;
    s22 += a2 * b2;
    const b3 = b[j + 3]!;
    s03 += a0 * b3;
    s13 += a1 * b3;
    s23 += a2 * b3;
  }
  write(out, at, s00, s01, s02, s03);
  write(out, second, s10, s11, s12, s13);
  write(out, third, s20, s21, s22, s23);
}

function write(out: Float64Array, at: number, a: number, b: number, c: number, d: number): void {
  out[at] = a;
  out[at + 1] = b;
  out[at + 2] = c;
  out[at + 3] = d;
}

function store(out: Result, row: number, height: number, column: number, width: number, pitch: number): void {
  const { data, at, rows, columns } = out;
  for (let r = 0; r < height; r++) {
    const base = at + rows[row + r]!;
    for (let c = 0; c < width; c++) data[base + columns[column + c]!] = sums[r * pitch + c]!;
  }
}

/** All rows of `matrix` with one row of `other`: nothing is packed but that row. */
function vector(
  count: number,
  k: number,
  matrix: Factor,
  other: Factor,
  row: number,
  out: Result,
  at: number,
  places: Int32Array,
): void {
  if (k <= vectorLimit) rightPanels = grown(rightPanels, k);
  const v = k <= vectorLimit ? rightPanels : new Float64Array(k);
  const start = other.at + other.rows[row]!;
  for (let i = 0; i < k; i++) v[i] = other.data[start + other.ks[i]!]!;
  const { rows, at: base } = matrix;
  let r = 0;
  for (; r + 8 <= count; r += 8) eightRows(matrix, r, v, k, out.data, at, places);
  for (; r < count; r++) {
    const from = base + rows[r]!;
    let sum = 0;
    for (let i = 0; i < k; i++) sum += matrix.data[from + matrix.ks[i]!]! * v[i]!;
    out.data[at + places[r]!] = sum;
  }
}

/** Eight sums at once hide the time that one addition takes. */
function eightRows(
  matrix: Factor,
  row: number,
  v: Float64Array,
  terms: number,
  out: TypedArray,
  at: number,
  places: Int32Array,
): void {
  const { data, rows, ks, at: base } = matrix;
  const [r0, r1] = [base + rows[row]!, base + rows[row + 1]!];
  const [r2, r3] = [base + rows[row + 2]!, base + rows[row + 3]!];
  const [r4, r5] = [base + rows[row + 4]!, base + rows[row + 5]!];
  const [r6, r7] = [base + rows[row + 6]!, base + rows[row + 7]!];
  let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < terms; i++) {
    const k = ks[i]!;
    const x = v[i]!;
    s0 += data[r0 + k]! * x;
    s1 += data[r1 + k]! * x;
    s2 += data[r2 + k]! * x;
    s3 += data[r3 + k]! * x;
    s4 += data[r4 + k]! * x;
    s5 += data[r5 + k]! * x;
    s6 += data[r6 + k]! * x;
    s7 += data[r7 + k]! * x;
  }
  out[at + places[row]!] = s0;
  out[at + places[row + 1]!] = s1;
  out[at + places[row + 2]!] = s2;
  out[at + places[row + 3]!] = s3;
  out[at + places[row + 4]!] = s4;
  out[at + places[row + 5]!] = s5;
  out[at + places[row + 6]!] = s6;
  out[at + places[row + 7]!] = s7;
}

function integers(m: number, n: number, k: number, left: Factor, right: Factor, out: Result): void {
  for (let r = 0; r < m; r++) {
    const a = left.at + left.rows[r]!;
    for (let c = 0; c < n; c++) {
      const b = right.at + right.rows[c]!;
      let sum = 0;
      for (let i = 0; i < k; i++) {
        sum = (sum + Math.imul(left.data[a + left.ks[i]!]!, right.data[b + right.ks[i]!]!)) | 0;
      }
      out.data[out.at + out.rows[r]! + out.columns[c]!] = sum;
    }
  }
}
