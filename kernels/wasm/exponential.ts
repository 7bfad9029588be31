/** Exponentials of four float32 lanes: eˣ, eˣ − 1, and what is made of them. */
import { f32x4, i32x4, v128 } from './instruction.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

const { add, sub, mul, div, neg, abs, lt, le, pmin, pmax } = f32x4;

const rounder = 12582912; // 1.5·2²³: adding it leaves the nearest whole number in the low bits
const one = 0x3f800000; // the bits of 1; those of 2ⁿ are n·2²³ more
export const signBit: number = 0x80000000 | 0;
// ln 2 in two parts: the products of the first with whole numbers up to 2⁹ are exact
const ln2High = 0.693145751953125;
const ln2Low = 1.428606765330187e-6;
/** (eʳ − 1 − r)/r² for |r| ≤ ln 2 / 2, least relative error of eʳ (1.1e−7); and of eʳ − 1 (1.4e−8). */
const expTerms = [0.499992311, 0.166671112, 0.0418901779, 0.00831281301];
const expm1Terms = [0.49999997, 0.166665465, 0.0416674428, 0.0083662523, 0.00138699624];

/** x = n·ln 2 + rest with the whole number n, which is the low bits of a float. */
interface Reduced {
  readonly shifted: Held;
  readonly rest: Held;
}

function reduce(c: VectorCode, x: Held): Reduced {
  const shifted = c.hold(add(mul(x, c.float(Math.LOG2E)), c.float(rounder)));
  const n = c.hold(sub(shifted, c.float(rounder)));
  const rest = c.hold(sub(sub(x, mul(n, c.float(ln2High))), mul(n, c.float(ln2Low))));
  return { shifted, rest };
}

/** n·2²³: what makes the bits of y those of y·2ⁿ. */
function exponentBits({ shifted }: Reduced): Vector {
  return i32x4.shl(shifted, 23); // the upper bits of the rounder fall off
}

/** e to the rest. */
function expRest(c: VectorCode, { rest }: Reduced): Held {
  const square = c.hold(mul(rest, rest));
  const low = c.hold(add(mul(rest, c.float(expTerms[1]!)), c.float(expTerms[0]!)));
  const high = c.hold(add(mul(rest, c.float(expTerms[3]!)), c.float(expTerms[2]!)));
  return c.hold(add(mul(add(mul(high, square), low), square), add(rest, c.float(1))));
}

/** e to the rest, minus 1. */
function expm1Rest(c: VectorCode, { rest }: Reduced): Held {
  const p = c.polynomial(rest, expm1Terms);
  return c.hold(add(mul(mul(rest, rest), p), rest));
}

/** y·2ⁿ where that may be subnormal or infinite: in two steps. */
export function scaleFar(c: VectorCode, y: Vector, n: Held): Vector {
  const half = c.hold(i32x4.shr(n, 1));
  const power = (k: Vector): Vector => i32x4.add(i32x4.shl(k, 23), c.bits(one));
  return mul(mul(y, power(half)), power(i32x4.sub(n, half)));
}

/** eˣ: ∞ above 88.72, subnormal below −87.3, 0 below −103.97; NaN stays. */
export function exp(c: VectorCode, x: Held): Held {
  const reduced = reduce(c, x);
  const none = c.hold(lt(x, c.float(-105))); // what is masked out of a softmax is −∞, and no reason to be slow
  const y = c.hold(v128.andNot(i32x4.add(expRest(c, reduced), exponentBits(reduced)), none));
  c.unless(v128.or(none, le(abs(x), c.float(87.3))), [y], (c) => {
    const far = reduce(c, c.hold(pmax(pmin(x, c.float(89)), c.float(-105))));
    const n = c.hold(i32x4.sub(far.shifted, c.float(rounder)));
    return [scaleFar(c, expRest(c, far), n)];
  });
  return y;
}

/** eˣ − 1, without cancellation. */
export function expm1(c: VectorCode, x: Held): Held {
  const reduced = reduce(c, c.hold(pmax(x, c.float(-20))));
  const scale = c.hold(i32x4.add(exponentBits(reduced), c.bits(one)));
  const e = add(mul(expm1Rest(c, reduced), scale), sub(scale, c.float(1)));
  const y = c.hold(withSign(c, e, x));
  c.unless(le(x, c.float(88)), [y], (c) => [exp(c, x)]);
  return y;
}

/** y where it has the sign of x already, and −0 for −0. */
export function withSign(c: VectorCode, y: Vector, x: Vector): Vector {
  return v128.or(y, v128.and(x, c.bits(signBit)));
}

/** (r·coth(r/2) − 2)/r² in powers of r² for |r| ≤ ln 2 / 2 (relative error of r·coth: 2e−9). */
const cothTerms = [0.1666662545, -0.00276671839];

/**
 * tanh|x| = E/(E + 2) with E = e^(2|x|) − 1; the sign comes last. With 2|x| = n·ln 2 + r, s = 2ⁿ and q = r·coth(r/2),
 * E·(q − r) = q·(s − 1) + r·(s + 1), where nothing cancels.
 */
export function tanh(c: VectorCode, x: Held): Held {
  const doubled = c.hold(pmin(abs(add(x, x)), c.float(20)));
  const shifted = c.hold(add(mul(doubled, c.float(Math.LOG2E)), c.float(rounder)));
  const n = sub(shifted, c.float(rounder));
  const rest = c.hold(sub(doubled, mul(n, c.float(Math.LN2)))); // near enough: n is small
  const half = c.hold(i32x4.add(exponentBits({ shifted, rest }), c.bits(one - (1 << 23))));
  const square = c.hold(mul(rest, rest));
  const q = c.hold(add(mul(c.polynomial(square, cothTerms), square), c.float(2)));
  const top = c.hold(add(mul(q, sub(half, c.float(0.5))), mul(rest, add(half, c.float(0.5)))));
  return c.hold(withSign(c, div(top, add(top, sub(q, rest))), x));
}

/** e^|x|/4 for |x| up to 90, where eˣ itself overflows. */
function quarterExp(c: VectorCode, x: Held): Held {
  const reduced = reduce(c, c.hold(pmin(abs(x), c.float(90))));
  const quarter = c.bits(one - (2 << 23));
  return c.hold(mul(expRest(c, reduced), i32x4.add(exponentBits(reduced), quarter)));
}

/** cosh x = 2q + 1/(8q) with q = e^|x|/4. */
export function cosh(c: VectorCode, x: Held): Held {
  const q = quarterExp(c, x);
  return c.hold(add(add(q, q), div(c.float(0.125), q)));
}

/** sinh|x| = (E + E/(E + 1))/2 with E = e^|x| − 1; the sign comes last. */
export function sinh(c: VectorCode, x: Held): Held {
  const e = expm1(c, c.hold(abs(x)));
  const y = c.hold(mul(add(e, div(e, add(e, c.float(1)))), c.float(0.5)));
  c.unless(le(e, c.float(1e38)), [y], (c) => {
    const q = quarterExp(c, x);
    return [add(q, q)];
  });
  return c.hold(withSign(c, y, x));
}

const erfBound = 0.95;
/** erf x/x − 1 in powers of x² for |x| ≤ 0.95. */
const erfTerms = [0.128379136, -0.376124114, 0.112810083, -0.0267391931, 0.00495535135, -0.000580863038];
/** −log(1 − erf x)/x for x from 0.95 to 4. */
const erfcTerms = [1.12850428, 0.635752082, 0.10521774, -0.0228618979, 0.00320625841, -0.000212935469];

/** The error function: x + x·P(x²) near 0, else 1 − e^(−x·Q(x)). */
export function erf(c: VectorCode, x: Held): Held {
  const a = c.hold(pmin(abs(x), c.float(4)));
  const square = c.hold(mul(x, x));
  const near = c.hold(add(mul(c.polynomial(square, erfTerms), x), x));
  const reduced = reduce(c, c.hold(neg(mul(c.polynomial(a, erfcTerms), a))));
  const tail = i32x4.add(expRest(c, reduced), exponentBits(reduced));
  const far = c.hold(withSign(c, sub(c.float(1), tail), x));
  return c.hold(v128.select(far, near, lt(c.float(erfBound), a)));
}
