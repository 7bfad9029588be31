/** Ways to see a tensor's elements through a layout that is not row-major; only `expanded` changes the numbers. */
import { Tensor } from '../../src/tensor/tensor.ts';

/** The same shape under another layout. */
export type View = (x: Tensor) => Tensor;

function copy(x: Tensor): Tensor {
  return Tensor.from(x.dataSync(), { shape: x.shape, dtype: x.dtype });
}

/** Dims stored in the opposite order. */
function transposed(x: Tensor): Tensor {
  const order = x.shape.map((_, d) => x.rank - 1 - d);
  return copy(x.permute(order)).permute(order);
}

/** Stored backwards. */
function flipped(x: Tensor): Tensor {
  return copy(x.flip()).flip();
}

/** Every second element of a larger tensor, from an offset on. */
function strided(x: Tensor): Tensor {
  if (x.rank === 0) return copy(x);
  const last = x.rank - 1;
  const twice = Tensor.stack([x, x], last + 1).reshape(x.shape.map((n, d) => (d === last ? 2 * n : n)));
  const lead = x.shape.slice(1).map(() => null);
  const wider = copy(Tensor.concat([twice.slice([0, 1]), twice]));
  const inner = wider.slice([1], ...lead);
  return inner.slice(...x.shape.map((_, d) => (d === last ? ([1, null, 2] as const) : null)));
}

/** The first row of the first dim, repeated without a copy. */
function expanded(x: Tensor): Tensor {
  return x.rank === 0 ? x : copy(x.narrow(0, 0, 1)).expand(x.shape);
}

export const views: Readonly<Record<string, View>> = { transposed, flipped, strided, expanded };
