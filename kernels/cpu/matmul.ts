/** Matrix products of any strides, over batches: sums in double precision in the order of k, rounded once. */
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import { elementOffsets } from '../../src/core/layout.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import type { Operand } from './operand.ts';
import { product } from './product.ts';

/** [.., M, K] · [.., K, N] → [.., M, N]; the batch dims are equal (stride 0 where one was broadcast). */
export function matmul(a: Operand, b: Operand, outShape: Shape, dtype: Dtype): TypedArray {
  const rank = outShape.length;
  const out = allocate(dtype, sizeOf(outShape));
  const batch = outShape.slice(0, -2);
  const [m, n, k] = [outShape[rank - 2]!, outShape[rank - 1]!, a.layout.shape[rank - 1]!];
  if (out.length === 0 || k === 0) return out;
  const count = out.length / (m * n);
  // A factor that all batches share meets the other's rows of all batches in one product.
  const wide = count > 1 && repeats(b);
  const tall = !wide && count > 1 && repeats(a);
  const left = {
    data: a.storage,
    at: a.layout.offset,
    rows: rowsOf(a, wide ? batch : [], rank - 2),
    ks: ramp(k, a.layout.strides[rank - 1]!),
  };
  const right = {
    data: b.storage,
    at: b.layout.offset,
    rows: rowsOf(b, tall ? batch : [], rank - 1),
    ks: ramp(k, b.layout.strides[rank - 2]!),
  };
  const rows = ramp(wide ? count * m : m, n);
  const columns = tall ? elementOffsets([count, n], [m * n, 1], 0) : ramp(n, 1);
  const result = { data: out, at: 0, rows, columns };
  if (wide || tall || count === 1) {
    product(rows.length, columns.length, k, left, right, result);
    return out;
  }
  const lefts = elementOffsets(batch, a.layout.strides.slice(0, -2), a.layout.offset);
  const rights = elementOffsets(batch, b.layout.strides.slice(0, -2), b.layout.offset);
  for (let i = 0; i < count; i++) {
    left.at = lefts[i]!;
    right.at = rights[i]!;
    result.at = i * m * n;
    product(m, n, k, left, right, result);
  }
  return out;
}

/** Whether all batches of x are the same matrix. */
function repeats(x: Operand): boolean {
  const { shape, strides } = x.layout;
  for (let d = 0; d < shape.length - 2; d++) if (shape[d] !== 1 && strides[d] !== 0) return false;
  return true;
}

/** Where the rows along `dim` of each batch start, from the layout's offset. */
function rowsOf(x: Operand, batch: Shape, dim: number): Int32Array {
  const { shape, strides } = x.layout;
  if (batch.length === 0) return ramp(shape[dim]!, strides[dim]!);
  return elementOffsets([...batch, shape[dim]!], [...strides.slice(0, batch.length), strides[dim]!], 0);
}

function ramp(n: number, step: number): Int32Array {
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) out[i] = i * step;
  return out;
}
