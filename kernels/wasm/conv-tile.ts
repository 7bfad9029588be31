/**
 * The tile of a convolution: a few output channels by a few quads: 4 neighbouring pixels, images read where they lie.
 *
 * Each result starts from the bias (or zero) and adds its terms in the order of the table, rounding each product and each
 * sum: the same in every tile.
 */
import type { I32, Statement } from './code.ts';
import {
  countDown,
  define,
  type FunctionBuilder,
  type FunctionCode,
  increase,
  type Local,
  loopFrom,
  loopWhile,
  minimum,
  when,
} from './function.ts';
import { f32x4, i32, select, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import type { Epilogue } from './tile.ts';

/** Quads beside 1, 2, 3 or 4 channels: as many sums as the registers hold. */
const quadsOf = [0, 4, 4, 3, 2] as const;
/** Channels of the tallest tile. */
export const mostRows = 4;
/** Quads that the table must have from a run's first on: the widest tile reads so many, whatever the run has. */
export const leastQuads = 4;

/** The heights of the tiles that make up some rows, none above `tallest`, and the quads beside each. */
export function tileSizes(rows: number, tallest: number): { readonly height: number; readonly quads: number }[] {
  const sizes = [];
  for (let left = rows; left > 0; ) {
    const height = Math.ceil(left / Math.ceil(left / tallest));
    sizes.push({ height, quads: quadsOf[height] ?? 0 });
    left -= height;
  }
  return sizes;
}

/** Bytes of a quad in its table: where it lies in the image and in the result, both in bytes. */
export const quadBytes = 8;
/** Bytes of a run in its table: its first quad (bytes), how many, its first term (bytes), how many. */
export const runBytes = 16;

const tileSignature = {
  w: 'i32',
  wRow: 'i32',
  terms: 'i32',
  k: 'i32',
  x: 'i32',
  y: 'i32',
  quads: 'i32',
  yChannel: 'i32',
  bias: 'i32',
} as const;

type Int = Local<'i32'>;

/** w: rows of k weights; terms: where each lies in the image (bytes); a bias of 0 is none. */
function tile(name: string, rows: number, epilogue: Epilogue | undefined): FunctionCode {
  return define(name, tileSignature, (p, f) => {
    const count = quadsOf[rows]!;
    const weights = [p.w, ...f.many('i32', rows - 1)];
    const from = f.many('i32', count);
    const to = f.many('i32', count);
    const sums = weights.map(() => f.many('v128', count));
    const pixels = f.many('v128', count);
    const [weight, at] = [f.v128(), f.i32()];
    const term = (u: number): Statement[] => [
      at.set(i32.load(p.terms, 4 * u)),
      ...pixels.map((v, j) => v.set(v128.load(i32.add(from[j]!, at)))),
      ...weights.flatMap((row, i) => [
        weight.set(v128.load32Splat(row, 4 * u)),
        ...pixels.map((v, j) => sums[i]![j]!.set(f32x4.add(sums[i]![j]!, f32x4.mul(weight, v)))),
      ]),
    ];
    const advance = (terms: number): Statement[] => [p.terms, ...weights].map((q) => increase(q, 4 * terms));
    const fromBias = sums.flatMap((row, i) =>
      row.map((s, j) => s.set(j === 0 ? v128.load32Splat(p.bias, 4 * i) : row[0]!)),
    );
    return [
      ...weights.slice(1).map((q, i) => q.set(i32.add(weights[i]!, p.wRow))),
      ...from.map((q, j) => q.set(i32.add(p.x, i32.load(p.quads, quadBytes * j)))),
      ...to.map((q, j) => q.set(i32.add(p.y, i32.load(p.quads, quadBytes * j + 4)))),
      when(p.bias, fromBias), // locals are zero at first
      countDown(p.k, 2, [...term(0), ...term(1), ...advance(2)]),
      countDown(p.k, 1, [...term(0), ...advance(1)]),
      ...sums.flatMap((row, i) =>
        row.flatMap((s, j) => [
          ...(i > 0 ? [increase(to[j]!, p.yChannel)] : []),
          v128.store(to[j]!, epilogue ? epilogue(s, f) : s),
        ]),
      ),
    ];
  });
}

/** The arguments of a sweep over one image. */
export const sweepSignature = {
  x: 'i32',
  w: 'i32',
  wRow: 'i32',
  terms: 'i32',
  runs: 'i32',
  runCount: 'i32',
  quads: 'i32',
  y: 'i32',
  yChannel: 'i32',
  channels: 'i32',
  bias: 'i32',
  tallest: 'i32',
} as const;

/** Adds the tiles and the sweep: all channels of all quads of one image, run by run. */
export function addSweep(module: ModuleBuilder, name: string, epilogue?: Epilogue): FunctionCode {
  const tiles = [1, 2, 3, 4].map((rows) => module.add(tile(`${name}Tile${rows}`, rows, epilogue)));
  return module.add(
    define(name, sweepSignature, (p, f) => {
      const [run, quad, channel, left, height] = f.many('i32', 5) as [Int, Int, Int, Int, Int];
      const [first, count, term, k, at] = f.many('i32', 5) as [Int, Int, Int, Int, Int];
      const allQuads = (rows: number): Statement => {
        const last = i32.sub(count, quadsOf[rows]!);
        return loopFrom(quad, 0, count, quadsOf[rows]!, [
          at.set(minimum(quad, last)), // the last tile overlaps the one before
          when(i32.lt(at, 0), at.set(0)),
          module.call(
            tiles[rows - 1]!,
            i32.add(p.w, i32.add(i32.mul(channel, p.wRow), term)),
            p.wRow,
            i32.add(p.terms, term),
            k,
            p.x,
            i32.add(p.y, i32.mul(channel, p.yChannel)),
            i32.add(first, i32.mul(at, quadBytes)),
            p.yChannel,
            select(p.bias, i32.add(p.bias, i32.shl(channel, 2)), i32.const(0)),
          ),
        ]);
      };
      const end = f.i32();
      return [
        end.set(i32.add(p.runs, i32.mul(p.runCount, runBytes))),
        loopFrom(run, p.runs, end, runBytes, [
          first.set(i32.add(p.quads, i32.load(run))),
          count.set(i32.load(run, 4)),
          term.set(i32.load(run, 8)),
          k.set(i32.load(run, 12)),
          ...balanced(f, p.channels, p.tallest, channel, left, height, allQuads),
        ]),
      ];
    }),
  );
}

/** `body` for all rows, 1 to `tallest` at a time, as evenly as can be: 6 are 3 and 3, which is faster than 4 and 2. */
export function balanced(
  f: FunctionBuilder,
  rows: Int,
  tallest: I32,
  row: Int,
  left: Int,
  height: Int,
  body: (rows: number) => Statement,
): Statement[] {
  const tiles = f.i32();
  return [
    row.set(0),
    left.set(rows),
    loopWhile(left, [
      tiles.set(i32.divU(i32.sub(i32.add(left, tallest), 1), tallest)),
      height.set(i32.divU(i32.add(left, i32.sub(tiles, 1)), tiles)),
      when(i32.ge(height, 3), when(i32.eq(height, 4), body(4), body(3)), when(i32.eq(height, 2), body(2), body(1))),
      increase(row, height),
      left.set(i32.sub(left, height)),
    ]),
  ];
}
