/** The tile of a matrix product: a few rows by two vectors of results, held in registers over k terms. */
import type { Code, Statement } from './code.ts';
import { countDown, define, type FunctionBuilder, type FunctionCode, increase, when } from './function.ts';
import { i32 } from './instruction.ts';
import { type FloatType, type Lanes, loadVector, storeVector } from './lanes.ts';

/** What a tile starts from. */
export const startAt = { zero: 0, sum: 1, columnBias: 2, rowBias: 3 } as const;

/** What is done with the finished results, vector by vector, in the function that is being built. */
export type Epilogue = (v: Code<'v128'>, f: FunctionBuilder) => Code<'v128'>;

/** The same of a single result. */
export type ScalarEpilogue = (x: Code<FloatType>, f: FunctionBuilder) => Code<FloatType>;

/** Vectors of results per row of a tile. */
export const vectors = 2;

/** Which tile. */
export interface TileOptions {
  readonly lanes: Lanes;
  readonly rows: number;
  /** Whether the left matrix is read by columns: element [m, k] at a + k·lda + m. */
  readonly columns: boolean;
  /** Whether the right matrix lies where it is, with `ldb` from row to row, or in a panel. */
  readonly inPlace: boolean;
  readonly epilogue: Epilogue | undefined;
}

/** The parameters of every tile. */
export const tileSignature = {
  a: 'i32',
  lda: 'i32',
  b: 'i32',
  ldb: 'i32',
  c: 'i32',
  ldc: 'i32',
  k: 'i32',
  start: 'i32',
  bias: 'i32',
  last: 'i32',
} as const;

/** A tile of results: `rows` × 2 vectors, k terms each. `last` says whether the epilogue is due. */
export function tile(name: string, { lanes, rows: count, columns, inPlace, epilogue }: TileOptions): FunctionCode {
  return define(name, tileSignature, (p, f) => {
    const { vector } = lanes;
    const { width, bytes } = lanes;
    const pointers = Array.from({ length: count }, (_, i) => (i === 0 || columns ? p.a : f.i32()));
    const sums = Array.from({ length: count }, () => f.many('v128', vectors));
    const right = f.many('v128', vectors);
    const left = f.v128();
    const at = f.i32();
    const each = (body: (i: number, j: number) => Statement): Statement[] =>
      sums.flatMap((row, i) => row.map((_, j) => body(i, j)));

    const advanceRows = columns ? [] : pointers.slice(1).map((q, i) => q.set(i32.add(pointers[i]!, p.lda)));
    const fromSum = [
      at.set(p.c),
      ...sums.flatMap((row, i) => [
        ...row.map((s, j) => s.set(loadVector(at, j * 16))),
        ...(i < count - 1 ? [increase(at, p.ldc)] : []),
      ]),
    ];
    const fromColumnBias = each((i, j) => sums[i]![j]!.set(i === 0 ? loadVector(p.bias, j * 16) : sums[0]![j]!));
    const fromRowBias = each((i, j) => sums[i]![j]!.set(j === 0 ? lanes.loadSplat(p.bias, i * bytes) : sums[i]![0]!));
    const begin = when(
      p.start,
      when(
        i32.eq(p.start, startAt.sum),
        fromSum,
        when(i32.eq(p.start, startAt.columnBias), fromColumnBias, fromRowBias),
      ),
    ); // locals are zero at first

    const term = (u: number): Statement[] => [
      ...right.map((r, j) => r.set(loadVector(p.b, (inPlace ? 0 : u * vectors * width * bytes) + j * 16))),
      ...(inPlace ? [increase(p.b, p.ldb)] : []),
      ...pointers.flatMap((q, i) => [
        left.set(lanes.loadSplat(q, columns ? i * bytes : u * bytes)),
        ...sums[i]!.map((s, j) => s.set(vector.add(s, vector.mul(left, right[j]!)))),
      ]),
      ...(columns ? [increase(p.a, p.lda)] : []),
    ];
    const advance = (terms: number): Statement[] => [
      ...(inPlace ? [] : [increase(p.b, terms * vectors * width * bytes)]),
      ...(columns ? [] : pointers.map((q) => increase(q, terms * bytes))),
    ];
    const unrolled = 4;
    return [
      ...advanceRows,
      begin,
      countDown(p.k, unrolled, [...Array.from({ length: unrolled }, (_, u) => term(u)).flat(), ...advance(unrolled)]),
      countDown(p.k, 1, [...term(0), ...advance(1)]),
      ...(epilogue
        ? [
            when(
              p.last,
              each((i, j) => sums[i]![j]!.set(epilogue(sums[i]![j]!, f))),
            ),
          ]
        : []),
      ...sums.flatMap((row, i) => [
        ...row.map((s, j) => storeVector(p.c, s, j * 16)),
        ...(i < count - 1 ? [increase(p.c, p.ldc)] : []),
      ]),
    ];
  });
}
