/**
 * Vector maths of four float32 lanes: within 4 ulp over the whole range, specials included (the tests state each error).
 *
 * The polynomials are our own fits of least relative error: least squares with Lawson's weights (1961) in float64, the
 * coefficients then rounded to float32 one after another, the rest fitted anew each time.
 */
import type { BinaryFunction, UnaryFunction } from '../../src/core/scalar-maths.ts';
import { acos, asin, atan, atan2 } from './arc.ts';
import { cosh, erf, exp, expm1, sinh, tanh } from './exponential.ts';
import { f32x4, v128 } from './instruction.ts';
import { acosh, asinh, atanh, log, log1p, log2, log10 } from './logarithm.ts';
import { pow } from './power.ts';
import { fmod } from './remainder.ts';
import { cos, sin, tan } from './trigonometry.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

export { exp, tanh } from './exponential.ts';
export { log } from './logarithm.ts';
export { type Held, type Vector, VectorCode } from './vector.ts';

/** A function of one or two vectors. */
export type VectorFunction = (c: VectorCode, a: Held, b: Held) => Vector;

/** The functions that give numbers, by name. */
export const float32Maths: Readonly<Record<Exclude<UnaryFunction | BinaryFunction, Comparison>, VectorFunction>> = {
  neg: (_, a) => f32x4.neg(a),
  abs: (_, a) => f32x4.abs(a),
  sign: (c, a) => {
    const one = c.float(1);
    return f32x4.sub(v128.and(f32x4.lt(v128.zero, a), one), v128.and(f32x4.lt(a, v128.zero), one));
  },
  floor: (_, a) => f32x4.floor(a),
  ceil: (_, a) => f32x4.ceil(a),
  trunc: (_, a) => f32x4.trunc(a),
  round: (_, a) => f32x4.nearest(a),
  exp,
  expm1,
  log,
  log2,
  log10,
  log1p,
  sqrt: (_, a) => f32x4.sqrt(a),
  rsqrt: (c, a) => f32x4.div(c.float(1), f32x4.sqrt(a)),
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  erf,
  add: (_, a, b) => f32x4.add(a, b),
  sub: (_, a, b) => f32x4.sub(a, b),
  mul: (_, a, b) => f32x4.mul(a, b),
  div: (_, a, b) => f32x4.div(a, b),
  pow,
  max: (_, a, b) => f32x4.max(a, b),
  min: (_, a, b) => f32x4.min(a, b),
  fmod,
  atan2,
};

/** The functions that give 1 or 0. */
export type Comparison = 'lt' | 'le' | 'eq' | 'ne' | 'and';
