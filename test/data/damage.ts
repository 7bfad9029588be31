/** Damaged copies of a small valid file: every truncation, and seeded random changes. */
import { threefry } from '../../src/core/random.ts';

/** The bytes cut off at each length. */
export function* truncations(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.slice(0, length);
}

/** Copies with one to four bytes changed. */
export function* flips(bytes: Uint8Array, count: number): Generator<Uint8Array> {
  const words = new Int32Array(2);
  for (let i = 0; i < count; i++) {
    const copy = bytes.slice();
    for (let j = 0; j <= i % 4; j++) {
      threefry([1, 2], j, i, words);
      copy[(words[0]! >>> 0) % copy.length]! ^= 1 << (words[1]! & 7);
      if ((words[1]! & 8) !== 0) copy[(words[0]! >>> 0) % copy.length] = (words[1]! >>> 8) & 255;
    }
    yield copy;
  }
}
