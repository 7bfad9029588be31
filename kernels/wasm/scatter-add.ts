/**
 * The adjoint of gather: elements added at their index along a dim, whole rows where the index repeats.
 *
 * Elements are added in row-major order of what is scattered, in the output's own precision. Threads take parts of the
 * rows, or else of the dims before the indexed one.
 */
import { bytesPerElement, type Dtype } from '../../src/core/dtype.ts';
import { mergeDims, rowMajorStrides, type Space } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import type { Call, HeapArray } from './call.ts';
import { moveOne, moveRun, type Size } from './copy.ts';
import { line, planZeros } from './fill.ts';
import { countDown, define, type FunctionCode, increase } from './function.ts';
import { i32, select } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { type Int, type Ints, inBytes, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/**
 * Adds a scatter of rows: (x, index, result, elements of a row, bytes from one index to the next in the result, way,
 * from, end). A unit is 64 bytes of every row. Indices must be inside.
 */
export function addScatterRows(
  module: ModuleBuilder,
  name: string,
  { move, size, rank }: { move: Dtype; size: Size; rank: number },
): FunctionCode {
  const signature: Ints = {
    ...{ x: 'i32', index: 'i32', to: 'i32', n: 'i32', stride: 'i32' },
    ...waySignature('outer', rank, 3),
    ...{ from: 'i32', end: 'i32' },
  };
  const rows = define(name, signature, (p, f) => {
    const [start, stop, count, x, to] = f.many('i32', 5) as [Int, Int, Int, Int, Int];
    const row = [
      x.set(i32.add(p.x!, start)),
      to.set(i32.add(i32.add(p.to!, start), i32.mul(i32.load(p.index!), p.stride!))),
      ...moveRun(f, move, size, to, x, count),
    ];
    return [
      start.set(i32.mul(p.from!, line)),
      stop.set(i32.mul(p.end!, line)),
      stop.set(select(i32.lt(stop, i32.mul(p.n!, size)), stop, i32.mul(p.n!, size))),
      count.set(i32.divU(i32.sub(stop, start), size)),
      walk(f, wayOf(p, 'outer', rank, 3), [p.x!, p.index!, p.to!], row),
    ];
  });
  return module.add(rows);
}

/**
 * Adds a scatter of single elements: (x, index, result, elements of the innermost dim, steps of all three in it, bytes
 * from one index to the next in the result, ways of the dims before the indexed one and of the others, from, end).
 */
export function addScatterPoints(
  module: ModuleBuilder,
  name: string,
  kernel: { move: Dtype; size: Size; outer: number; inner: number },
): FunctionCode {
  const { move, size, outer, inner } = kernel;
  const signature: Ints = {
    ...{ x: 'i32', index: 'i32', to: 'i32', n: 'i32', xStep: 'i32', indexStep: 'i32', toStep: 'i32', stride: 'i32' },
    ...waySignature('outer', outer, 3),
    ...waySignature('inner', inner, 3),
    ...{ from: 'i32', end: 'i32' },
  };
  const points = define(name, signature, (p, f) => {
    const start = [p.x!, p.index!, p.to!];
    const runs = f.many('i32', 3);
    const own = f.many('i32', 3);
    const [x, index, to] = own as [Int, Int, Int];
    const [left, target] = [f.i32(), f.i32()];
    const run = [
      ...own.map((q, i) => q.set(runs[i]!)),
      left.set(p.n!),
      countDown(left, 1, [
        target.set(i32.add(to, i32.mul(i32.load(index), p.stride!))),
        moveOne(move, size, target, x),
        ...[increase(x, p.xStep!), increase(index, p.indexStep!), increase(to, p.toStep!)],
      ]),
    ];
    const all = [...runs.map((q, i) => q.set(start[i]!)), walk(f, wayOf(p, 'inner', inner, 3), runs, run)];
    return [walk(f, wayOf(p, 'outer', outer, 3), start, all, { from: p.from!, to: p.end! })];
  });
  return module.add(points);
}

/**
 * The calls, one after another, that add each element of x at its index along `dim` in zeros of `outShape` at `to`; ask
 * `firstOutside` before.
 */
export function planScatterAdd(
  { dim }: Params['scatterAdd'],
  x: HeapArray,
  index: HeapArray,
  outShape: Shape,
  to: number,
): Call[] {
  const zeros = planZeros(x.dtype, sizeOf(outShape), to);
  if (x.layout.size === 0) return [zeros];
  const size = bytesPerElement[x.dtype] as Size;
  const strides = rowMajorStrides(outShape);
  const sides = [x.layout.strides, index.layout.strides, strides.map((s, d) => (d === dim ? 0 : s))];
  const space = (from: number, end: number): Space => {
    const parts = sides.map((s) => s.slice(from, end));
    return inBytes(mergeDims(x.layout.shape.slice(from, end), parts), [size, 4, size]);
  };
  const scatter: Scatter = {
    move: x.dtype,
    size,
    starts: [x.address + x.layout.offset * size, index.address + index.layout.offset * 4, to],
    stride: strides[dim]! * size,
    work: x.layout.size,
  };
  const rank = outShape.length;
  return [zeros, rowsCall(scatter, space(0, rank)) ?? pointsCall(scatter, space(0, dim), space(dim, rank))];
}

/** What the calls have in common. */
interface Scatter {
  readonly move: Dtype;
  readonly size: Size;
  /** Of x, index and result. */
  readonly starts: readonly number[];
  readonly stride: number;
  readonly work: number;
}

/** The innermost dim of a space, taken out of it. */
function takeInner({ dims, strides }: Space): { n: number; steps: number[] } {
  return { n: dims.pop() ?? 1, steps: strides.map((s) => s.pop() ?? 0) };
}

/** The call over whole rows, if the innermost dim is one. */
function rowsCall({ move, size, starts, stride, work }: Scatter, space: Space): Call | undefined {
  const { n, steps } = takeInner(space);
  if (steps[0] !== size || steps[1] !== 0 || steps[2] !== size) return undefined;
  const kernel = { move, size, rank: space.dims.length };
  return {
    key: `scatterRows ${Object.values(kernel)}`,
    build: (module) => void addScatterRows(module, 'scatterRows', kernel),
    name: 'scatterRows',
    args: [...starts, n, stride, ...wayArguments(space)],
    units: Math.ceil((n * size) / line),
    work,
  };
}

function pointsCall({ move, size, starts, stride, work }: Scatter, outer: Space, inner: Space): Call {
  const { n, steps } = takeInner(inner);
  const kernel = { move, size, outer: outer.dims.length, inner: inner.dims.length };
  return {
    key: `scatterPoints ${Object.values(kernel)}`,
    build: (module) => void addScatterPoints(module, 'scatterPoints', kernel),
    name: 'scatterPoints',
    args: [...starts, n, ...steps, stride, ...wayArguments(outer), ...wayArguments(inner)],
    units: sizeOf(outer.dims),
    work,
  };
}
