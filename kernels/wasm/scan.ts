/** Running sums along a dim: in double precision, each rounded once; int32 wraps; a line goes to one thread. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Params } from '../../src/core/primitive.ts';
import { Accumulator } from './accumulator.ts';
import type { Call, HeapArray } from './call.ts';
import type { ConstantPool } from './constant.ts';
import { countDown, type FunctionCode, increase } from './function.ts';
import { addLines, type LineKernel, planLines } from './line.ts';
import type { ModuleBuilder } from './module.ts';
import { convert, quads } from './quad.ts';
import { VectorCode } from './vector.ts';

/** The dtype of running sums. */
export function scanDtype(dtype: Dtype): Dtype {
  return dtype === 'bool' ? 'int32' : dtype;
}

/** Adds running sums over lines (see `addLines`). */
export function addScan(
  module: ModuleBuilder,
  constants: ConstantPool,
  name: string,
  dtype: Dtype,
  kernel: LineKernel,
): FunctionCode {
  const [source, target] = [quads[dtype], quads[scanDtype(dtype)]];
  return addLines(module, name, kernel, { x: source.bytes, to: target.bytes }, (f, line, breadth) => {
    const [x, to, left] = f.many('i32', 3) as [typeof line.x, typeof line.x, typeof line.x];
    const start = new VectorCode(f, constants);
    const sums = new Accumulator(start, 'sum', dtype);
    const c = new VectorCode(f, constants);
    sums.take(c, breadth === 4 ? source.load(x) : source.loadOne(x));
    const out = convert(c, sums.lanes(c), sums.dtype, scanDtype(dtype)).map((v) => c.hold(v));
    const store = breadth === 4 ? target.store : target.storeOne;
    return [
      ...start.statements,
      ...[x.set(line.x), to.set(line.to), left.set(line.n)],
      countDown(left, 1, [...c.statements, ...store(to, out), increase(x, line.xStep), increase(to, line.toStep)]),
    ];
  });
}

/** The call that sums up along `dim`, to row-major order at `to`. */
export function planScan({ dim, reverse }: Params['scan'], x: HeapArray, to: number): Call {
  const dtype = scanDtype(x.dtype);
  const { kernel, args, units } = planLines(x, dim, { dtype, kept: true, to });
  const [from, into, n, xStep, toStep, ...rest] = args as [number, number, number, number, number, ...number[]];
  const last = reverse ? Math.max(0, n - 1) : 0;
  const way = reverse ? -1 : 1;
  return {
    key: `scan ${x.dtype} ${Object.values(kernel)}`,
    build: (module, constants) => void addScan(module, constants, 'scan', x.dtype, kernel),
    name: 'scan',
    args: [from + last * xStep, into + last * toStep, n, way * xStep, way * toStep, ...rest],
    units,
    work: x.layout.size,
  };
}
