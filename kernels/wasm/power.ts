/** Powers of four float32 lanes: x^y as 2^(y·log₂x), where the exponent needs float64. */
import { scaleFar, signBit } from './exponential.ts';
import { demote, each, type Halves, promote } from './halves.ts';
import { f32x4, f64x2, i32x4, v128 } from './instruction.ts';
import { leastNormal, partsOf } from './logarithm.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

const { add, mul, abs, lt, le, ge, eq, ne, trunc } = f32x4;

/** log₂(1 + f)/s in powers of s² with s = f/(2 + f), for 1 + f from √½ to √2: to 37 bits. */
const log2Terms = [2.885390081790107, 0.9617966733270245, 0.5770835874497812, 0.4116725756452454, 0.34073273605637033];
/** (2^f − 1)/f for |f| ≤ ½. */
const exp2Terms = [0.693147182, 0.240226477, 0.0555035956, 0.00961849932, 0.00133909693, 0.00015329264];

/** log₂ of normal positive x, in float64. */
function preciseLog2(c: VectorCode, x: Held, shift: Vector): Halves {
  const parts = partsOf(c, x);
  const exponents = promote(c, c.hold(add(parts.n, shift)));
  return each(promote(c, parts.f), (f, i) => {
    const s = c.hold(f64x2.div(f, f64x2.add(f, c.double(2))));
    const p = c.polynomialDouble(c.hold(f64x2.mul(s, s)), log2Terms);
    return c.hold(f64x2.add(f64x2.mul(s, p), exponents[i]));
  });
}

/** 2 to the float64 exponents, which may be infinite. */
function exp2(c: VectorCode, exponents: Halves): Held {
  const split = each(exponents, (t) => {
    const bounded = c.hold(f64x2.pmax(f64x2.pmin(t, c.double(200)), c.double(-200)));
    const whole = c.hold(f64x2.nearest(bounded));
    return { whole, rest: f64x2.sub(bounded, whole) };
  });
  const whole = c.hold(demote([split[0].whole, split[1].whole]));
  const f = c.hold(demote([split[0].rest, split[1].rest]));
  const y = c.hold(add(mul(c.polynomial(f, exp2Terms), f), c.float(1)));
  return c.hold(scaleFar(c, y, c.hold(i32x4.truncF32x4(whole))));
}

/** x^y, with C's rules for the special values: 1^NaN and NaN^0 are 1. */
export function pow(c: VectorCode, x: Held, y: Held): Held {
  const logs = preciseLog2(c, x, v128.zero);
  const factors = promote(c, y);
  const z = exp2(
    c,
    each(logs, (log, i) => c.hold(f64x2.mul(log, factors[i]))),
  );
  const usual = v128.and(
    v128.and(ge(x, c.float(leastNormal)), lt(x, c.float(Infinity))),
    lt(abs(y), c.float(Infinity)),
  );
  c.unless(usual, [z], (c) => [unusualPower(c, x, y)]);
  return z;
}

/** x^y for any x and y. */
function unusualPower(c: VectorCode, x: Held, y: Held): Vector {
  const one = c.float(1);
  const a = c.hold(abs(x));
  const magnitude = unusualMagnitude(c, a, y);
  const whole = c.hold(eq(trunc(y), y)); // infinities are whole and even
  const half = c.hold(mul(y, c.float(0.5)));
  const odd = c.hold(v128.and(whole, ne(trunc(half), half)));
  const sign = v128.and(v128.and(x, odd), c.bits(signBit));
  const isReal = c.hold(v128.or(whole, v128.or(le(v128.zero, x), eq(a, c.float(Infinity)))));
  const isNumber = v128.and(eq(x, x), eq(y, y));
  const value = v128.select(v128.or(magnitude, sign), c.float(Number.NaN), v128.and(isReal, isNumber));
  return v128.select(one, value, v128.or(eq(x, one), eq(y, v128.zero)));
}

/** a^y for a from 0 to ∞. */
function unusualMagnitude(c: VectorCode, a: Held, y: Held): Held {
  const tiny = c.hold(lt(a, c.float(leastNormal)));
  const normal = c.hold(v128.select(mul(a, c.float(2 ** 23)), a, tiny));
  const logs = preciseLog2(c, normal, v128.and(tiny, c.float(-23)));
  const factors = promote(c, y);
  const edges = promote(c, c.hold(edgeLogs(c, a)));
  return exp2(
    c,
    each(logs, (log, i) => {
      const whole = c.hold(v128.select(edges[i], log, f64x2.ne(edges[i], v128.zero)));
      return c.hold(v128.and(f64x2.mul(whole, factors[i]), f64x2.ne(whole, v128.zero))); // 1^∞ is 1
    }),
  );
}

/** log₂ a where a is 0 or ∞; else 0. */
function edgeLogs(c: VectorCode, a: Held): Vector {
  const infinite = v128.and(eq(a, c.float(Infinity)), c.float(Infinity));
  return v128.or(infinite, v128.and(eq(a, v128.zero), c.float(-Infinity)));
}
