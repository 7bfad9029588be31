/** When two results of a kernel are the same: each number equal, NaN to NaN, zeros whatever their sign. */
import type { TypedArray } from '../../src/core/dtype.ts';

/** What differs first, or undefined. */
export function difference(got: TypedArray, expected: TypedArray): string | undefined {
  if (got.constructor !== expected.constructor || got.length !== expected.length) {
    return `got ${got.constructor.name} of ${got.length}, expected ${expected.constructor.name} of ${expected.length}`;
  }
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) return `element ${i}: got ${a}, expected ${b}`;
  }
  return undefined;
}
