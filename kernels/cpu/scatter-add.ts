/** The adjoint of gather: elements added at their index along a dim, whole rows where the index repeats. */
import { allocate, type TypedArray } from '../../src/core/dtype.ts';
import { rowMajorStrides } from '../../src/core/layout.ts';
import type { Params } from '../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import { addRun } from './accumulate.ts';
import { indexed, outside } from './indexed.ts';
import type { Operand } from './operand.ts';

/**
 * Zeros of `outShape` with each element of x added at its index along `dim`: in row-major order of x, in the output's
 * own precision; int32 wraps, bools are or-ed. x has the index's shape.
 * @throws IndexError where an index is not in [0, size).
 */
export function scatterAdd(params: Params['scatterAdd'], x: Operand, index: Operand, outShape: Shape): TypedArray {
  const { dim, size } = params;
  const out = allocate(x.dtype, sizeOf(outShape));
  const strides = rowMajorStrides(outShape);
  const stride = strides[dim]!;
  const to = indexed(index.layout, strides, 0, dim, x.layout);
  const [data, indices] = [x.storage, index.storage];
  for (let r = 0, position = 0; r < to.starts.length; r++) {
    let at = to.indexStarts[r]!;
    let o = to.starts[r]!;
    let i = to.sourceStarts[r]!;
    const runs = to.indexStep === 0 ? 1 : to.count;
    const run = to.count / runs;
    for (let j = 0; j < runs; j++, position += run) {
      const k = indices[at]!;
      if (!(k >= 0 && k < size)) throw outside('scatterAdd', k, size, dim, position, index.layout.shape);
      addRun(out, o + k * stride, to.step, data, i, to.sourceStep, run);
      at += to.indexStep;
      o += to.step;
      i += to.sourceStep;
    }
  }
  return out;
}
