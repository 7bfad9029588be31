/** Elements picked by an index along a dim; whole rows where the index repeats over the dims behind. */
import { allocate, type TypedArray } from '../../src/core/dtype.ts';
import type { Params } from '../../src/core/primitive.ts';
import { indexed, outside } from './indexed.ts';
import type { Operand } from './operand.ts';

/**
 * `x[.., index, ..]` along `dim`: the result has the index's shape.
 * @throws IndexError where an index is not in [0, n).
 */
export function gather(params: Params['gather'], x: Operand, index: Operand): TypedArray {
  const { dim } = params;
  const out = allocate(x.dtype, index.layout.size);
  const { starts, indexStarts, step, indexStep, count } = indexed(index.layout, x.layout.strides, x.layout.offset, dim);
  const [n, stride] = [x.layout.shape[dim]!, x.layout.strides[dim]!];
  const [data, indices] = [x.storage, index.storage];
  for (let r = 0, o = 0; r < starts.length; r++) {
    let i = starts[r]!;
    let at = indexStarts[r]!;
    if (indexStep === 0) {
      const k = indices[at]!;
      if (!(k >= 0 && k < n)) throw outside('gather', k, n, dim, o, index.layout.shape);
      i += k * stride;
      for (const end = o + count; o < end; o++, i += step) out[o] = data[i]!;
      continue;
    }
    for (const end = o + count; o < end; o++, i += step, at += indexStep) {
      const k = indices[at]!;
      if (!(k >= 0 && k < n)) throw outside('gather', k, n, dim, o, index.layout.shape);
      out[o] = data[i + k * stride]!;
    }
  }
  return out;
}
