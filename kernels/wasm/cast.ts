/** Casts: elements of any layout as another dtype, in row-major order, four at a time where they are neighbours. */
import { bytesPerElement, type Dtype } from '../../src/core/dtype.ts';
import { mergeDims, rowMajorStrides } from '../../src/core/layout.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Call, HeapArray } from './call.ts';
import type { Statement } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { countDown, define, type FunctionCode, increase } from './function.ts';
import { i32, select } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { convert, quads } from './quad.ts';
import { VectorCode } from './vector.ts';
import { type Int, type Ints, inBlocks, inBytes, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** Elements of the innermost dim that are cast at a time. */
const block = 1024;

/** Which cast. */
interface CastKernel {
  readonly from: Dtype;
  readonly to: Dtype;
  /** Whether the elements of the innermost dim are neighbours. */
  readonly near: boolean;
  readonly rank: number;
}

/** Adds a cast: (x, result, elements of the innermost dim, step of x in it, way, from, end). A unit is a block of 1,024. */
export function addCast(
  module: ModuleBuilder,
  constants: ConstantPool,
  name: string,
  { from, to, near, rank }: CastKernel,
): FunctionCode {
  const [source, target] = [quads[from], quads[to]];
  const signature: Ints = {
    ...{ x: 'i32', to: 'i32', n: 'i32', step: 'i32' },
    ...waySignature('outer', rank, 3),
    ...{ from: 'i32', end: 'i32' },
  };
  const cast = define(name, signature, (p, f) => {
    const [column, left, x, y] = f.many('i32', 4) as [Int, Int, Int, Int];
    const some = (count: number): Statement[] => {
      const c = new VectorCode(f, constants);
      for (let j = 0; j < count; j++) {
        const quad = convert(c, source.load(x, 4 * j * source.bytes), from, to);
        c.statements.push(
          ...target.store(
            y,
            quad.map((v) => c.hold(v)),
            4 * j * target.bytes,
          ),
        );
      }
      return [...c.statements, increase(x, 4 * count * source.bytes), increase(y, 4 * count * target.bytes)];
    };
    const one = (): Statement[] => {
      const c = new VectorCode(f, constants);
      const quad = convert(c, source.loadOne(x), from, to).map((v) => c.hold(v));
      return [...c.statements, ...target.storeOne(y, quad), increase(x, p.step!), increase(y, target.bytes)];
    };
    const body = [
      left.set(i32.sub(p.n!, column)),
      left.set(select(i32.lt(left, block), left, i32.const(block))),
      x.set(p.x!),
      y.set(p.to!),
      ...(near ? [countDown(left, 16, some(4)), countDown(left, 4, some(1))] : []),
      countDown(left, 1, one()),
    ];
    return [walk(f, wayOf(p, 'outer', rank, 3), [p.x!, p.to!, column], body, { from: p.from!, to: p.end! })];
  });
  return module.add(cast);
}

/** The call that casts x, to row-major order at `to`. */
export function planCast(x: HeapArray, dtype: Dtype, to: number): Call {
  const sizes = [bytesPerElement[x.dtype], bytesPerElement[dtype]];
  const { shape, strides, offset, size } = x.layout;
  const merged = mergeDims(shape, [strides, rowMajorStrides(shape)]);
  const space = merged.dims.length > 0 ? merged : { dims: [1], strides: [[1], [1]] };
  const last = space.dims.length - 1;
  const step = space.strides[0]![last]!;
  const outer = inBlocks(inBytes(space, sizes), block);
  const kernel: CastKernel = { from: x.dtype, to: dtype, near: step === 1, rank: space.dims.length };
  return {
    key: `cast ${Object.values(kernel)}`,
    build: (module, constants) => void addCast(module, constants, 'cast', kernel),
    name: 'cast',
    args: [x.address + offset * sizes[0]!, to, space.dims[last]!, step * sizes[0]!, ...wayArguments(outer)],
    units: sizeOf(outer.dims),
    work: size,
  };
}
