/** Elements picked by an index along a dim; whole rows where the index repeats over the dims behind. */
import { bytesPerElement } from '../../src/core/dtype.ts';
import { mergeDims, rowMajorStrides } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Call, HeapArray } from './call.ts';
import { moveOne, moveRun, type Size } from './copy.ts';
import { countDown, define, type FunctionCode, increase } from './function.ts';
import { i32, select } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { type Int, type Ints, inBlocks, inBytes, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** Elements of the innermost dim that are picked at a time. */
const block = 1024;

/** Which gather. */
interface GatherKernel {
  readonly size: Size;
  /** Whether the innermost dim is a row of x that one index picks. */
  readonly rows: boolean;
  readonly rank: number;
}

/**
 * Adds a gather: (x, index, result, elements of the innermost dim, steps of x and of the index in it, bytes from one
 * index to the next in x, way, from, end). A unit is a row, or a block of 1,024 elements. Indices must be inside.
 */
export function addGather(module: ModuleBuilder, name: string, { size, rows, rank }: GatherKernel): FunctionCode {
  const signature: Ints = {
    ...{ x: 'i32', index: 'i32', to: 'i32', n: 'i32', xStep: 'i32', indexStep: 'i32', stride: 'i32' },
    ...waySignature('outer', rank, 4),
    ...{ from: 'i32', end: 'i32' },
  };
  const gather = define(name, signature, (p, f) => {
    const [column, left, x, index, to, source] = f.many('i32', 6) as [Int, Int, Int, Int, Int, Int];
    const row = [
      source.set(i32.add(p.x!, i32.mul(i32.load(p.index!), p.stride!))),
      to.set(p.to!),
      ...moveRun(f, 'copy', size, to, source, p.n!),
    ];
    const points = [
      ...[x.set(p.x!), index.set(p.index!), to.set(p.to!), left.set(i32.sub(p.n!, column))],
      left.set(select(i32.lt(left, block), left, i32.const(block))),
      countDown(left, 1, [
        source.set(i32.add(x, i32.mul(i32.load(index), p.stride!))),
        moveOne('copy', size, to, source),
        ...[increase(x, p.xStep!), increase(index, p.indexStep!), increase(to, size)],
      ]),
    ];
    const pointers = [p.x!, p.index!, p.to!, column];
    return [walk(f, wayOf(p, 'outer', rank, 4), pointers, rows ? row : points, { from: p.from!, to: p.end! })];
  });
  return module.add(gather);
}

/** The call that picks `x[.., index, ..]` along `dim`, to row-major order at `to`; ask `firstOutside` before. */
export function planGather({ dim }: Params['gather'], x: HeapArray, index: HeapArray, to: number): Call {
  const size = bytesPerElement[x.dtype] as Size;
  const { shape, strides } = index.layout;
  const still = x.layout.strides.map((s, d) => (d === dim ? 0 : s));
  const merged = mergeDims(shape, [still, strides, rowMajorStrides(shape)]);
  const space = inBytes(merged.dims.length > 0 ? merged : { dims: [1], strides: [[0], [0], [0]] }, [size, 4, size]);
  const last = space.dims.length - 1;
  const n = space.dims[last]!;
  const [xStep, indexStep] = [space.strides[0]![last]!, space.strides[1]![last]!];
  const rows = indexStep === 0 && xStep === size;
  const outer = inBlocks(space, rows ? n : block);
  const kernel: GatherKernel = { size, rows, rank: outer.dims.length };
  return {
    key: `gather ${Object.values(kernel)}`,
    build: (module) => void addGather(module, 'gather', kernel),
    name: 'gather',
    args: [
      x.address + x.layout.offset * size,
      index.address + index.layout.offset * 4,
      to,
      ...[n, xStep, indexStep, x.layout.strides[dim]! * size],
      ...wayArguments(outer),
    ],
    units: sizeOf(outer.dims),
    work: index.layout.size,
  };
}
