/** Uniform numbers and orders from the bits of one draw: exact arithmetic, the same on every platform. */
import { type Draw, threefry } from '../core/random.ts';

/** A source of numbers in [0, 1), multiples of 2⁻³², that depend on nothing but the draw. */
export function uniforms(draw: Draw): () => number {
  const words = new Int32Array(2);
  let block = 0;
  let second = false;
  return () => {
    second = !second;
    if (second) threefry(draw.key, block++, draw.index, words);
    return (words[second ? 0 : 1]! >>> 0) / 4294967296;
  };
}

/** The numbers 0 to n − 1 in random order (Fisher and Yates). */
export function shuffled(n: number, uniform: () => number): Int32Array {
  const out = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const x = out[i]!;
    out[i] = out[j]!;
    out[j] = x;
  }
  return out;
}
