/** Logarithms of four float32 lanes, and the inverse hyperbolic functions made of them. */
import { withSign } from './exponential.ts';
import { f32x4, i32x4, v128 } from './instruction.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

const { add, sub, mul, div, abs, sqrt, lt, gt, ge, eq } = f32x4;

export const leastNormal = 1.1754943508222875e-38;
const rootHalf = 0x3f3504f3; // the bits of √½
const ln2High = 0.693359375; // its products with exponents are exact
const ln2Low = -2.1219444e-4;
/** (log(1 + f) − f + f²/2)/f³ for 1 + f from √½ to √2, least relative error of log (3.2e−8). */
const logTerms = [0.333339125, -0.250013322, 0.199629948, -0.165776923, 0.149155974, -0.142669693, 0.0869742483];

/** x = 2ⁿ·(1 + f) with 1 + f from √½ to √2; n as a float. */
interface Parts {
  readonly n: Held;
  readonly f: Held;
  /** n·2²³. */
  readonly exponent: Held;
}

/** The parts of normal positive x. */
export function partsOf(c: VectorCode, x: Held): Parts {
  const whole = c.hold(i32x4.shr(i32x4.sub(x, c.bits(rootHalf)), 23));
  const exponent = c.hold(i32x4.shl(whole, 23));
  const f = c.hold(sub(i32x4.sub(x, exponent), c.float(1)));
  return { n: c.hold(f32x4.fromI32x4(whole)), f, exponent };
}

/** log(1 + f) as f and a smaller rest. */
function logRest(c: VectorCode, f: Held): Held {
  const square = c.hold(mul(f, f));
  const p = c.polynomial(f, logTerms);
  return c.hold(sub(mul(mul(f, square), p), mul(square, c.float(0.5))));
}

/** A logarithm from the parts of x. */
type FromParts = (c: VectorCode, n: Held, f: Held, rest: Held) => Vector;

const natural: FromParts = (c, n, f, rest) => add(add(f, add(rest, mul(n, c.float(ln2Low)))), mul(n, c.float(ln2High)));
const binary: FromParts = (c, n, f, rest) => add(mul(add(f, rest), c.float(Math.LOG2E)), n);
const decimal: FromParts = (c, n, f, rest) =>
  add(mul(add(f, rest), c.float(Math.LOG10E)), mul(n, c.float(Math.LOG10E * Math.LN2)));

function logarithm(c: VectorCode, x: Held, combine: FromParts): Held {
  const { n, f } = partsOf(c, x);
  const y = c.hold(combine(c, n, f, logRest(c, f)));
  const usual = v128.and(ge(x, c.float(leastNormal)), lt(x, c.float(Infinity)));
  c.unless(usual, [y], (c) => {
    const scaled = partsOf(c, c.hold(mul(x, c.float(2 ** 23))));
    const rest = logRest(c, scaled.f);
    const subnormal = combine(c, c.hold(sub(scaled.n, c.float(23))), scaled.f, rest);
    const atZero = v128.select(c.float(-Infinity), c.float(Number.NaN), eq(x, v128.zero));
    const positive = v128.select(subnormal, x, lt(x, c.float(Infinity)));
    return [v128.select(positive, atZero, v128.or(gt(x, v128.zero), f32x4.ne(x, x)))];
  });
  return y;
}

/** log x: −∞ at 0, NaN below; ∞ and NaN stay. */
export function log(c: VectorCode, x: Held): Held {
  return logarithm(c, x, natural);
}

export function log2(c: VectorCode, x: Held): Held {
  return logarithm(c, x, binary);
}

export function log10(c: VectorCode, x: Held): Held {
  return logarithm(c, x, decimal);
}

/** log of `sum` + `error`, where the sum is normal, positive and finite and the error what it lost in rounding. */
function logOfSum(c: VectorCode, sum: Held, error: Held): Vector {
  const { n, f, exponent } = partsOf(c, sum);
  const power = i32x4.sub(c.bits(0x3f800000), exponent); // 2⁻ⁿ
  const whole = c.hold(add(f, mul(error, power)));
  return natural(c, n, whole, logRest(c, whole));
}

/** log(1 + x), without losing small x. */
export function log1p(c: VectorCode, x: Held): Held {
  const sum = c.hold(add(x, c.float(1)));
  const error = c.hold(sub(x, sub(sum, c.float(1))));
  const y = c.hold(withSign(c, logOfSum(c, sum, error), x));
  const usual = v128.and(gt(x, c.float(-1)), lt(x, c.float(1e37)));
  c.unless(usual, [y], (c) => [log(c, sum)]);
  return y;
}

/** From where on log(x + √(x² ± 1)) is log(2x). */
const far = 4096;

/** log(2x). */
function logOfDouble(c: VectorCode, x: Held): Vector {
  return add(log(c, x), c.float(Math.LN2));
}

/** sign(x)·log(|x| + √(x² + 1)). */
export function asinh(c: VectorCode, x: Held): Held {
  const a = c.hold(abs(x));
  const square = c.hold(mul(a, a));
  const root = sqrt(add(square, c.float(1)));
  const y = log1p(c, c.hold(add(a, div(square, add(root, c.float(1))))));
  c.unless(lt(a, c.float(far)), [y], (c) => [logOfDouble(c, a)]);
  return c.hold(withSign(c, y, x));
}

/** log(x + √(x² − 1)); NaN below 1. */
export function acosh(c: VectorCode, x: Held): Held {
  const t = c.hold(sub(x, c.float(1)));
  const y = log1p(c, c.hold(add(t, sqrt(mul(t, add(t, c.float(2)))))));
  const usual = v128.and(ge(x, c.float(1)), lt(x, c.float(far)));
  c.unless(usual, [y], (c) => [v128.select(c.float(Number.NaN), logOfDouble(c, x), lt(x, c.float(1)))]);
  return y;
}

/** sign(x)·log((1 + |x|)/(1 − |x|))/2; NaN beyond 1. */
export function atanh(c: VectorCode, x: Held): Held {
  const a = c.hold(abs(x));
  const ratio = c.hold(div(add(a, a), sub(c.float(1), a)));
  return c.hold(withSign(c, mul(log1p(c, ratio), c.float(0.5)), x));
}
