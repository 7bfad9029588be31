/** Packing: lines of a matrix into panels of a few lines, interleaved, so that a tile reads them in a row. */
import type { Code, I32, Statement } from './code.ts';
import {
  countDown,
  define,
  type FunctionBuilder,
  type FunctionCode,
  increase,
  type Local,
  loopFrom,
  type Parameters,
  when,
} from './function.ts';
import { i32, v128 } from './instruction.ts';
import { type Lanes, loadVector, storeVector } from './lanes.ts';

const signature = { from: 'i32', lineStride: 'i32', stride: 'i32', to: 'i32', k: 'i32', count: 'i32' } as const;

/**
 * Packs `count` lines of k terms into panels of `size` lines; lines that are missing in the last panel are zeros.
 * Term t of a line lies at from + line·lineStride + t·stride (bytes).
 * `kind` says what is a row in memory: neighbouring lines, the terms of a line, or neither.
 */
export function pack(name: string, lanes: Lanes, size: number, kind: 'lines' | 'terms' | 'any'): FunctionCode {
  return define(name, signature, (p, f) => {
    const [line, left, at, missing] = [f.i32(), f.i32(), f.i32(), f.i32()];
    const some = someLines(lanes, size, p, f, at, left);
    const full = { lines: fullLines, terms: fullTerms, any: () => some(size) }[kind](lanes, size, p, f, at, left);
    return [
      loopFrom(line, 0, p.count, size, [
        at.set(i32.add(p.from, i32.mul(line, p.lineStride))),
        left.set(p.k),
        missing.set(i32.sub(p.count, line)),
        when(i32.ge(missing, size), full, some(missing)),
      ]),
    ];
  });
}

type Int = Local<'i32'>;
type P = Parameters<typeof signature>;

/** A whole panel whose lines are neighbours: vectors at once. */
function fullLines(lanes: Lanes, size: number, p: P, _f: FunctionBuilder, at: Int, left: Int): Statement {
  return countDown(left, 1, [
    ...vectors(lanes, size, (offset) => storeVector(p.to, loadVector(at, offset), offset)),
    increase(p.to, size * lanes.bytes),
    increase(at, p.stride),
  ]);
}

/** A whole panel whose terms are neighbours: squares of width × width, transposed. */
function fullTerms(lanes: Lanes, size: number, p: P, f: FunctionBuilder, at: Int, left: Int): Statement[] {
  const { width, bytes, scalar } = lanes;
  const pointers = [at, ...f.many('i32', size - 1)];
  const square = f.many('v128', width);
  const step = (terms: number): Statement[] => [
    increase(p.to, terms * size * bytes),
    ...pointers.map((q) => increase(q, terms * bytes)),
  ];
  const squares = vectors(lanes, size, (offset) => {
    const own = pointers.slice(offset / bytes, offset / bytes + width);
    const turned = transpose(square);
    return [
      ...square.map((s, i) => s.set(loadVector(own[i]!))),
      ...turned.map((column, t) => storeVector(p.to, column, t * size * bytes + offset)),
    ];
  });
  const one = pointers.map((q, i) => scalar.store(p.to, scalar.load(q), i * bytes));
  return [
    ...pointers.slice(1).map((q, i) => q.set(i32.add(pointers[i]!, p.lineStride))),
    countDown(left, width, [...squares, ...step(width)]),
    countDown(left, 1, [...one, ...step(1)]),
  ];
}

/** Any lines, element by element. */
function someLines(
  lanes: Lanes,
  size: number,
  p: P,
  f: FunctionBuilder,
  at: Int,
  left: Int,
): (count: I32) => Statement {
  const { bytes, scalar } = lanes;
  const [i, source, target] = [f.i32(), f.i32(), f.i32()];
  return (count) =>
    countDown(left, 1, [
      ...vectors(lanes, size, (offset) => storeVector(p.to, v128.zero, offset)),
      source.set(at),
      target.set(p.to),
      loopFrom(i, 0, count, 1, [
        scalar.store(target, scalar.load(source)),
        increase(source, p.lineStride),
        increase(target, bytes),
      ]),
      increase(p.to, size * bytes),
      increase(at, p.stride),
    ]);
}

/** Something for each vector of a panel's row, by its offset in bytes. */
function vectors(lanes: Lanes, size: number, body: (offset: number) => Statement | Statement[]): Statement[] {
  return Array.from({ length: size / lanes.width }, (_, j) => body(j * 16)).flat();
}

/** The columns of a square of rows: 2 × 2 of 64 bits or 4 × 4 of 32. */
export function transpose(rows: readonly Code<'v128'>[]): Code<'v128'>[] {
  const mix = v128.shuffle32;
  if (rows.length === 2) {
    const [a, b] = rows as readonly [Code<'v128'>, Code<'v128'>];
    return [mix(a, b, 0, 1, 4, 5), mix(a, b, 2, 3, 6, 7)];
  }
  const [a, b, c, d] = rows as readonly [Code<'v128'>, Code<'v128'>, Code<'v128'>, Code<'v128'>];
  const low = [mix(a, b, 0, 4, 1, 5), mix(c, d, 0, 4, 1, 5)] as const;
  const high = [mix(a, b, 2, 6, 3, 7), mix(c, d, 2, 6, 3, 7)] as const;
  return [mix(...low, 0, 1, 4, 5), mix(...low, 2, 3, 6, 7), mix(...high, 0, 1, 4, 5), mix(...high, 2, 3, 6, 7)];
}
