/** How results of another way of executing are compared with those of the plain loops in float64. */
import { expect } from 'vitest';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** Fails where an element is further off than `tolerance` of the greatest number (and of 1). */
export function expectClose(got: Tensor, expected: Tensor, tolerance: number, what: string): void {
  expect(got.shape, what).toEqual(expected.shape);
  const [a, b] = [got.dataSync(), expected.dataSync()];
  let greatest = 1;
  for (const x of b) if (Number.isFinite(x)) greatest = Math.max(greatest, Math.abs(x));
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || (Number.isNaN(a[i]) && Number.isNaN(b[i]))) continue;
    const apart = Math.abs(a[i]! - b[i]!);
    if (!(apart <= tolerance * greatest)) expect.fail(`${what}, element ${i}: got ${a[i]}, expected ${b[i]}`);
  }
}
