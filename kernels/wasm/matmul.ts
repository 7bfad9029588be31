/** Matrix products on the heap: which kernel serves which strides, and the shares of threads. */
import type { Formula } from '../../src/core/formula.ts';
import { addDot } from './dot.ts';
import type { Engine } from './engine.ts';
import { epilogueOf, scalarEpilogueOf } from './epilogue.ts';
import { addGemm, gemmSignature, type LeftWay, type RightWay, type Workspace, workspaceOf } from './gemm.ts';
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
  /** Multiplications that are worth a share: fewer where threads are awake anyway. */
  readonly leastShare?: number;
}

/** Rows of a right matrix that are so far apart share few sets of the first cache: packed they are read 10 % faster. */
const farRows = 1024; // bytes
/** For so many rows of the left one that it pays. */
const manyRows = 256;
const smallRight = 400 * 1024; // bytes of a right matrix that stays in the second cache: no need to pack it
const longStride = 2048; // bytes between terms from which reading a column costs a page or cache set each
const usualShare = 500_000; // multiplications that are worth waking a thread

/** c = a·b for every batch. The choice of kernel depends on the whole product only, never on the share. */
export function matmul(engine: Engine, product: Product): void {
  planMatmul(engine, product)();
}

/** A call of one kernel; the addresses of its workspace and of the left panels are the arguments from `workspace` on. */
interface PartCall {
  readonly args: number[];
  readonly workspace: number;
}

/** The calls of a product for some number of threads. */
interface Calls {
  readonly threads: number;
  readonly module: SharedModule;
  readonly name: string;
  readonly parts: readonly PartCall[];
  /** Whether parts may run at the same time. */
  readonly shared: boolean;
  /** What each needs, and where in it the left panels begin. */
  readonly workspace: Workspace;
}

/**
 * The same, made ready to be run again and again on whatever the matrices hold then.
 * @param finish a formula for which `canEnd` holds, which the results go through.
 */
export function planMatmul(engine: Engine, product: Product, finish?: Formula): () => void {
  const { m, n } = product;
  if (m === 0 || n === 0) return () => {};
  let calls = callsOf(engine, product, finish);
  return () => {
    if (calls.threads !== engine.threads.count) calls = callsOf(engine, product, finish);
    const { module, name, parts, shared, workspace } = calls;
    if (workspace.bytes > 0) {
      parts.forEach(({ args, workspace: at }, i) => {
        args[at] = engine.workspace(shared ? i : 0, workspace.bytes); // it moves when another product needs more
        args[at + 1] = args[at]! + workspace.left;
      });
    }
    if (shared) {
      engine.threads.run(
        module,
        name,
        parts.map(({ args }) => args),
      );
    } else for (const { args } of parts) module.kernels[name]!(...args);
  };
}

function callsOf(engine: Engine, product: Product, finish: Formula | undefined): Calls {
  const lanes = product.dtype === 'float32' ? float32 : float64;
  const { m, n, k, leastShare = usualShare } = product;
  const threads = engine.threads.count;
  const work = product.c.length * m * n * k;
  const count = Math.min(threads * (product.c.length > 1 ? 4 : 1), Math.floor(work / leastShare));
  const list = split(product, count, lanes);
  const end = finish ? ` ${finish.id}` : '';
  if (usesDot(product, lanes)) {
    const module = engine.module(`dot ${product.dtype}${end}`, (builder, constants) =>
      addDot(builder, 'dot', lanes, finish && scalarEpilogueOf(finish, lanes, constants)),
    );
    const parts = list.map((part) => ({ args: dotArguments(product, part, lanes), workspace: 0 }));
    return { threads, module, name: 'dot', parts, shared: count > 1, workspace: { bytes: 0, left: 0 } };
  }
  const way = { left: leftWayOf(product, lanes), right: rightWayOf(product, lanes) };
  const module = engine.module(`gemm ${product.dtype} ${way.left} ${way.right}${end}`, (builder, constants) =>
    addGemm(builder, 'gemm', lanes, way, finish && epilogueOf(finish, lanes, constants)),
  );
  const workspace = workspaceOf(lanes, way, m, n, k);
  const parts = list.map((part) => ({ args: gemmArguments(product, part, lanes), workspace: gemmWorkspace }));
  // parts that may run at the same time need a workspace each
  const shared = count > 1 && list.length * workspace.bytes <= mostWorkspace;
  for (let i = 0; i < (shared ? list.length : 1); i++) engine.workspace(i, workspace.bytes); // or fail before a run
  return { threads, module, name: 'gemm', parts, shared, workspace };
}

const mostWorkspace = 64 * 1024 * 1024; // bytes

/** Whether both lie along their terms, the right one stays in the cache, and to pack it would not pay. */
function usesDot({ m, n, k, aTerm, bTerm }: Product, { bytes, width }: Lanes): boolean {
  if (aTerm !== bytes || bTerm !== bytes || k < 16) return false;
  if (m > 8 && n * k * bytes > smallRight) return false;
  // shares of the peak, as measured: lanes are added at the end of each sum; panels are packed, and padded to whole tiles
  const dot = k / (k + 3.5 * width);
  const tile = vectors * width;
  const padding = n / (Math.ceil(n / tile) * tile);
  const packed = 0.95 * padding * (m / (m + 1.8)) * (k / (k + 1.5));
  return dot >= packed;
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

/** Without the workspace, which is the last two. */
function gemmArguments(x: Product, { batch, row, rows, column, columns }: Part, { bytes }: Lanes): number[] {
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
    0,
    0,
  ];
}

const gemmWorkspace = Object.keys(gemmSignature).indexOf('work');

function leftWayOf({ aRow, aTerm, n }: Product, { bytes }: Lanes): LeftWay {
  if (aTerm === bytes) return 'rows';
  if (aRow !== bytes) return 'packAny';
  return aTerm >= longStride && n > 64 ? 'packColumns' : 'columns';
}

function rightWayOf({ bTerm, bColumn, m, n, k }: Product, { bytes }: Lanes): RightWay {
  if (bColumn === bytes) {
    const near = bTerm < farRows || m < manyRows;
    return m <= 16 || (near && k * n * bytes <= smallRight) ? 'inPlace' : 'packRows';
  }
  return bTerm === bytes ? 'packColumns' : 'packAny';
}
