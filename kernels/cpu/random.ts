/** Random elements: threefry 2×32 with 20 rounds (Salmon et al. 2011), counted by block and draw. */
import type { TypedArray } from '../../src/core/dtype.ts';
import { DtypeError } from '../../src/core/errors.ts';
import type { Params } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';

/**
 * Uniform elements in row-major order: float32 takes 24 bits of a word, int32 a word, two of them from each block;
 * float64 takes 53 bits of the block of its index. Floats lie in [0, 1).
 */
export function random(params: Params['random']): TypedArray {
  const { draw, shape, dtype } = params;
  if (dtype === 'bool') throw new DtypeError('random: draws are float32, float64 or int32; got bool; compare a draw');
  const size = sizeOf(shape);
  const words = new Int32Array(dtype === 'float64' ? 2 * size : size + (size & 1));
  threefryBlocks(draw.key, draw.index, words);
  if (dtype === 'int32') return words.subarray(0, size);
  // Each number takes the place of the words it is made of.
  if (dtype === 'float64') {
    const out = new Float64Array(words.buffer);
    for (let i = 0; i < size; i++) {
      out[i] = ((words[2 * i]! >>> 5) * 67108864 + (words[2 * i + 1]! >>> 6)) / 9007199254740992;
    }
    return out;
  }
  const out = new Float32Array(words.buffer, 0, size);
  for (let i = 0; i < size; i++) out[i] = (words[i]! >>> 8) / 16777216;
  return out;
}

/** Writes the two words of block j of draw `index` to `words[2j]` and `words[2j + 1]`. */
export function threefryBlocks(key: readonly [number, number], index: number, words: Int32Array): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  for (let block = 0; 2 * block < words.length; block++) {
    let x0 = (block + k0) | 0;
    let x1 = (index + k1) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    x0 = (x0 + k1) | 0;
    x1 = (x1 + k2 + 1) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
    x0 = (x0 + k2) | 0;
    x1 = (x1 + k0 + 2) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    x0 = (x0 + k0) | 0;
    x1 = (x1 + k1 + 3) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
    x0 = (x0 + k1) | 0;
    x1 = (x1 + k2 + 4) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    words[2 * block] = x0 + k2;
    words[2 * block + 1] = x1 + k0 + 5;
  }
}
