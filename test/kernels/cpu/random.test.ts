/** Random bits are those that the authors of threefry published, and floats lie in [0, 1). */
import { describe, expect, it } from 'vitest';
import { random, threefryBlocks } from '../../../kernels/cpu/random.ts';
import { threefry } from '../../../src/core/random.ts';

/** The words of one block. */
function words(key: readonly [number, number], block: number, index: number): number[] {
  const out = new Int32Array(2 * (block + 1));
  threefryBlocks(key, index, out);
  return [out[2 * block]! >>> 0, out[2 * block + 1]! >>> 0];
}

describe('random', () => {
  it('equals the known answers of Random123 for threefry2x32 with 20 rounds', () => {
    const out = new Int32Array(2);
    threefry([0, 0], 0, 0, out);
    expect([...out].map((v) => v >>> 0)).toEqual([0x6b200159, 0x99ba4efe]);
    threefry([-1, -1], -1, -1, out);
    expect([...out].map((v) => v >>> 0)).toEqual([0x1cb996fc, 0xbb002be7]);
    threefry([0x13198a2e, 0x03707344], 0x243f6a88, 0x85a308d3, out);
    expect([...out].map((v) => v >>> 0)).toEqual([0xc4923a9c, 0x483df7a0]);
    expect(words([0, 0], 0, 0)).toEqual([0x6b200159, 0x99ba4efe]);
  });

  it('equals the generator of core for any key, block and draw', () => {
    const out = new Int32Array(2);
    for (const key of [
      [0, 0],
      [1, -2],
      [0x13198a2e, 0x03707344],
      [-1, -1],
    ] as const) {
      for (const [block, index] of [
        [0, 0],
        [5, 1],
        [1000, 2 ** 31],
        [3, 0x85a308d3],
        [77, 2 ** 32 - 1],
      ] as const) {
        threefry(key, block, index, out);
        expect(words(key, block, index)).toEqual([...out].map((v) => v >>> 0));
      }
    }
  });

  it('draws floats in [0, 1), evenly', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const draw = random({ draw: { key: [7, 7], index: 3 }, shape: [100, 1001], dtype });
      let [sum, squares, least, greatest] = [0, 0, 1, 0];
      for (const v of draw) {
        sum += v;
        squares += v * v;
        least = Math.min(least, v);
        greatest = Math.max(greatest, v);
      }
      const mean = sum / draw.length;
      expect(draw.length).toBe(100100);
      expect(least).toBeGreaterThanOrEqual(0);
      expect(greatest).toBeLessThan(1);
      expect(Math.abs(mean - 1 / 2)).toBeLessThan(0.005); // five standard errors
      expect(Math.abs(squares / draw.length - mean * mean - 1 / 12)).toBeLessThan(0.002);
    }
  });

  it('does not depend on the shape, only on the index', () => {
    const draw = { key: [1, 2], index: 9 } as const;
    const long = random({ draw, shape: [1001], dtype: 'float32' });
    expect([...random({ draw, shape: [7, 11], dtype: 'float32' })]).toEqual([...long.subarray(0, 77)]);
  });

  it('refuses bool', () => {
    expect(() => random({ draw: { key: [0, 0], index: 0 }, shape: [2], dtype: 'bool' })).toThrow(/got bool/);
  });
});
