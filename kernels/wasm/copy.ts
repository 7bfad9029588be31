/**
 * Copies of any layout to any other, and sums into what is there.
 *
 * A run of neighbours on both sides goes as it is; where the dims are swapped, squares of 4 × 4 (or 2 × 2) are turned in
 * registers. Sums add in row-major order of the target. Nothing is read or written but the elements.
 */
import { bytesPerElement, type Dtype } from '../../src/core/dtype.ts';
import { contiguousLayout, mergeDims, type Space } from '../../src/core/layout.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Call, HeapArray } from './call.ts';
import type { I32, Statement } from './code.ts';
import { line } from './fill.ts';
import { countDown, define, type FunctionBuilder, type FunctionCode, increase, loopFrom, when } from './function.ts';
import { f32x4, f64, f64x2, i32, i32x4, memory, select, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { transpose } from './pack.ts';
import { type Int, type Ints, inBlocks, inBytes, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** What is done with the elements: their bytes copied, or added to those of a dtype (bool: or). */
export type Move = 'copy' | Dtype;

/** Bytes of an element. */
export type Size = 1 | 4 | 8;

/** Copies one element. */
export function moveOne(move: Move, size: Size, to: I32, from: I32): Statement {
  if (move === 'bool') return i32.store8(to, i32.or(i32.load8(to), i32.load8(from)));
  if (move === 'int32') return i32.store(to, i32.add(i32.load(to), i32.load(from)));
  if (move === 'float32') return v128.storeLane32(to, f32x4.add(v128.load32Zero(to), v128.load32Zero(from)), 0);
  if (move === 'float64') return f64.store(to, f64.add(f64.load(to), f64.load(from)));
  if (size === 1) return i32.store8(to, i32.load8(from));
  return size === 4 ? i32.store(to, i32.load(from)) : f64.store(to, f64.load(from));
}

/** Copies 16 bytes. */
function moveVector(move: Move, to: I32, from: I32, offset: number): Statement {
  const value = v128.load(from, offset);
  if (move === 'copy') return v128.store(to, value, offset);
  const add = { bool: v128.or, int32: i32x4.add, float32: f32x4.add, float64: f64x2.add }[move];
  return v128.store(to, add(v128.load(to, offset), value), offset);
}

/** `n` neighbours to neighbours; the pointers move behind them. */
export function moveRun(f: FunctionBuilder, move: Move, size: Size, to: Int, from: Int, n: I32): Statement[] {
  const left = f.i32();
  const on = (by: number): Statement[] => [increase(to, by), increase(from, by)];
  const elements = countDown(left, size, [moveOne(move, size, to, from), ...on(size)]);
  const vectors = [
    countDown(left, 64, [...[0, 16, 32, 48].map((offset) => moveVector(move, to, from, offset)), ...on(64)]),
    countDown(left, 16, [moveVector(move, to, from, 0), ...on(16)]),
  ];
  // the last vector overlaps the one before, which copies the same bytes again
  const ends = [
    increase(to, i32.sub(left, 16)),
    increase(from, i32.sub(left, 16)),
    v128.store(to, v128.load(from)),
    ...on(16),
  ];
  const bytes = left.set(i32.mul(n, size));
  if (move !== 'copy') return [bytes, ...vectors, elements];
  return [bytes, when(i32.ge(left, 16), [...vectors, when(left, ends)], elements)];
}

/** Adds copies of a run of bytes: (from, to, bytes, first unit, end) in units of 64 bytes. */
export function addBlock(module: ModuleBuilder, name: string): FunctionCode {
  const signature = { x: 'i32', to: 'i32', bytes: 'i32', from: 'i32', end: 'i32' } as const;
  const block = define(name, signature, (p, f) => {
    const [start, stop] = [f.i32(), f.i32()];
    return [
      start.set(i32.mul(p.from, line)),
      stop.set(i32.mul(p.end, line)),
      stop.set(select(i32.lt(stop, p.bytes), stop, p.bytes)),
      memory.copy(i32.add(p.to, start), i32.add(p.x, start), i32.sub(stop, start)),
    ];
  });
  return module.add(block);
}

/** Which rows kernel. */
interface Rows {
  readonly move: Move;
  readonly size: Size;
  /** Whether both steps are one element. */
  readonly near: boolean;
  /** Dims that are walked: those that are shared out, and those that each share walks whole. */
  readonly outer: number;
  readonly inner: number;
}

/**
 * Adds copies of strided rows: (x, to, n, step of x, step of the target, outer way, inner way, from, end).
 * A unit is an index of the outer way.
 */
export function addRows(module: ModuleBuilder, name: string, { move, size, near, outer, inner }: Rows): FunctionCode {
  const signature: Ints = {
    ...{ x: 'i32', to: 'i32', n: 'i32', xStep: 'i32', toStep: 'i32' },
    ...waySignature('outer', outer, 2),
    ...waySignature('inner', inner, 2),
    ...{ from: 'i32', end: 'i32' },
  };
  const rows = define(name, signature, (p, f) => {
    const [x, to, fromX, intoTo, left] = f.many('i32', 5) as [Int, Int, Int, Int, Int];
    const strided = [
      left.set(p.n!),
      countDown(left, 1, [moveOne(move, size, to, x), increase(x, p.xStep!), increase(to, p.toStep!)]),
    ];
    const row = [x.set(fromX), to.set(intoTo), ...(near ? moveRun(f, move, size, to, x, p.n!) : strided)];
    const all = [fromX.set(p.x!), intoTo.set(p.to!), walk(f, wayOf(p, 'inner', inner, 2), [fromX, intoTo], row)];
    return [walk(f, wayOf(p, 'outer', outer, 2), [p.x!, p.to!], all, { from: p.from!, to: p.end! })];
  });
  return module.add(rows);
}

/** Rows of the target that are turned at a time: more that are a power of two apart would not stay in the first cache. */
const turned = 8;

/**
 * Adds copies of planes with the dims swapped: (x, to, rows, n, the step of x along a row of the target, the step of the
 * target from row to row, way, from, end). x has its neighbours where the target has its rows. A unit is 8 rows.
 */
export function addTurn(module: ModuleBuilder, name: string, size: 4 | 8, rank: number): FunctionCode {
  const signature: Ints = {
    ...{ x: 'i32', to: 'i32', rows: 'i32', n: 'i32', xStep: 'i32', toRow: 'i32' },
    ...waySignature('outer', rank, 3),
    ...{ from: 'i32', end: 'i32' },
  };
  const side = 16 / size;
  const turn = define(name, signature, (p, f) => {
    const [row, height, i, j, from, to] = f.many('i32', 6) as [Int, Int, Int, Int, Int, Int];
    const elements = loopFrom(i, 0, height, 1, [
      from.set(i32.add(p.x!, i32.mul(i, size))),
      to.set(i32.add(p.to!, i32.mul(i, p.toRow!))),
      loopFrom(j, 0, p.n!, 1, [moveOne('copy', size, to, from), increase(from, p.xStep!), increase(to, size)]),
    ]);
    const squares = overlapping(f, p.n!, side, (j) =>
      overlapping(f, height, side, (i) => [
        from.set(i32.add(p.x!, i32.add(i32.mul(i, size), i32.mul(j, p.xStep!)))),
        to.set(i32.add(p.to!, i32.add(i32.mul(i, p.toRow!), i32.mul(j, size)))),
        ...turnSquare(f, side, from, p.xStep!, to, p.toRow!),
      ]),
    );
    const body = [
      height.set(i32.sub(p.rows!, row)),
      height.set(select(i32.lt(height, turned), height, i32.const(turned))),
      when(i32.and(i32.ge(height, side), i32.ge(p.n!, side)), squares, elements),
    ];
    return [walk(f, wayOf(p, 'outer', rank, 3), [p.x!, p.to!, row], body, { from: p.from!, to: p.end! })];
  });
  return module.add(turn);
}

/** `body` at 0, step, …, at last so far back that it ends at `count`, which is at least a step. */
function overlapping(f: FunctionBuilder, count: I32, step: number, body: (at: Int) => Statement[]): Statement[] {
  const [i, at, last] = [f.i32(), f.i32(), f.i32()];
  const bounded = at.set(select(i32.lt(i, last), i, last));
  return [last.set(i32.sub(count, step)), loopFrom(i, 0, count, step, [bounded, ...body(at)])];
}

/** The square at `from` written to `to` with rows and columns swapped. */
function turnSquare(f: FunctionBuilder, side: number, from: Int, xStep: Int, to: Int, toRow: Int): Statement[] {
  const lines = f.many('v128', side);
  const loads = lines.flatMap((v, i) => [...(i > 0 ? [increase(from, xStep)] : []), v.set(v128.load(from))]);
  const stores = transpose(lines).flatMap((v, i) => [...(i > 0 ? [increase(to, toRow)] : []), v128.store(to, v)]);
  return [...loads, ...stores];
}

/** The call that copies x, or adds it, to a target of the same shape; a target's elements lie apart from each other. */
export function planMove(x: HeapArray, target: HeapArray, adds: boolean = false): Call {
  const move = adds ? x.dtype : 'copy';
  const size = bytesPerElement[x.dtype] as Size;
  const shape = x.layout.shape;
  const space = inBytes(mergeDims(shape, [x.layout.strides, target.layout.strides]), [size, size]);
  const from = x.address + x.layout.offset * size;
  const to = target.address + target.layout.offset * size;
  const work = x.layout.size;
  const [inner, plane] = adds ? [space.dims.length - 1, -1] : chooseDims(space, size);
  const outer = without(space, [inner, plane]);
  const step = (array: number, d: number): number => space.strides[array]![d] ?? 0;
  const n = space.dims[inner] ?? 1;
  const near = step(0, inner) === size && step(1, inner) === size;
  if (near && !adds && outer.dims.length === 0) {
    return call(
      'block',
      `block`,
      (m, name) => addBlock(m, name),
      [from, to, n * size],
      Math.ceil((n * size) / line),
      work / 4,
    );
  }
  if (plane >= 0 && size !== 1) {
    const rows = space.dims[plane]!;
    const blocks = inBlocks(
      { dims: [...outer.dims, rows], strides: outer.strides.map((s, i) => [...s, step(i, plane)]) },
      turned,
    );
    const rank = blocks.dims.length;
    return call(
      'turn',
      `turn ${size} ${rank}`,
      (m, name) => addTurn(m, name, size, rank),
      [from, to, rows, n, step(0, inner), step(1, plane), ...wayArguments(blocks)],
      sizeOf(blocks.dims),
      work,
    );
  }
  return planRows(move, size, { from, to, n, xStep: step(0, inner), toStep: step(1, inner) }, outer, noDims);
}

const noDims: Space = { dims: [], strides: [[], []] };

/** The call that moves rows over the dims of two spaces (strides in bytes); shares are cut from the outer one. */
export function planRows(
  move: Move,
  size: Size,
  row: { from: number; to: number; n: number; xStep: number; toStep: number },
  outer: Space,
  inner: Space,
): Call {
  const { from, to, n, xStep, toStep } = row;
  const near = xStep === size && toStep === size;
  const kernel: Rows = { move, size, near, outer: outer.dims.length, inner: inner.dims.length };
  return call(
    'rows',
    `rows ${Object.values(kernel)}`,
    (m, name) => addRows(m, name, kernel),
    [from, to, n, xStep, toStep, ...wayArguments(outer), ...wayArguments(inner)],
    sizeOf(outer.dims),
    n * sizeOf(outer.dims) * sizeOf(inner.dims),
  );
}

/** The call that copies x to row-major order at `to`. */
export function planCopy(x: HeapArray, to: number): Call {
  return planMove(x, { address: to, layout: contiguousLayout(x.layout.shape), dtype: x.dtype });
}

function call(
  name: string,
  key: string,
  add: (module: ModuleBuilder, name: string) => FunctionCode,
  args: number[],
  units: number,
  work: number,
): Call {
  return { key, build: (module) => void add(module, name), name, args, units, work };
}

/** The dim of the inner loop, and the one to turn it with where x has its neighbours in that (or −1). */
function chooseDims({ dims, strides }: Space, size: Size): [number, number] {
  const near = (array: number): number => strides[array]!.lastIndexOf(size);
  const [x, to] = [near(0), near(1)];
  if (to >= 0 && x >= 0 && x !== to && size !== 1) return [to, x];
  const last = dims.length - 1;
  if (to >= 0 && (x === to || x < 0) && dims[to]! >= 4) return [to, -1];
  return [dims.reduce((longest, n, d) => (n > dims[longest]! ? d : longest), last), -1];
}

function without({ dims, strides }: Space, drop: readonly number[]): Space {
  const kept = (_: number, d: number): boolean => !drop.includes(d);
  return { dims: dims.filter(kept), strides: strides.map((s) => s.filter(kept)) };
}
