/**
 * Matrix products: tiles of 4 rows by 2 vectors, over panels packed so that they are read in a row.
 *
 * Blocks of K 256, N 512, M 128 (Goto and van de Geijn 2008). Each result adds its terms in the order of k, rounding each
 * product and each sum: the same whatever share of the rows or columns a thread takes.
 */
import type { Code, I32, Statement } from './code.ts';
import { define, type FunctionCode, increase, type Local, loopFrom, when } from './function.ts';
import { i32, select } from './instruction.ts';
import type { Lanes } from './lanes.ts';
import type { ModuleBuilder } from './module.ts';
import { pack } from './pack.ts';
import { type Epilogue, startAt, tile, vectors } from './tile.ts';

/** How the left matrix [M, K] is read: its rows or columns where they lie, or packed. */
export type LeftWay = 'rows' | 'columns' | 'packColumns' | 'packAny';
/** How the right matrix [K, N] is read: packed by rows, by columns or by element, or its rows where they lie. */
export type RightWay = 'packRows' | 'packColumns' | 'packAny' | 'inPlace';

/** How both are read: each way is a kernel of its own, built when it is first wanted. */
export interface GemmWay {
  readonly left: LeftWay;
  readonly right: RightWay;
}

const blockK = 256;
const blockN = 512;
const blockM = 128;
const rows = 4;

/** The workspace of one call. */
export interface Workspace {
  readonly bytes: number;
  /** Where in it the panels of the left matrix begin. */
  readonly left: number;
}

/** What a product of this size needs: a spare tile, and panels of what is packed. */
export function workspaceOf(lanes: Lanes, way: GemmWay, m: number, n: number, k: number): Workspace {
  const terms = Math.min(k, blockK) * lanes.bytes;
  const right = way.right === 'inPlace' ? 0 : upTo(n, vectors * lanes.width, blockN) * terms;
  const left = leftPacks[way.left] ? upTo(m, rows, blockM) * terms : 0;
  return { bytes: spareBytes + right + left, left: spareBytes + right };
}

const spareBytes = 256; // a tile at the edge, of either float

/** n rounded up to whole tiles, a block at most. */
function upTo(n: number, tile: number, block: number): number {
  return Math.min(Math.ceil(n / tile) * tile, block);
}

/** The arguments of a product: addresses, and strides in bytes. */
export const gemmSignature = {
  a: 'i32',
  aRow: 'i32',
  aTerm: 'i32',
  b: 'i32',
  bTerm: 'i32',
  bColumn: 'i32',
  c: 'i32',
  cRow: 'i32',
  m: 'i32',
  n: 'i32',
  k: 'i32',
  start: 'i32',
  bias: 'i32',
  work: 'i32',
  leftPanels: 'i32',
} as const;

/** Adds the product of one way and all that it calls to a module. */
export function addGemm(
  module: ModuleBuilder,
  name: string,
  lanes: Lanes,
  way: GemmWay,
  epilogue?: Epilogue,
): FunctionCode {
  const columns = way.left !== 'rows';
  const inPlace = way.right === 'inPlace';
  const tiles = Array.from({ length: rows }, (_, i) =>
    module.add(tile(`${name}Tile${i + 1}`, { lanes, rows: i + 1, columns, inPlace, epilogue })),
  );
  const packLeft = leftPacks[way.left];
  const packRight = rightPacks[way.right];
  return module.add(
    driver(module, name, lanes, way, {
      tiles,
      packLeft: packLeft && module.add(pack(`${name}Left`, lanes, rows, packLeft)),
      packRight: packRight && module.add(pack(`${name}Right`, lanes, vectors * lanes.width, packRight)),
    }),
  );
}

const leftPacks = { rows: undefined, columns: undefined, packColumns: 'lines', packAny: 'any' } as const;
const rightPacks = { inPlace: undefined, packRows: 'lines', packColumns: 'terms', packAny: 'any' } as const;

type Int = Local<'i32'>;

/** What the driver calls. */
interface Parts {
  readonly tiles: readonly FunctionCode[];
  readonly packLeft: FunctionCode | undefined;
  readonly packRight: FunctionCode | undefined;
}

function driver(module: ModuleBuilder, name: string, lanes: Lanes, way: GemmWay, parts: Parts): FunctionCode {
  const { bytes, shift, scalar } = lanes;
  const width = vectors * lanes.width;
  const { packLeft, packRight, tiles } = parts;
  const { add, mul, sub, shl, eq, ge, lt } = i32;
  return define(name, gemmSignature, (p, f) => {
    const int = (): Int => f.i32();
    const [k0, kc, n0, nc, m0, mc] = [int(), int(), int(), int(), int(), int()];
    const [i, j, height, breadth, start, last] = [int(), int(), int(), int(), int(), int()];
    const [at, panel, target, bias, rightPanels] = [int(), int(), int(), int(), int()];
    const [r, q, from, to] = [int(), int(), int(), int()];
    const minimum = (a: Code<'i32'>, b: number): Code<'i32'> => select(lt(a, b), a, i32.const(b));
    const lda = packLeft ? i32.const(rows * bytes) : way.left === 'columns' ? p.aTerm : p.aRow;
    const leftBlock = add(p.a, add(mul(m0, p.aRow), mul(k0, p.aTerm)));
    const rightBlock = add(p.b, add(mul(k0, p.bTerm), mul(n0, p.bColumn)));

    const callTile = (to: Code<'i32'>, pitch: I32): Statement => {
      const one = (h: number): Statement =>
        module.call(tiles[h - 1]!, at, lda, panel, p.bTerm, to, pitch, kc, start, bias, last);
      return when(ge(height, 4), one(4), when(eq(height, 3), one(3), when(eq(height, 2), one(2), one(1))));
    };
    /** Between the results and the spare tile, for the columns at the edge. */
    const copyEdge = (load: boolean): Statement =>
      loopFrom(r, 0, minimum(height, rows), 1, [
        from.set(add(target, mul(r, p.cRow))),
        to.set(add(p.work, mul(r, width * bytes))),
        loopFrom(q, 0, breadth, 1, [
          load ? scalar.store(to, scalar.load(from)) : scalar.store(from, scalar.load(to)),
          increase(from, bytes),
          increase(to, bytes),
        ]),
      ]);
    const doTile: Statement[] = [
      height.set(sub(mc, i)),
      at.set(packLeft ? add(p.leftPanels, mul(i, shl(kc, shift))) : add(leftBlock, mul(i, p.aRow))),
      target.set(add(p.c, add(mul(add(m0, i), p.cRow), shl(add(n0, j), shift)))),
      bias.set(add(p.bias, shl(select(eq(start, startAt.rowBias), add(m0, i), add(n0, j)), shift))),
      when(ge(breadth, width), callTile(target, p.cRow), [
        when(eq(start, startAt.sum), copyEdge(true)),
        callTile(p.work, width * bytes),
        copyEdge(false),
      ]),
    ];
    return [
      rightPanels.set(add(p.work, spareBytes)),
      start.set(p.start),
      loopFrom(k0, 0, select(p.k, p.k, i32.const(1)), blockK, [
        // once for no terms: the results are what they start from
        kc.set(minimum(sub(p.k, k0), blockK)),
        when(k0, start.set(startAt.sum)),
        last.set(ge(add(k0, kc), p.k)),
        loopFrom(n0, 0, p.n, blockN, [
          nc.set(minimum(sub(p.n, n0), blockN)),
          ...(packRight ? [module.call(packRight, rightBlock, p.bColumn, p.bTerm, rightPanels, kc, nc)] : []),
          loopFrom(m0, 0, p.m, blockM, [
            mc.set(minimum(sub(p.m, m0), blockM)),
            ...(packLeft ? [module.call(packLeft, leftBlock, p.aRow, p.aTerm, p.leftPanels, kc, mc)] : []),
            panel.set(packRight ? rightPanels : rightBlock),
            loopFrom(j, 0, nc, width, [
              breadth.set(sub(nc, j)),
              loopFrom(i, 0, mc, rows, doTile),
              increase(panel, packRight ? mul(kc, width * bytes) : width * bytes),
            ]),
          ]),
        ]),
      ]),
    ];
  });
}
