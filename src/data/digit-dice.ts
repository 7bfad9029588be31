/** Random numbers for drawing: threefry bits and exact arithmetic only, so that every platform draws the same. */
import { Generator, threefry } from '../core/random.ts';

/** Keeps the drawn digits apart from whatever else is drawn from the same seed. */
const purpose = 0x64696769;

const sqrt3 = 1.7320508075688772;

/** The random numbers of one image. */
export class Dice {
  private readonly key: readonly [number, number];
  private readonly image: number;
  private readonly words = new Int32Array(2);
  private block = 0;
  private second = false;

  constructor(seed: number, image: number) {
    const { key } = new Generator(seed).state;
    this.key = [key[0], key[1] ^ purpose];
    this.image = image;
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number {
    this.second = !this.second;
    if (this.second) threefry(this.key, this.block++, this.image, this.words);
    return (this.words[this.second ? 0 : 1]! >>> 0) / 4294967296;
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

  /** The numbers 0 to n − 1 in random order (Fisher and Yates). */
  order(n: number): number[] {
    const out = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}
