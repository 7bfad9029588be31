/** Pooling by windows of 2 × 2 side by side, four results at a time: the maximum, the mean, and their gradients. */
import type { Code, Statement } from './code.ts';
import {
  countDown,
  define,
  type FunctionBuilder,
  increase,
  type Local,
  loopFrom,
  minimum,
  type Parameters,
  when,
} from './function.ts';
import { f32, f32x4, i32, i32x4, memory, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import type { Gate } from './pool-gradient.ts';
import { greatest } from './pool-window.ts';

/**
 * The arguments: planes of `lineCount` lines of `columnCount` results (at least 4) from or to planes of `xPlane` bytes
 * and lines of `width` elements. `lanes` is where 0, 2, 4, 6 lie. Of a gradient, x is the result and y the cotangent.
 */
const halfSignature = {
  x: 'i32',
  y: 'i32',
  planes: 'i32',
  xPlane: 'i32',
  width: 'i32',
  lineCount: 'i32',
  columnCount: 'i32',
  index: 'i32',
  lanes: 'i32',
  results: 'i32',
} as const;

type P = Parameters<typeof halfSignature>;
type Int = Local<'i32'>;
type Vector = Code<'v128'>;

/** Four results of a line: where the two lines of their windows begin, their column c and their line. */
interface At {
  readonly upper: Int;
  readonly lower: Int;
  readonly c: Int;
  readonly line: Int;
}

/** What a kernel does once, and for four results of a line. */
interface Half {
  readonly before: readonly Statement[];
  readonly step: (at: At) => readonly Statement[];
}

const even = (a: Vector, b: Vector): Vector => v128.shuffle32(a, b, 0, 2, 4, 6);
const odd = (a: Vector, b: Vector): Vector => v128.shuffle32(a, b, 1, 3, 5, 7);

/** Where the results of column c lie. */
const beside = (base: Int, c: Int): Code<'i32'> => i32.add(base, i32.shl(c, 2));

function addHalf(module: ModuleBuilder, name: string, make: (p: P, f: FunctionBuilder) => Half): void {
  module.add(
    define(name, halfSignature, (p, f) => {
      const { before, step } = make(p, f);
      const [line, column, c, start] = [f.i32(), f.i32(), f.i32(), f.i32()];
      const [upper, lower] = [f.i32(), f.i32()];
      return [
        ...before,
        countDown(p.planes, 1, [
          start.set(p.x),
          loopFrom(line, 0, p.lineCount, 1, [
            loopFrom(column, 0, p.columnCount, 4, [
              c.set(minimum(column, i32.sub(p.columnCount, 4))), // the last four overlap
              upper.set(i32.add(start, i32.shl(c, 3))),
              lower.set(i32.add(upper, i32.shl(p.width, 2))),
              ...step({ upper, lower, c, line }),
            ]),
            increase(start, i32.shl(p.width, 3)),
            ...[p.y, p.index, p.results].map((q) => increase(q, i32.shl(p.columnCount, 2))),
          ]),
          increase(p.x, p.xPlane),
        ]),
      ];
    }),
  );
}

/** Adds the maximum; `index`: and its index in the plane, int32. */
export function addMaxHalf(module: ModuleBuilder, name: string, index: boolean): void {
  addHalf(module, name, (p, f) => {
    const [a, b, c, d] = [f.v128(), f.v128(), f.v128(), f.v128()]; // two vectors above, two below
    const [best, second, place] = [f.v128(), f.v128(), f.v128()];
    const [one, behind, lanes] = [f.v128(), f.v128(), f.v128()];
    /** All bits where v is not the best, nor a NaN. */
    const isLess = (v: Local<'v128'>): Vector => v128.and(f32x4.ne(v, best), f32x4.eq(v, v));
    /** From the inner to the outer: the element below the first or the one after it, else the one beside it, else 0. */
    const indices = (at: At): Statement[] => [
      second.set(even(c, d)),
      place.set(i32x4.add(behind, v128.and(isLess(second), one))),
      second.set(odd(a, b)),
      place.set(i32x4.add(one, v128.and(isLess(second), place))),
      second.set(even(a, b)),
      place.set(v128.and(isLess(second), place)),
      v128.store(beside(p.index, at.c), i32x4.add(place, cornersOf(p, lanes, at))),
    ];
    return {
      before: [
        one.set(i32x4.splat(i32.const(1))),
        behind.set(i32x4.splat(i32.sub(p.width, 1))), // from the element beside the first to the one below it
        lanes.set(v128.load(p.lanes)),
      ],
      step: (at) => [
        ...loadBoth(at, [a, b], [c, d]),
        place.set(greatest(a, c)),
        second.set(greatest(b, d)),
        best.set(even(place, second)),
        second.set(odd(place, second)),
        best.set(greatest(best, second)),
        v128.store(beside(p.y, at.c), best),
        ...(index ? indices(at) : []),
      ],
    };
  });
}

/** The indices of the windows' first elements in the plane. */
function cornersOf(p: P, lanes: Vector, { line, c }: At): Vector {
  return i32x4.add(i32x4.splat(i32.shl(i32.add(i32.mul(line, p.width), c), 1)), lanes);
}

function loadBoth(at: At, above: readonly Local<'v128'>[], below: readonly Local<'v128'>[]): Statement[] {
  return [
    ...above.map((v, j) => v.set(v128.load(at.upper, 16 * j))),
    ...below.map((v, j) => v.set(v128.load(at.lower, 16 * j))),
  ];
}

/** Adds the gradient of the maximum from its indices; `results` are the maxima, read for a gate only. */
export function addMaxHalfGradient(module: ModuleBuilder, name: string, gate?: Gate): void {
  addHalf(module, name, (p, f) => {
    const [g, at, left, right] = [f.v128(), f.v128(), f.v128(), f.v128()];
    const [one, below, behind, lanes] = [f.v128(), f.v128(), f.v128(), f.v128()];
    const line = (to: Int, first: Vector, second: Vector): Statement[] => [
      left.set(v128.and(g, i32x4.eq(at, first))),
      right.set(v128.and(g, i32x4.eq(at, second))),
      v128.store(to, v128.shuffle32(left, right, 0, 4, 1, 5)),
      v128.store(to, v128.shuffle32(left, right, 2, 6, 3, 7), 16),
    ];
    return {
      before: [
        ...clearUncovered(p),
        one.set(i32x4.splat(i32.const(1))),
        below.set(i32x4.splat(p.width)),
        behind.set(i32x4.add(below, one)),
        lanes.set(v128.load(p.lanes)),
      ],
      step: (where) => [
        g.set(v128.load(beside(p.y, where.c))),
        ...(gate ? [g.set(gate(g, v128.load(beside(p.results, where.c))))] : []),
        at.set(i32x4.sub(v128.load(beside(p.index, where.c)), cornersOf(p, lanes, where))),
        ...line(where.upper, v128.zero, one),
        ...line(where.lower, below, behind),
      ],
    };
  });
}

/** Adds the mean of the four. */
export function addMeanHalf(module: ModuleBuilder, name: string): void {
  addHalf(module, name, (p, f) => {
    const [a, b, c, d, quarter] = [f.v128(), f.v128(), f.v128(), f.v128(), f.v128()];
    const upper = f32x4.add(even(a, b), odd(a, b));
    const sum = f32x4.add(f32x4.add(upper, even(c, d)), odd(c, d));
    return {
      before: [quarter.set(f32x4.splat(f32.const(0.25)))],
      step: (at) => [...loadBoth(at, [a, b], [c, d]), v128.store(beside(p.y, at.c), f32x4.mul(sum, quarter))],
    };
  });
}

/** Adds the gradient of the mean of four. */
export function addMeanHalfGradient(module: ModuleBuilder, name: string): void {
  addHalf(module, name, (p, f) => {
    const [g, quarter] = [f.v128(), f.v128()];
    return {
      before: [...clearUncovered(p), quarter.set(f32x4.splat(f32.const(0.25)))],
      step: ({ upper, lower, c }) => [
        g.set(f32x4.mul(v128.load(beside(p.y, c)), quarter)),
        ...[upper, lower].flatMap((to) => [
          v128.store(to, v128.shuffle32(g, g, 0, 0, 1, 1)),
          v128.store(to, v128.shuffle32(g, g, 2, 2, 3, 3), 16),
        ]),
      ],
    };
  });
}

/** Zeros first, where windows leave a last line or column out. */
function clearUncovered(p: P): Statement[] {
  const covered = i32.shl(i32.mul(p.lineCount, p.columnCount), 4);
  return [when(i32.ne(covered, p.xPlane), memory.fill(p.x, 0, i32.mul(p.planes, p.xPlane)))];
}
