/** Where the greatest and least elements are: the first of equals, or the first NaN if there is one. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Params } from '../../src/core/primitive.ts';
import { Accumulator } from './accumulator.ts';
import type { Call, HeapArray } from './call.ts';
import type { Statement } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { countDown, type FunctionBuilder, type FunctionCode, increase, loopWhile, when } from './function.ts';
import { f32x4, f64x2, i32, i32x4, select, v128 } from './instruction.ts';
import { addLines, type Breadth, type Line, type LineKernel, planLines } from './line.ts';
import type { ModuleBuilder } from './module.ts';
import { type Quad, quads } from './quad.ts';
import { type Held, type Vector, VectorCode } from './vector.ts';
import type { Int } from './walk.ts';

/** Which search. */
export interface ArgKernel {
  readonly op: 'max' | 'min';
  readonly dtype: Dtype;
  /** Whether the elements of a line are neighbours: then the extreme is found first and then its place. */
  readonly near: boolean;
  readonly lines: LineKernel;
}

/** Elements below which a line is gone through once. */
const shortLine = 16;

/** Adds a search over lines (see `addLines`); the result is int32. */
export function addArg(module: ModuleBuilder, constants: ConstantPool, name: string, kernel: ArgKernel): FunctionCode {
  const { bytes } = quads[kernel.dtype];
  return addLines(module, name, kernel.lines, { x: bytes, to: 4 }, (f, line, breadth) =>
    kernel.near ? searchTwice(f, constants, kernel, line) : compare(f, constants, kernel, line, breadth),
  );
}

/** A line of neighbours: its extreme, then the first element that is it. */
function searchTwice(f: FunctionBuilder, constants: ConstantPool, kernel: ArgKernel, line: Line): Statement[] {
  const [extreme, found] = extremeOf(f, constants, kernel, line);
  return [...found, ...placeOf(f, constants, kernel, line, extreme)];
}

/** The extreme of a line in all lanes. */
function extremeOf(
  f: FunctionBuilder,
  constants: ConstantPool,
  { op, dtype }: ArgKernel,
  line: Line,
): [extreme: Held, statements: Statement[]] {
  const access = quads[dtype];
  const [x, left] = [f.i32(), f.i32()];
  const start = new VectorCode(f, constants);
  const parts = [0, 1, 2, 3].map(() => new Accumulator(start, op, dtype));
  const take = (n: number): Statement[] => {
    const c = new VectorCode(f, constants);
    for (let j = 0; j < n; j++) parts[j]!.take(c, access.load(x, 4 * j * access.bytes));
    return [...c.statements, increase(x, 4 * n * access.bytes)];
  };
  const one = new VectorCode(f, constants);
  parts[0]!.takeFirst(one, access.loadOne(x));
  const end = new VectorCode(f, constants);
  for (const other of parts.slice(1)) parts[0]!.merge(end, other);
  const total = parts[0]!.total(end);
  const high = dtype === 'float64' ? 1 : 0; // the second half of the lowest element
  const extreme = end.hold(v128.shuffle32(total, total, 0, high, 0, high));
  const statements = [
    ...[...start.statements, x.set(line.x), left.set(line.n)],
    countDown(left, 16, take(4)),
    countDown(left, 4, take(1)),
    countDown(left, 1, [...one.statements, increase(x, access.bytes)]),
    ...end.statements,
  ];
  return [extreme, statements];
}

/** Stores the place of the first element that is the extreme; there is one. */
function placeOf(
  f: FunctionBuilder,
  constants: ConstantPool,
  { dtype }: ArgKernel,
  line: Line,
  extreme: Held,
): Statement[] {
  const access = quads[dtype];
  const [x, left, place, found] = f.many('i32', 4) as [Int, Int, Int, Int];
  const [four, one] = [new VectorCode(f, constants), new VectorCode(f, constants)];
  const here = (c: VectorCode, quad: Quad): Vector[] => quad.map((v) => isExtreme(c.hold(v), extreme, dtype));
  const anyOfFour = v128.anyTrue(here(four, access.load(x)).reduce((a, b) => v128.or(a, b)));
  const isOne = i32.and(i32x4.bitmask(here(one, access.loadOne(x))[0]!), 1);
  return [
    ...[x.set(line.x), left.set(line.n), place.set(0), found.set(0)],
    loopWhile(i32.ge(select(found, i32.const(0), left), 4), [
      ...four.statements,
      found.set(anyOfFour),
      when(i32.eqz(found), [increase(x, 4 * access.bytes), increase(place, 4)]),
      increase(left, -4),
    ]),
    ...[found.set(0), increase(place, -1)],
    loopWhile(i32.eqz(found), [...one.statements, found.set(isOne), increase(x, access.bytes), increase(place, 1)]),
    i32.store(line.to, place),
  ];
}

/** Whether elements are the extreme; if that is a NaN, whether they are one. */
function isExtreme(v: Held, extreme: Held, dtype: Dtype): Vector {
  if (!dtype.startsWith('float')) return i32x4.eq(v, extreme);
  const { eq, ne } = dtype === 'float64' ? f64x2 : f32x4;
  return v128.or(eq(v, extreme), ne(v, v));
}

/** Each element against the best so far: four lines side by side, or one. */
function compare(
  f: FunctionBuilder,
  constants: ConstantPool,
  { op, dtype }: ArgKernel,
  line: Line,
  breadth: Breadth,
): Statement[] {
  const access = quads[dtype];
  const [x, left, position] = f.many('i32', 3) as [Int, Int, Int];
  const load = breadth === 4 ? access.load : access.loadOne;
  const start = new VectorCode(f, constants);
  const best = load(x).map((v) => start.hold(v));
  const index = start.hold(v128.zero);
  const c = new VectorCode(f, constants);
  const values = load(x).map((v) => c.hold(v));
  const better = values.map((v, i) => c.hold(isBetter(v, best[i]!, op, dtype)));
  c.statements.push(...best.map((b, i) => b.set(v128.select(values[i]!, b, better[i]!))));
  const mask = better[1] ? v128.shuffle32(better[0]!, better[1], 0, 2, 4, 6) : better[0]!;
  c.statements.push(index.set(v128.select(i32x4.splat(position), index, mask)));
  return [
    x.set(line.x),
    ...start.statements,
    left.set(i32.sub(line.n, 1)),
    position.set(1),
    increase(x, line.xStep),
    countDown(left, 1, [...c.statements, increase(position, 1), increase(x, line.xStep)]),
    ...(breadth === 4 ? quads.int32.store : quads.int32.storeOne)(line.to, [index]),
  ];
}

/** Greater (or less), or the first NaN. */
function isBetter(v: Held, best: Held, op: 'max' | 'min', dtype: Dtype): Vector {
  const lanes = dtype === 'float64' ? f64x2 : dtype === 'float32' ? f32x4 : i32x4;
  const beats = op === 'max' ? lanes.gt(v, best) : lanes.lt(v, best);
  if (!dtype.startsWith('float')) return beats;
  return v128.or(beats, v128.and(lanes.ne(v, v), lanes.eq(best, best)));
}

/** The call that searches along `dim`, to row-major order at `to`. */
export function planArg({ op, dim }: Params['arg'], x: HeapArray, to: number): Call {
  const { kernel: lines, args, units, near } = planLines(x, dim, { dtype: 'int32', kept: false, to });
  const twice = near && !lines.abreast && x.layout.shape[dim]! >= shortLine;
  const kernel: ArgKernel = { op, dtype: x.dtype, near: twice, lines };
  return {
    key: `arg ${op} ${x.dtype} ${twice} ${Object.values(lines)}`,
    build: (module, constants) => void addArg(module, constants, 'arg', kernel),
    name: 'arg',
    args,
    units,
    work: x.layout.size,
  };
}
