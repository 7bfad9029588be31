/** Float32 vectors as two float64 vectors of half their lanes each, for steps that single precision cannot hold. */
import { f32x4, f64x2, v128 } from './instruction.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

/** The low and the high lanes. */
export type Halves<T extends Vector = Held> = readonly [T, T];

export function promote(c: VectorCode, x: Held): Halves {
  return [c.hold(f64x2.promoteLowF32x4(x)), c.hold(f64x2.promoteLowF32x4(v128.shuffle32(x, x, 2, 3, 2, 3)))];
}

/** Both halves rounded to float32. */
export function demote([low, high]: Halves<Vector>): Vector {
  return v128.shuffle32(f32x4.demoteF64x2(low), f32x4.demoteF64x2(high), 0, 1, 4, 5);
}

/** The lower (0) or upper (1) 32 bits of each float64; of masks either. */
export function words([low, high]: Halves<Vector>, which: 0 | 1): Vector {
  return v128.shuffle32(low, high, which, 2 + which, 4 + which, 6 + which);
}

/** What `compute` makes of each half. */
export function each<A extends Vector, B>([low, high]: Halves<A>, compute: (half: A, i: 0 | 1) => B): readonly [B, B] {
  return [compute(low, 0), compute(high, 1)];
}
