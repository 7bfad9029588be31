/** Tensors by their definition, element by element: what ops are compared with. */
import { expect } from 'vitest';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** Reads elements by index. */
export type Reader = (...index: readonly number[]) => number;

export function readerOf(x: Tensor): Reader {
  const [data, shape] = [x.dataSync(), x.shape];
  return (...index) => {
    if (index.length !== shape.length || index.some((i, d) => !(i >= 0 && i < shape[d]!))) {
      throw new RangeError(`[${index.join(', ')}] is outside [${shape.join(', ')}]`);
    }
    return data[index.reduce((at, i, d) => at * shape[d]! + i, 0)]!;
  };
}

/** Expects shape and every element, exactly or to a tolerance. */
export function expectElements(
  found: Tensor,
  shape: readonly number[],
  element: (...index: number[]) => number,
  tolerance: number = 0,
): void {
  expect(found.shape).toEqual(shape);
  const read = readerOf(found);
  const index = new Array<number>(shape.length).fill(0);
  for (let left = found.size; left > 0; left--) {
    const [f, e] = [read(...index), element(...index)];
    const close = tolerance === 0 ? Object.is(f + 0, e + 0) : Math.abs(f - e) <= tolerance * Math.max(1, Math.abs(e));
    if (!close) throw new Error(`element [${index.join(', ')}] is ${f}, by definition ${e}`);
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]; d--) index[d] = 0;
  }
}

/** The sum of f over 0 to n − 1. */
export function sumOver(n: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += f(i);
  return sum;
}
