/** Handwritten digits that the library draws itself, so that a first model trains anywhere without a download. */
import { ArgumentError } from '../core/errors.ts';
import { Dice } from './digit-dice.ts';
import { curve, develop, distort, ink, place, side } from './digit-ink.ts';
import { strokesOf } from './digit-strokes.ts';
import type { ImageSet } from './image-set.ts';
import { shuffled } from './uniform.ts';

/** Options of `drawDigits`. */
export interface DigitOptions {
  /** How many images. */
  readonly count: number;
  /** The same seed draws the same bytes on every platform; default 0. */
  readonly seed?: number;
}

/**
 * Images of the digits 0 to 9, 28×28 bytes as MNIST has them: 0 is paper, 255 is ink.
 *
 * Each ten in a row hold every digit once, in random order; the first images of a larger count are the same.
 *
 * @throws ArgumentError for a count or seed that is no whole number of at least 0.
 * @example
 * const { images, shape, labels } = drawDigits({ count: 12000, seed: 1 }); // shape [12000, 28, 28]
 */
export function drawDigits(options: DigitOptions): ImageSet {
  const { count, seed = 0 } = options;
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new ArgumentError(`drawDigits: count must be a whole number of at least 0; got ${count}`);
  }
  const size = side * side;
  const images = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  const paper = new Float64Array(size);
  let order: Int32Array = new Int32Array(10);
  for (let i = 0; i < count; i++) {
    const dice = new Dice(seed, i);
    if (i % 10 === 0) order = shuffled(10, dice.uniform);
    const digit = order[i % 10]!;
    labels[i] = digit;
    draw(digit, dice, paper, images.subarray(i * size, (i + 1) * size));
  }
  return { images, shape: [count, side, side], labels };
}

function draw(digit: number, dice: Dice, paper: Float64Array, out: Uint8Array): void {
  paper.fill(0);
  const pieces = place(distort(strokesOf(digit, dice), dice).map(curve), dice);
  const radius = dice.between(0.8, 1.9);
  for (const piece of pieces) ink(paper, piece, radius, dice);
  develop(paper, dice, out);
}
