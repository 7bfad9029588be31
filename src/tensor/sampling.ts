/** Which elements an interpolated one is made of along one dim, and by which weights, as PyTorch has them. */

/** How `interpolate` fills the space between pixels. */
export type InterpolationMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic' | 'area';

/** One dim of an image and of what is made of it. */
export interface Grid {
  readonly from: number;
  readonly out: number;
  /** How far apart, in elements of the image, neighbouring results lie. */
  readonly distance: number;
}

/** One of the elements that each result reads, and the weight it has there. */
export interface Tap {
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

/** The element that each result is; `centre` of a result's own width is what decides. Steps are float32, as PyTorch's. */
export function nearest({ from, out, distance }: Grid, centre: 0 | 0.5): Int32Array {
  const step = Math.fround(distance);
  return Int32Array.from({ length: out }, (_, i) => Math.min(Math.floor(Math.fround((i + centre) * step)), from - 1));
}

/** The taps of the modes that blend. */
export function tapsOf(
  mode: 'linear' | 'bilinear' | 'trilinear' | 'bicubic',
  grid: Grid,
  alignCorners: boolean,
): Tap[] {
  const positions = positionsOf(grid, alignCorners);
  return mode === 'bicubic' ? cubicTaps(positions, grid.from) : linearTaps(positions, grid.from);
}

function positionsOf({ from, out, distance }: Grid, alignCorners: boolean): number[] {
  const step = alignCorners ? (out > 1 ? (from - 1) / (out - 1) : 0) : distance;
  const shift = alignCorners ? 0 : 0.5;
  return Array.from({ length: out }, (_, i) => step * (i + shift) - shift);
}

function linearTaps(positions: readonly number[], from: number): Tap[] {
  const inside = positions.map((p) => Math.max(p, 0));
  const low = Int32Array.from(inside, (p) => Math.min(Math.floor(p), from - 1));
  const share = Float64Array.from(inside, (p, i) => Math.min(p - low[i]!, 1));
  return [
    { index: low, weight: share.map((t) => 1 - t) },
    { index: low.map((k) => Math.min(k + 1, from - 1)), weight: share },
  ];
}

/** Convolution with Keys' kernel, a = −0.75 (Keys 1981); elements outside repeat the border's. */
function cubicTaps(positions: readonly number[], from: number): Tap[] {
  const a = -0.75;
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1; // up to a distance of 1
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; // from 1 to 2
  const fraction = positions.map((p) => p - Math.floor(p));
  const kernels = [(t: number) => far(t + 1), near, (t: number) => near(1 - t), (t: number) => far(2 - t)];
  return kernels.map((kernel, k) => ({
    index: Int32Array.from(positions, (p) => Math.min(Math.max(Math.floor(p) - 1 + k, 0), from - 1)),
    weight: Float64Array.from(fraction, kernel),
  }));
}
