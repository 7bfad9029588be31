/** Expected and computed numbers compared, within the tolerances that the goldens allow. */
import type { Tensor } from '../../src/index.ts';
import type { GoldenTensor } from './case.ts';

/** The dtypes in which every case runs. */
export type FloatDtype = 'float32' | 'float64';
export const floatDtypes: readonly FloatDtype[] = ['float64', 'float32'];

/** |got − expected| may be absolute + relative · |expected|. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** The tolerance of values, or of gradients that are sums of many terms. */
export function toleranceOf(dtype: FloatDtype, longSum: boolean): Tolerance {
  // float64 data are printed to ten digits; the absolute part only covers sums that cancel to nothing
  if (dtype === 'float64') return { relative: 1e-7, absolute: 1e-12 };
  return { relative: 1e-5, absolute: longSum ? 1e-5 : 1e-6 };
}

const exact: Tolerance = { relative: 0, absolute: 0 };

/**
 * What differs first, or undefined if nothing does. NaN equals NaN, infinities must be the same, −0 equals 0; indices and
 * bools must be exact. In float32 the expected value is the nearest float32.
 */
export function difference(
  expected: GoldenTensor,
  got: Tensor,
  dtype: FloatDtype,
  tolerance: Tolerance,
): string | undefined {
  const wanted = { float: dtype, int: 'int32', bool: 'bool' }[expected.dtype];
  if (got.dtype !== wanted) return `expected ${wanted}, got ${got.dtype}`;
  if (got.shape.join() !== expected.shape.join()) {
    return `expected shape [${expected.shape.join(', ')}], got [${got.shape.join(', ')}]`;
  }
  const data = got.dataSync();
  const round = dtype === 'float32' && expected.dtype === 'float' ? Math.fround : (x: number) => x;
  const limit = expected.dtype === 'float' ? tolerance : exact;
  const wrong = expected.data.flatMap((x, i) => (close(round(x), data[i]!, limit) ? [] : [i]));
  const first = wrong[0];
  if (first === undefined) return undefined;
  const place = indexOf(first, expected.shape).join(', ');
  const count = wrong.length > 1 ? ` (${wrong.length} of ${data.length} differ)` : '';
  return `[${place}]: expected ${expected.data[first]}, got ${data[first]}${count}`;
}

function close(expected: number, got: number, { relative, absolute }: Tolerance): boolean {
  if (Number.isNaN(expected) || Number.isNaN(got)) return Number.isNaN(expected) && Number.isNaN(got);
  if (expected === got) return true;
  if (!Number.isFinite(expected) || !Number.isFinite(got)) return false;
  return Math.abs(got - expected) <= absolute + relative * Math.abs(expected);
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const n of [...shape].reverse()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return index;
}
