/** Matrix products on the heap: which kernel serves which strides, and the shares of threads. */
import { addDot } from './dot.ts';
import type { Engine } from './engine.ts';
import { addGemm, type GemmWay, type LeftWay, type RightWay, workspaceOf } from './gemm.ts';
import { float32, float64, type Lanes } from './lanes.ts';
import type { SharedModule } from './threads.ts';
import { startAt, vectors } from './tile.ts';

/** Products of one size: addresses per batch, and strides in bytes. c is row-major with `cRow` from row to row. */
export interface Product {
  readonly dtype: 'float32' | 'float64';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: readonly number[];
  readonly aRow: number;
  readonly aTerm: number;
  readonly b: readonly number[];
  readonly bTerm: number;
  readonly bColumn: number;
  readonly c: readonly number[];
  readonly cRow: number;
  /** The address of n numbers that are added to each row. */
  readonly bias?: number;
}

const smallRight = 400 * 1024; // bytes of a right matrix that stays in the second cache: no need to pack it
const longStride = 2048; // bytes between terms from which reading a column costs a page or cache set each
const leastShare = 500_000; // multiplications that are worth waking a thread

/** c = a·b for every batch. The choice of kernel depends on the whole product only, never on the share. */
export function matmul(engine: Engine, product: Product): void {
  const lanes = product.dtype === 'float32' ? float32 : float64;
  const { m, n, k } = product;
  if (m === 0 || n === 0) return;
  const work = product.c.length * m * n * k;
  const parts = Math.min(engine.threads.count * (product.c.length > 1 ? 4 : 1), Math.floor(work / leastShare));
  if (usesDot(product, lanes)) {
    const module = engine.module(`dot ${product.dtype}`, (builder) => addDot(builder, 'dot', lanes));
    const calls = split(product, parts, lanes).map((part) => dotArguments(product, part, lanes));
    run(engine, module, 'dot', calls, parts > 1);
    return;
  }
  const way = { left: leftWayOf(product, lanes), right: rightWayOf(product, lanes) };
  const module = engine.module(`gemm ${product.dtype} ${way.left} ${way.right}`, (builder) =>
    addGemm(builder, 'gemm', lanes, way),
  );
  const list = split(product, parts, lanes);
  const { bytes } = workspaceOf(lanes, way, m, n, k);
  // parts that may run at the same time need a workspace each
  const shared = parts > 1 && list.length * bytes <= mostWorkspace;
  const calls = list.map((part, i) =>
    gemmArguments(product, part, lanes, way, engine.workspace(shared ? i : 0, bytes)),
  );
  run(engine, module, 'gemm', calls, shared);
}

const mostWorkspace = 64 * 1024 * 1024; // bytes

function run(
  { threads }: Engine,
  module: SharedModule,
  name: string,
  calls: readonly (readonly number[])[],
  shared: boolean,
): void {
  if (shared) threads.run(module, name, calls);
  else for (const args of calls) module.kernels[name]!(...args);
}

/** Whether both lie along their terms and the right one stays in the cache. */
function usesDot({ m, n, k, aTerm, bTerm }: Product, { bytes }: Lanes): boolean {
  return aTerm === bytes && bTerm === bytes && k >= 16 && (m <= 8 || n * k * bytes <= smallRight);
}

/** The part of one product that is computed at a time. */
interface Part {
  readonly batch: number;
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Every batch, cut into bands where there are fewer batches than parts. */
function split(product: Product, parts: number, lanes: Lanes): Part[] {
  const batches = product.c.length;
  const bands = batches >= parts || parts < 2 ? [wholeOf(product)] : cut(product, Math.ceil(parts / batches), lanes);
  return product.c.flatMap((_, batch) => bands.map((band) => ({ ...band, batch })));
}

function wholeOf({ m, n }: Product): Part {
  return { batch: 0, row: 0, rows: m, column: 0, columns: n };
}

/** Bands of rows or columns, whichever are longer, in whole tiles. */
function cut(product: Product, parts: number, lanes: Lanes): Part[] {
  const { m, n } = product;
  const byRows = m > n;
  const tile = byRows ? 4 : vectors * lanes.width;
  const length = byRows ? m : n;
  const band = Math.ceil(length / parts / tile) * tile;
  return Array.from({ length: Math.ceil(length / band) }, (_, i) => {
    const start = i * band;
    const size = Math.min(band, length - start);
    return byRows
      ? { batch: 0, row: start, rows: size, column: 0, columns: n }
      : { batch: 0, row: 0, rows: m, column: start, columns: size };
  });
}

function dotArguments(x: Product, { batch, row, rows, column, columns }: Part, { bytes }: Lanes): number[] {
  return [
    x.a[batch]! + row * x.aRow,
    x.aRow,
    x.b[batch]! + column * x.bColumn,
    x.bColumn,
    x.c[batch]! + row * x.cRow + column * bytes,
    x.cRow,
    rows,
    columns,
    x.k,
    x.bias === undefined ? 0 : x.bias + column * bytes,
  ];
}

function gemmArguments(
  x: Product,
  { batch, row, rows, column, columns }: Part,
  lanes: Lanes,
  way: GemmWay,
  workspace: number,
): number[] {
  const { bytes } = lanes;
  return [
    x.a[batch]! + row * x.aRow,
    x.aRow,
    x.aTerm,
    x.b[batch]! + column * x.bColumn,
    x.bTerm,
    x.bColumn,
    x.c[batch]! + row * x.cRow + column * bytes,
    x.cRow,
    rows,
    columns,
    x.k,
    x.bias === undefined ? startAt.zero : startAt.columnBias,
    x.bias === undefined ? 0 : x.bias + column * bytes,
    workspace,
    workspace + workspaceOf(lanes, way, x.m, x.n, x.k).left,
  ];
}

function leftWayOf({ aRow, aTerm, n }: Product, { bytes }: Lanes): LeftWay {
  if (aTerm === bytes) return 'rows';
  if (aRow !== bytes) return 'packAny';
  return aTerm >= longStride && n > 64 ? 'packColumns' : 'columns';
}

function rightWayOf({ bTerm, bColumn, m, n, k }: Product, { bytes }: Lanes): RightWay {
  if (bColumn === bytes) return k * n * bytes <= smallRight || m <= 16 ? 'inPlace' : 'packRows';
  return bTerm === bytes ? 'packColumns' : 'packAny';
}
