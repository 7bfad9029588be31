/**
 * Matrix products as dot products, both matrices read along their terms where they lie: x·Wᵀ without packing.
 *
 * Each result adds terms 0, w, 2w, … in lane 0, 1, w + 1, … in lane 1 and so on (w lanes), then the lanes, then the terms
 * that are left, then the bias: the same in every tile.
 */
import type { I32, Statement } from './code.ts';
import { countDown, define, type FunctionCode, increase, type Local, when } from './function.ts';
import { i32 } from './instruction.ts';
import { type Lanes, loadVector } from './lanes.ts';
import type { ModuleBuilder } from './module.ts';
import type { ScalarEpilogue } from './tile.ts';

/** The arguments: addresses, and strides in bytes; a bias of 0 is none. */
export const dotSignature = {
  a: 'i32',
  aRow: 'i32',
  b: 'i32',
  bColumn: 'i32',
  c: 'i32',
  cRow: 'i32',
  m: 'i32',
  n: 'i32',
  k: 'i32',
  bias: 'i32',
} as const;

const rows = 4;
const columns = 2;

/** Adds the product of [m, k] and the transpose of [n, k] to a module. */
export function addDot(module: ModuleBuilder, name: string, lanes: Lanes, epilogue?: ScalarEpilogue): FunctionCode {
  const tileOf = (r: number, c: number): FunctionCode =>
    module.add(dotTile(`${name}Tile${r}${c}`, lanes, r, c, epilogue));
  const tiles = { whole: tileOf(rows, columns), row: tileOf(1, columns), column: tileOf(rows, 1), one: tileOf(1, 1) };
  const driver = define(name, dotSignature, (p, f) => {
    const [i, j, left, right] = f.many('i32', 4) as [Int, Int, Int, Int];
    const call = (tile: FunctionCode): Statement =>
      module.call(
        tile,
        i32.add(p.a, i32.mul(i, p.aRow)),
        p.aRow,
        i32.add(p.b, i32.mul(j, p.bColumn)),
        p.bColumn,
        i32.add(p.c, i32.add(i32.mul(i, p.cRow), i32.shl(j, lanes.shift))),
        p.cRow,
        p.k,
        p.bias,
        i32.shl(j, lanes.shift),
      );
    const down = (many: FunctionCode, single: FunctionCode): Statement[] => [
      i.set(0),
      left.set(p.m),
      countDown(left, rows, [call(many), increase(i, rows)]),
      countDown(left, 1, [call(single), increase(i, 1)]),
    ];
    return [
      right.set(p.n),
      countDown(right, columns, [...down(tiles.whole, tiles.row), increase(j, columns)]),
      countDown(right, 1, [...down(tiles.column, tiles.one), increase(j, 1)]),
    ];
  });
  return module.add(driver);
}

type Int = Local<'i32'>;

function dotTile(name: string, lanes: Lanes, height: number, breadth: number, epilogue?: ScalarEpilogue): FunctionCode {
  const { width, bytes, scalar, vector } = lanes;
  const signature = {
    a: 'i32',
    aRow: 'i32',
    b: 'i32',
    bColumn: 'i32',
    c: 'i32',
    cRow: 'i32',
    k: 'i32',
    bias: 'i32',
    biasOffset: 'i32',
  } as const;
  return define(name, signature, (p, f) => {
    const lefts = [p.a, ...f.many('i32', height - 1)];
    const rights = [p.b, ...f.many('i32', breadth - 1)];
    const follow = (pointers: readonly Int[], stride: I32): Statement[] =>
      pointers.slice(1).map((q, i) => q.set(i32.add(pointers[i]!, stride)));
    const cells = lefts.flatMap((a, i) =>
      rights.map((b, j) => ({ a, b, i, j, vectors: f.v128(), sum: f.local(lanes.type) })),
    );
    const right = f.many('v128', breadth);
    const left = f.v128();
    const term = (u: number): Statement[] => [
      ...rights.map((q, j) => right[j]!.set(loadVector(q, u * 16))),
      ...lefts.flatMap((q, i) => [
        left.set(loadVector(q, u * 16)),
        ...cells
          .filter((cell) => cell.i === i)
          .map(({ vectors, j }) => vectors.set(vector.add(vectors, vector.mul(left, right[j]!)))),
      ]),
    ];
    const advance = (by: number): Statement[] => [...lefts, ...rights].map((q) => increase(q, by));
    return [
      ...follow(lefts, p.aRow),
      ...follow(rights, p.bColumn),
      countDown(p.k, 2 * width, [...term(0), ...term(1), ...advance(32)]),
      countDown(p.k, width, [...term(0), ...advance(16)]),
      ...cells.map(({ vectors, sum }) => sum.set(lanes.sum(vectors))),
      countDown(p.k, 1, [
        ...cells.map(({ a, b, sum }) => sum.set(scalar.add(sum, scalar.mul(scalar.load(a), scalar.load(b))))),
        ...advance(bytes),
      ]),
      when(
        p.bias,
        cells.map(({ sum, j }) => sum.set(scalar.add(sum, scalar.load(i32.add(p.bias, p.biasOffset), j * bytes)))),
      ),
      ...cells.flatMap(({ sum, j, i }) => [
        ...(i > 0 && j === 0 ? [increase(p.c, p.cRow)] : []),
        scalar.store(p.c, epilogue ? epilogue(sum, f) : sum, j * bytes),
      ]),
    ];
  });
}
