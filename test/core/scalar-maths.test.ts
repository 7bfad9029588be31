/** Scalar functions that JavaScript lacks or defines in its own way. */
import { describe, expect, it } from 'vitest';
import { booleanFunctions, type ScalarFunction, scalarMaths } from '../../src/core/scalar-maths.ts';

const { NaN: nan } = Number;

/** erf rounded from 40 digits (mpmath 1.3). */
const erfTable: readonly (readonly [x: number, erf: number])[] = [
  [1e-300, 1.1283791670955126e-300],
  [1e-10, 1.1283791670955126e-10],
  [0.001, 0.0011283787909692365],
  [0.03125, 0.035250373867322826],
  [0.1, 0.1124629160182849],
  [0.25, 0.27632639016823696],
  [0.47, 0.4937450508860821],
  [0.5, 0.5204998778130465],
  [0.75, 0.7111556336535151],
  [0.84375, 0.7672256612323416],
  [1, 0.8427007929497149],
  [1.03, 0.8547842114541484],
  [1.25, 0.9229001282564583],
  [1.5, 0.9661051464753108],
  [1.75, 0.9866716712191824],
  [1.97, 0.9946637246465299],
  [2, 0.9953222650189527],
  [2.3, 0.9988568234026434],
  [2.857, 0.9999466417399131],
  [3, 0.9999779095030014],
  [3.5, 0.9999992569016276],
  [4.1, 0.9999999932999724],
  [5, 0.9999999999984626],
  [5.9, 0.9999999999999999],
  [5.999, 1],
  [7, 1],
  [1e300, 1],
  [Infinity, 1],
];

/** The distance of neighbouring doubles at x. */
function ulp(x: number): number {
  return Math.max(2 ** -1074, 2 ** (Math.floor(Math.log2(Math.abs(x))) - 52));
}

describe('erf', () => {
  it.each(erfTable)('of ±%d is right to 2 ulp', (x, expected) => {
    expect(Math.abs(scalarMaths.erf(x, 0, 0) - expected) / ulp(expected)).toBeLessThanOrEqual(2);
    expect(scalarMaths.erf(-x, 0, 0)).toBe(-scalarMaths.erf(x, 0, 0));
  });

  it('keeps −0 and NaN, and never falls', () => {
    expect(scalarMaths.erf(-0, 0, 0)).toBe(-0);
    expect(scalarMaths.erf(0, 0, 0)).toBe(0);
    expect(scalarMaths.erf(nan, 0, 0)).toBeNaN();
    let before = -1;
    for (let x = -6.5; x <= 6.5; x += 1 / 1024) {
      const value = scalarMaths.erf(x, 0, 0);
      expect(value).toBeGreaterThanOrEqual(before - ulp(1));
      before = value;
    }
  });
});

describe('round', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [-0.49999999999999994, -0],
    [0.5000000000000001, 1],
    [2.4999999999999996, 2],
    [-0.2, -0],
    [-0.7, -1],
    [0, 0],
    [-0, -0],
    [4503599627370495.5, 4503599627370496],
    [9007199254740991, 9007199254740991],
    [1e300, 1e300],
    [Infinity, Infinity],
    [-Infinity, -Infinity],
    [nan, nan],
  ])('of %d is %d', (x, expected) => {
    expect(scalarMaths.round(x, 0, 0)).toBe(expected);
  });
});

describe('pow, max, min, sign', () => {
  it('follow C, not JavaScript, at the edges', () => {
    expect(scalarMaths.pow(1, nan, 0)).toBe(1);
    expect(scalarMaths.pow(nan, 0, 0)).toBe(1);
    expect(scalarMaths.pow(-1, Infinity, 0)).toBe(1);
    expect(scalarMaths.pow(-1, -Infinity, 0)).toBe(1);
    expect(scalarMaths.pow(-8, 1 / 3, 0)).toBeNaN();
    expect(scalarMaths.max(-0, 0, 0)).toBe(0);
    expect(scalarMaths.min(0, -0, 0)).toBe(-0);
    expect(scalarMaths.max(nan, 1, 0)).toBeNaN();
    expect([nan, -0, -3, 4].map((v) => scalarMaths.sign(v, 0, 0))).toEqual([0, 0, -1, 1]);
  });
});

describe('boolean functions', () => {
  it('give 1 or 0, all others may give more', () => {
    const samples = [-2, -0, 0, 0.5, nan, Infinity];
    for (const name of booleanFunctions) {
      for (const a of samples) {
        for (const b of samples) expect([0, 1]).toContain(scalarMaths[name as ScalarFunction](a, b, 0));
      }
    }
    expect(booleanFunctions.has('max')).toBe(false);
  });
});
