/** The drawn digits: the same bytes everywhere, every digit equally often, each kind recognisable. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { drawDigits } from '../../src/data/digits.ts';

const size = 28 * 28;

/** The label of the nearest of `count` reference images, by squared distance. */
function nearest(image: Uint8Array, references: Uint8Array, labels: Uint8Array): number {
  let best = Number.POSITIVE_INFINITY;
  let label = -1;
  for (let r = 0; r < labels.length; r++) {
    let distance = 0;
    for (let i = 0; i < size && distance < best; i++) distance += (image[i]! - references[r * size + i]!) ** 2;
    if (distance < best) [best, label] = [distance, labels[r]!];
  }
  return label;
}

describe('drawDigits', () => {
  it('draws the same bytes on every platform', () => {
    const { images, labels } = drawDigits({ count: 200, seed: 42 });
    expect(Array.from(labels.subarray(0, 10))).toEqual([8, 2, 6, 3, 1, 9, 5, 4, 7, 0]);
    expect(createHash('sha256').update(images).digest('hex')).toBe(
      '8589688e3039b725be0088f0bef9cd6ffb0e6ae4e6349fcdffc916c850efdf68',
    );
  });

  it('gives bytes, their shape and labels', () => {
    const { images, shape, labels } = drawDigits({ count: 3 });
    expect(images.length).toBe(3 * size);
    expect(shape).toEqual([3, 28, 28]);
    expect(labels.length).toBe(3);
    expect(drawDigits({ count: 0 }).shape).toEqual([0, 28, 28]);
  });

  it('begins a larger count with the same images, and draws others from another seed', () => {
    const few = drawDigits({ count: 15, seed: 7 });
    const many = drawDigits({ count: 40, seed: 7 });
    expect(many.images.subarray(0, few.images.length)).toEqual(few.images);
    expect(many.labels.subarray(0, 15)).toEqual(few.labels);
    expect(drawDigits({ count: 15, seed: 8 }).images).not.toEqual(few.images);
  });

  it('holds every digit once in each ten, in changing order', () => {
    const { labels } = drawDigits({ count: 200, seed: 1 });
    const tens = Array.from({ length: 20 }, (_, i) => [...labels.subarray(10 * i, 10 * i + 10)]);
    for (const ten of tens) expect([...ten].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(tens.map(String)).size).toBeGreaterThan(15);
  });

  it('inks every image, mostly in the middle', () => {
    const { images } = drawDigits({ count: 500, seed: 2 });
    for (let n = 0; n < 500; n++) {
      const image = images.subarray(n * size, (n + 1) * size);
      const strong = image.reduce((count, x) => count + Number(x > 128), 0);
      expect(strong).toBeGreaterThan(15);
      expect(strong).toBeLessThan(size / 3);
    }
  });

  it('draws digits that look like others of their kind, and none twice', () => {
    const train = drawDigits({ count: 2000, seed: 3 });
    const test = drawDigits({ count: 200, seed: 4 });
    let right = 0;
    for (let n = 0; n < 200; n++) {
      const image = test.images.subarray(n * size, (n + 1) * size);
      right += Number(nearest(image, train.images, train.labels) === test.labels[n]);
    }
    expect(right).toBeGreaterThan(170);
    const distinct = new Set(
      Array.from({ length: 2000 }, (_, n) => String(train.images.subarray(n * size, (n + 1) * size))),
    );
    expect(distinct.size).toBe(2000);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a count of %s', (count) => {
    expect(() => drawDigits({ count })).toThrow(ArgumentError);
  });

  it('refuses a seed that is no whole number', () => {
    expect(() => drawDigits({ count: 1, seed: 0.5 })).toThrow(ArgumentError);
  });
});
