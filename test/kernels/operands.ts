/** Operands to test kernels with: every dtype under every kind of layout, from seeded numbers. */
import type { Operand } from '../../kernels/cpu/operand.ts';
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import { contiguousLayout, expandLayout, type Layout, permuteLayout, sliceLayout } from '../../src/core/layout.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';

/** Ways to lie in storage: row-major, dims swapped, part of more, backwards, repeated, all of these at random. */
export const arrangements = ['plain', 'permuted', 'sliced', 'flipped', 'expanded', 'mixed'] as const;
export type Arrangement = (typeof arrangements)[number];

/** Numbers in [0, 1) that repeat for a seed (mulberry32, so as not to test random bits with themselves). */
export class Dice {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  /** The numbers 0 to n − 1 in some order. */
  order(n: number): number[] {
    const out = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}

const specials = [Number.NaN, Infinity, -Infinity, -0, 0];

/** Random elements: floats with few equals, whole 32-bit numbers, or bools. */
export function elements(dice: Dice, dtype: Dtype, size: number, special: boolean = false): TypedArray {
  const out = allocate(dtype, size);
  for (let i = 0; i < size; i++) {
    if (dtype === 'bool') out[i] = dice.below(2);
    else if (dtype === 'int32') out[i] = Math.floor(dice.next() * 4294967296) - 2147483648;
    else if (special && dice.below(6) === 0) out[i] = specials[dice.below(specials.length)]!;
    else out[i] = special ? dice.below(7) - 3 : 4 * dice.next() - 2;
  }
  return out;
}

/** An operand of `shape`; the storage around and between its elements holds other numbers. */
export function operand(
  dice: Dice,
  shape: Shape,
  dtype: Dtype = 'float32',
  arrangement: Arrangement = 'plain',
  special: boolean = false,
): Operand {
  const { layout, size } = arranged(dice, shape, arrangement);
  return { storage: elements(dice, dtype, size, special), layout, dtype };
}

/** An operand of whole numbers from 0 to n − 1. */
export function indices(dice: Dice, shape: Shape, n: number, arrangement: Arrangement = 'plain'): Operand {
  const { layout, size } = arranged(dice, shape, arrangement);
  return { storage: Int32Array.from({ length: size }, () => dice.below(n)), layout, dtype: 'int32' };
}

function arranged(dice: Dice, shape: Shape, arrangement: Arrangement): { layout: Layout; size: number } {
  const does = (kind: Arrangement, odds: number) =>
    arrangement === kind || (arrangement === 'mixed' && dice.next() < odds);
  const order = does('permuted', 0.6) ? dice.order(shape.length) : shape.map((_, d) => d);
  const wide = does('sliced', 0.6);
  const margins = shape.map(() => (wide ? dice.below(3) : 0));
  const gaps = shape.map(() => (wide ? 1 + dice.below(3) : 1));
  const flips = shape.map(() => does('flipped', 0.4));
  const repeats = shape.map((n) => n > 0 && does('expanded', 0.25) && dice.below(3) > 0);
  const kept = shape.map((n, d) => (repeats[d] ? 1 : n));
  // Storage of the permuted, wider shape; then the views that lead back to `shape`.
  const stored = order.map((d) => 2 * margins[d]! + Math.max(0, kept[d]! - 1) * gaps[d]! + (kept[d]! > 0 ? 1 : 0));
  const back = shape.map((_, d) => order.indexOf(d));
  const whole = permuteLayout(contiguousLayout(stored), back);
  const starts = kept.map((n, d) => margins[d]! + (flips[d] ? Math.max(0, n - 1) * gaps[d]! : 0));
  const steps = gaps.map((gap, d) => (flips[d] ? -gap : gap));
  return { layout: expandLayout(sliceLayout(whole, starts, steps, kept), shape), size: sizeOf(stored) };
}
