/** Operands for plans, and how near a result must be to the one of the CPU. */
import { expect } from 'vitest';
import type { TypedArray } from '../../../src/core/dtype.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { type Arrangement, Dice, operand } from '../operands.ts';
import type { Given } from './on-cpu-mode.ts';

const dice = new Dice(7);

/** A float32 operand as plans take it, whose storage the kernels of the CPU take too. */
export interface Both extends Given {
  readonly storage: Float32Array;
}

export function given(shape: Shape, arrangement: Arrangement = 'plain'): Both {
  const { storage, layout } = operand(dice, shape, 'float32', arrangement);
  const data = Float32Array.from(storage);
  return { storage: data, data, layout, dtype: 'float32' };
}

/** An operand that is one number everywhere. */
export function single(shape: Shape, value: number): Both {
  const data = new Float32Array([value]);
  const layout = { ...contiguousLayout(shape), strides: shape.map(() => 0) };
  return { storage: data, data, layout, dtype: 'float32', value };
}

/**
 * Relative to the greatest of the numbers, since sums are in another order.
 * @param terms how many each sum has, where they may cancel out.
 */
export function expectClose(got: Float32Array, expected: TypedArray | readonly number[], terms: number = 1): void {
  expect(got.length).toBe(expected.length);
  let scale = Math.sqrt(terms);
  for (const x of expected) scale = Math.max(scale, Math.abs(x));
  for (const [i, x] of expected.entries()) {
    if (!(Math.abs(got[i]! - x) <= 1e-6 * scale)) expect.fail(`element ${i}: got ${got[i]}, expected ${x}`);
  }
}
