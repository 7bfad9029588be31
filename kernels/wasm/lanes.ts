/** Float vectors of one width, so that a kernel is written once for float32 and float64. */
import type { Code, I32, Statement } from './code.ts';
import { type FloatLanes, f32, f32x4, f64, f64x2, v128 } from './instruction.ts';

/** The types of float elements. */
export type FloatType = 'f32' | 'f64';

/** Scalar arithmetic of one of the float types; methods, so that both types fit. */
export interface Scalars {
  load(address: I32, offset?: number): Code<FloatType>;
  store(address: I32, value: Code<FloatType>, offset?: number): Statement;
  add(a: Code<FloatType>, b: Code<FloatType>): Code<FloatType>;
  mul(a: Code<FloatType>, b: Code<FloatType>): Code<FloatType>;
}

/** float32: four lanes of 4 bytes; float64: two of 8. */
export interface Lanes {
  readonly type: FloatType;
  /** Lanes per vector. */
  readonly width: 4 | 2;
  /** Bytes per element, and their binary logarithm. */
  readonly bytes: 4 | 8;
  readonly shift: 2 | 3;
  readonly vector: Pick<FloatLanes<'f32'>, 'add' | 'mul' | 'sub' | 'div' | 'min' | 'max'>;
  readonly scalar: Scalars;
  /** One element in all lanes. */
  readonly loadSplat: (address: I32, offset?: number) => Code<'v128'>;
  /** The lanes added up: (0 + 2) + (1 + 3), or 0 + 1. */
  readonly sum: (v: Code<'v128'>) => Code<FloatType>;
  /** A number in all lanes. */
  splat(x: Code<FloatType>): Code<'v128'>;
  /** The lowest lane. */
  first(v: Code<'v128'>): Code<FloatType>;
}

export const float32: Lanes = {
  type: 'f32',
  width: 4,
  bytes: 4,
  shift: 2,
  vector: f32x4,
  scalar: f32,
  loadSplat: v128.load32Splat,
  sum: (v) => {
    const halves = f32x4.add(v, v128.shuffle32(v, v, 2, 3, 2, 3));
    return f32.add(f32x4.lane(halves, 0), f32x4.lane(halves, 1));
  },
  splat: f32x4.splat,
  first: (v) => f32x4.lane(v, 0),
};

export const float64: Lanes = {
  type: 'f64',
  width: 2,
  bytes: 8,
  shift: 3,
  vector: f64x2,
  scalar: f64,
  loadSplat: v128.load64Splat,
  sum: (v) => f64.add(f64x2.lane(v, 0), f64x2.lane(v, 1)),
  splat: f64x2.splat,
  first: (v) => f64x2.lane(v, 0),
};

/** A vector load or store, whatever the width. */
export const loadVector: (address: I32, offset?: number) => Code<'v128'> = v128.load;
export const storeVector: (address: I32, value: Code<'v128'>, offset?: number) => Statement = v128.store;
