/** The generator of random bits: known answers, seeds and states. */
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { defaultGenerator, Generator, manualSeed, threefry } from '../../src/core/random.ts';

function words(key: readonly [number, number], block: number, index: number): string[] {
  const out = new Int32Array(2);
  threefry(key, block, index, out);
  return [...out].map((w) => (w >>> 0).toString(16).padStart(8, '0'));
}

describe('threefry 2×32, 20 rounds', () => {
  // The known answers of the authors' own library, Random123.
  it.each<[number, number, number, number, string, string]>([
    [0, 0, 0, 0, '6b200159', '99ba4efe'],
    [-1, -1, -1, -1, '1cb996fc', 'bb002be7'],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 'c4923a9c', '483df7a0'],
  ])('of key %d, %d and counter %d, %d', (k0, k1, c0, c1, first, second) => {
    expect(words([k0, k1], c0, c1)).toEqual([first, second]);
  });

  it('changes half of its bits with any bit of key, block or draw', () => {
    const count = (a: string[], b: string[]): number =>
      a.reduce((sum, w, i) => {
        let bits = (Number.parseInt(w, 16) ^ Number.parseInt(b[i]!, 16)) >>> 0;
        for (; bits !== 0; bits = (bits & (bits - 1)) >>> 0) sum++;
        return sum;
      }, 0);
    const base = words([12, 34], 56, 78);
    let total = 0;
    for (let bit = 0; bit < 32; bit++) {
      const flip = 1 << bit;
      for (const other of [
        words([12 ^ flip, 34], 56, 78),
        words([12, 34 ^ flip], 56, 78),
        words([12, 34], 56 ^ flip, 78),
        words([12, 34], 56, 78 ^ flip),
      ]) {
        const changed = count(base, other);
        total += changed;
        expect(changed).toBeGreaterThan(12);
        expect(changed).toBeLessThan(52);
      }
    }
    expect(total / 128).toBeGreaterThan(30);
    expect(total / 128).toBeLessThan(34);
  });
});

describe('a generator', () => {
  it('counts its draws', () => {
    const generator = new Generator(5);
    expect(generator.next()).toEqual({ key: [5, 0], index: 0 });
    expect(generator.next()).toEqual({ key: [5, 0], index: 1 });
    generator.seed(5);
    expect(generator.next().index).toBe(0);
  });

  it('uses all 53 bits of a seed', () => {
    expect(new Generator(2 ** 32 + 7).next().key).toEqual([7, 1]);
    expect(new Generator(Number.MAX_SAFE_INTEGER).next().key).toEqual([-1, 2 ** 21 - 1]);
  });

  it('goes on from a state, which later draws do not change', () => {
    const generator = new Generator(9);
    generator.next();
    const state = generator.state;
    const expected = [generator.next(), generator.next()];
    expect(state).toEqual({ key: [9, 0], counter: 1 });
    const other = new Generator(1);
    other.state = JSON.parse(JSON.stringify(state)) as typeof state;
    expect([other.next(), other.next()]).toEqual(expected);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53, Infinity])('refuses the seed %d', (seed) => {
    expect(() => new Generator(seed)).toThrow(ArgumentError);
    expect(() => new Generator(seed)).toThrow(`seed: must be a whole number from 0 to 2^53 - 1; got ${seed}`);
    const before = defaultGenerator.state;
    expect(() => manualSeed(seed)).toThrow(ArgumentError);
    expect(defaultGenerator.state).toEqual(before);
  });

  it('by default is one, which manualSeed starts again', () => {
    manualSeed(3);
    const first = defaultGenerator.next();
    manualSeed(3);
    expect(defaultGenerator.next()).toEqual(first);
  });
});
