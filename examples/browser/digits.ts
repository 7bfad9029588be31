/** The digits to learn from and those held back, drawn by the library a few at a time, so that the page stays alive. */
import { data } from '../../src/index.ts';

/** Brightness from 0 to 1, row-major [28, 28]. */
export type Picture = Float32Array;

/** Pixels of a side. */
export const side = 28;

/** How many are drawn between two pauses. */
const portion = 50;

/**
 * `count` digits as a dataset, x [N, 1, 28, 28].
 * @param seed other digits for another; seeds a million apart share none.
 */
export async function digits(count: number, seed: number, drawn: (part: number) => void): Promise<data.TensorDataset> {
  const images = new Uint8Array(count * side * side);
  const labels = new Uint8Array(count);
  for (let at = 0; at < count; at += portion) {
    const part = data.drawDigits({ count: Math.min(portion, count - at), seed: seed + at });
    images.set(part.images, at * side * side);
    labels.set(part.labels, at);
    drawn((at + part.labels.length) / count);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return data.fromArrays(images, labels, { shape: [count, 1, side, side], scale: 1 / 255 });
}
