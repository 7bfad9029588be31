/** Kernels that go along the lines of an array: which lines a share has, and whether four neighbours go side by side. */
import { bytesPerElement, type Dtype } from '../../src/core/dtype.ts';
import { mergeDims, rowMajorStrides, type Space } from '../../src/core/layout.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { HeapArray } from './call.ts';
import type { Statement } from './code.ts';
import { countDown, define, type FunctionBuilder, type FunctionCode, increase } from './function.ts';
import { i32, select } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { type Int, type Ints, inBlocks, inBytes, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** Neighbouring lines in a unit. */
const block = 16;

/** Four lines side by side, or one. */
export type Breadth = 4 | 'one';

/** How a kernel goes along lines. */
export interface LineKernel {
  /** Whether neighbouring lines have neighbouring elements, in x and in the result. */
  readonly abreast: boolean;
  readonly rank: number;
}

/** Where the lines of x and of the result are: pointers, elements of a line, and the steps along it in bytes. */
export interface Line {
  readonly x: Int;
  readonly to: Int;
  readonly n: Int;
  readonly xStep: Int;
  readonly toStep: Int;
}

/**
 * Adds a function that does `body` for lines: (x, result, elements of a line, steps of both along it, lines in a row, way
 * of the lines, from, end). A unit is a line, or 16 neighbouring ones. `body` leaves the pointers as they are.
 */
export function addLines(
  module: ModuleBuilder,
  name: string,
  { abreast, rank }: LineKernel,
  bytes: { readonly x: number; readonly to: number },
  body: (f: FunctionBuilder, line: Line, breadth: Breadth) => readonly Statement[],
): FunctionCode {
  const signature: Ints = {
    ...{ x: 'i32', to: 'i32', n: 'i32', xStep: 'i32', toStep: 'i32', columns: 'i32' },
    ...waySignature('lines', rank, abreast ? 3 : 2),
    ...{ from: 'i32', end: 'i32' },
  };
  const lines = define(name, signature, (p, f) => {
    const [column, left, x, to] = f.many('i32', 4) as [Int, Int, Int, Int];
    const line: Line = { x, to, n: p.n!, xStep: p.xStep!, toStep: p.toStep! };
    const part = { from: p.from!, to: p.end! };
    const start = [x.set(p.x!), to.set(p.to!)];
    const way = wayOf(p, 'lines', rank, abreast ? 3 : 2);
    if (!abreast) return [walk(f, way, [p.x!, p.to!], [...start, ...body(f, line, 'one')], part)];
    const next = (n: number): Statement[] => [increase(x, n * bytes.x), increase(to, n * bytes.to)];
    const some = [
      ...start,
      left.set(i32.sub(p.columns!, column)),
      left.set(select(i32.lt(left, block), left, i32.const(block))),
      countDown(left, 4, [...body(f, line, 4), ...next(4)]),
      countDown(left, 1, [...body(f, line, 'one'), ...next(1)]),
    ];
    return [walk(f, way, [p.x!, p.to!, column], some, part)];
  });
  return module.add(lines);
}

/** The lines of x along `dim`, and of a row-major result at `to`; in the result each is `kept` or becomes one element. */
export function planLines(
  x: HeapArray,
  dim: number,
  result: { readonly dtype: Dtype; readonly kept: boolean; readonly to: number },
): { readonly kernel: LineKernel; readonly args: readonly number[]; readonly units: number; readonly near: boolean } {
  const { shape, strides, offset } = x.layout;
  const others = shape.map((n, d) => (d === dim ? 1 : n));
  const into = rowMajorStrides(result.kept ? shape : others);
  const merged = mergeDims(others, [strides, into]);
  const sizes = [bytesPerElement[x.dtype], bytesPerElement[result.dtype]] as const;
  const last = merged.dims.length - 1;
  const columns = merged.dims[last] ?? 1;
  const abreast = columns >= 4 && merged.strides.every((s) => s[last] === 1);
  const single: Space = inBytes(merged, sizes);
  const way = abreast ? inBlocks(single, block) : single;
  const [xStep, toStep] = [strides[dim]! * sizes[0], into[dim]! * sizes[1]];
  return {
    kernel: { abreast, rank: way.dims.length },
    args: [x.address + offset * sizes[0], result.to, shape[dim]!, xStep, toStep, columns, ...wayArguments(way)],
    units: sizeOf(way.dims),
    near: xStep === sizes[0],
  };
}
