/**
 * Pooling of planes by windows of any size: the greatest and where it is, or the mean; four results of a line at a time
 * where the whole window is inside, one at a time at the edges.
 *
 * Windows are walked by lines. A maximum is the first of equals, and the first NaN if there is one; a mean adds in that
 * order, then divides once.
 */
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
} from './function.ts';
import { f32, f32x4, i32, i32x4, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';

/** Elements from one result's window to the next one's in a line: 1, 2, or as many as `step` says. */
export type PoolStep = 1 | 2 | 'any';

/** Bytes of a line of results in its table: where its window's first line inside lies in the plane, and how many there are. */
export const lineBytes = 8;
/** Bytes of a column of results in its table: the same along the line. */
export const columnBytes = 8;

/**
 * The arguments: planes of results from planes of `xPlane` bytes. The columns from `inner` to `end` have their whole
 * window inside; they are none or 4 at least. `lineStep` and `columnStep` are bytes from one element of a window to the
 * next, `step` from one window to the next. `index` (bytes) and `divisors` (of lines, then columns; float32) are read
 * where they are wanted.
 */
const windowSignature = {
  x: 'i32',
  y: 'i32',
  index: 'i32',
  planes: 'i32',
  xPlane: 'i32',
  lines: 'i32',
  lineCount: 'i32',
  columns: 'i32',
  columnCount: 'i32',
  inner: 'i32',
  end: 'i32',
  lineStep: 'i32',
  columnStep: 'i32',
  step: 'i32',
  lanes: 'i32',
  lineDivisors: 'i32',
  columnDivisors: 'i32',
} as const;

type Int = Local<'i32'>;
type P = Parameters<typeof windowSignature>;

/** What is computed of windows, one in each lane. */
interface Pooling {
  /** Before the windows, the first of which begins at `first`. */
  begin(first: Int): Statement[];
  /** For each of their elements; that of the first window lies at `at`. */
  add(value: Local<'v128'>, at: Int): Statement[];
  /** Stores the results of a column, or four, of a line. */
  end(line: Int, columnDivisors: Code<'v128'>, store: (base: Int, value: Code<'v128'>) => Statement): Statement[];
}

/** Adds the maximum; `index`: and its index in the plane, int32. */
export function addMaxWindows(module: ModuleBuilder, name: string, step: PoolStep, index: boolean): void {
  addWindows(module, name, step, (p, f) => {
    const [best, place, better] = [f.v128(), f.v128(), f.v128()];
    const indexOf = (at: Int): Code<'v128'> => i32x4.splat(i32.shr(i32.sub(at, p.x), 2));
    return {
      begin: (first) => [
        best.set(f32x4.splat(f32.const(-Infinity))),
        ...(index ? [place.set(indexOf(first))] : []), // if nothing is greater
      ],
      add: (value, at) =>
        index
          ? [
              better.set(beats(value, best)),
              best.set(v128.select(value, best, better)),
              place.set(v128.select(indexOf(at), place, better)),
            ]
          : [best.set(greatest(best, value))],
      end: (_line, _divisors, store) => [
        store(p.y, best),
        ...(index ? [store(p.index, i32x4.add(place, v128.load(p.lanes)))] : []),
      ],
    };
  });
}

/** Where a value takes the place of the best so far: it is greater, or the first NaN. */
export function beats(value: Local<'v128'>, best: Local<'v128'>): Code<'v128'> {
  const firstNaN = v128.and(f32x4.ne(value, value), f32x4.eq(best, best));
  return v128.or(f32x4.gt(value, best), firstNaN);
}

/** The greater, a if they are equal, NaN if one is NaN; less work than `max`, which orders zeros too. */
export function greatest(a: Code<'v128'>, b: Local<'v128'>): Code<'v128'> {
  return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b)); // a NaN in a stays; all bits set are one
}

/** Adds the mean: the sum, divided by the product of the line's and the column's divisor. */
export function addMeanWindows(module: ModuleBuilder, name: string, step: PoolStep): void {
  addWindows(module, name, step, (p, f) => {
    const sum = f.v128();
    return {
      begin: () => [sum.set(v128.zero)],
      add: (value) => [sum.set(f32x4.add(sum, value))],
      end: (line, columnDivisors, store) => {
        const lineDivisor = v128.load32Splat(i32.add(p.lineDivisors, i32.shl(line, 2)));
        return [store(p.y, f32x4.div(sum, f32x4.mul(lineDivisor, columnDivisors)))];
      },
    };
  });
}

function addWindows(
  module: ModuleBuilder,
  name: string,
  step: PoolStep,
  make: (p: P, f: FunctionBuilder) => Pooling,
): void {
  module.add(
    define(name, windowSignature, (p, f) => {
      const pooling = make(p, f);
      const [line, column, c, entry] = [f.i32(), f.i32(), f.i32(), f.i32()];
      const [first, at, row, height, width, value] = [f.i32(), f.i32(), f.i32(), f.i32(), f.i32(), f.v128()];
      const walk = (load: (at: Int) => Code<'v128'>): Statement[] => [
        entry.set(i32.add(p.columns, i32.mul(c, columnBytes))),
        first.set(i32.add(i32.add(p.x, i32.load(i32.add(p.lines, i32.mul(line, lineBytes)))), i32.load(entry))),
        ...pooling.begin(first),
        row.set(first),
        height.set(i32.load(i32.add(p.lines, i32.mul(line, lineBytes)), 4)),
        countDown(height, 1, [
          at.set(row),
          width.set(i32.load(entry, 4)),
          countDown(width, 1, [value.set(load(at)), ...pooling.add(value, at), increase(at, p.columnStep)]),
          increase(row, p.lineStep),
        ]),
      ];
      const place = (base: Int): Code<'i32'> => i32.add(base, i32.shl(c, 2));
      const one = [
        c.set(column),
        ...walk((a) => v128.load32Splat(a)),
        ...pooling.end(line, v128.load32Splat(place(p.columnDivisors)), (base, v) =>
          v128.storeLane32(place(base), v, 0),
        ),
      ];
      const four = [
        c.set(minimum(column, i32.sub(p.end, 4))), // the last four overlap
        ...walk((a) => loadApart(a, step, p.step)),
        ...pooling.end(line, v128.load(place(p.columnDivisors)), (base, v) => v128.store(place(base), v)),
      ];
      return [
        countDown(p.planes, 1, [
          loopFrom(line, 0, p.lineCount, 1, [
            loopFrom(column, 0, p.inner, 1, one),
            loopFrom(column, p.inner, p.end, 4, four),
            loopFrom(column, p.end, p.columnCount, 1, one),
            increase(p.y, i32.shl(p.columnCount, 2)),
            increase(p.index, i32.shl(p.columnCount, 2)),
          ]),
          increase(p.x, p.xPlane),
        ]),
      ];
    }),
  );
}

/** Four elements some bytes apart; nothing behind the last is read. */
function loadApart(at: Int, step: PoolStep, bytes: Int): Code<'v128'> {
  if (step === 1) return v128.load(at);
  if (step === 2) return v128.shuffle32(v128.load(at), v128.load(at, 12), 0, 2, 5, 7);
  const addresses = [i32.add(at, bytes), i32.add(at, i32.shl(bytes, 1)), i32.add(at, i32.mul(bytes, 3))];
  return addresses.reduce((v, address, lane) => v128.loadLane32(address, v, lane + 1), v128.load32Zero(at));
}
