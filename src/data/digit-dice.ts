/** Random numbers for drawing: threefry bits and exact arithmetic only, so that every platform draws the same. */
import { Generator } from '../core/random.ts';
import { uniforms } from './uniform.ts';

/** Keeps the drawn digits apart from whatever else is drawn from the same seed. */
const purpose = 0x64696769;

const sqrt3 = 1.7320508075688772;

/** The random numbers of one image. */
export class Dice {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;

  constructor(seed: number, image: number) {
    const { key } = new Generator(seed).state;
    this.uniform = uniforms({ key: [key[0], key[1] ^ purpose], index: image });
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** About normal with this deviation and never more than 3.5 times it: the sum of four uniform numbers. */
  normal(deviation: number): number {
    return (this.uniform() + this.uniform() + this.uniform() + this.uniform() - 2) * sqrt3 * deviation;
  }

  chance(p: number): boolean {
    return this.uniform() < p;
  }
}
