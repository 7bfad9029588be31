/** Inverse trigonometric functions of four float32 lanes. */
import { signBit } from './exponential.ts';
import { f32x4, i32x4, v128 } from './instruction.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

const { add, sub, mul, div, abs, sqrt, lt, gt, eq, ne, pmin, pmax, min, max } = f32x4;

/** (asin s/s − 1)/s² in powers of s² for s ≤ ½; (atan t/t − 1)/t² for t ≤ 1. */
const asinTerms = [0.166667521, 0.0749531016, 0.0454690196, 0.0241855029, 0.042157013];
const atanTerms = [
  -0.333331525, 0.199937671, -0.142110035, 0.106657863, -0.0755172893, 0.0432059765, -0.0163642447, 0.00291976007,
];
const halfPiLow = -4.371139000186241e-8; // π/2 less its float32
const piLow = -8.742278000372482e-8;

function sign(c: VectorCode, x: Vector): Vector {
  return v128.and(x, c.bits(signBit));
}

/** asin of s ≤ ½, where s is |x|, or √((1 − |x|)/2) if |x| is `big`. */
interface HalfAngle {
  readonly big: Held;
  readonly angle: Held;
}

function halfAngle(c: VectorCode, x: Held): HalfAngle {
  const a = c.hold(abs(x));
  const big = c.hold(gt(a, c.float(0.5)));
  const square = c.hold(v128.select(mul(sub(c.float(1), a), c.float(0.5)), mul(a, a), big));
  const s = c.hold(v128.select(sqrt(square), a, big));
  return { big, angle: c.hold(add(mul(mul(c.polynomial(square, asinTerms), square), s), s)) };
}

/** asin x; NaN beyond 1. */
export function asin(c: VectorCode, x: Held): Held {
  const { big, angle } = halfAngle(c, x);
  const other = sub(c.float(Math.PI / 2), sub(add(angle, angle), c.float(halfPiLow)));
  return c.hold(v128.or(v128.select(other, angle, big), sign(c, x)));
}

/** acos x: 2α, π − 2α or π/2 − asin x; NaN beyond 1. */
export function acos(c: VectorCode, x: Held): Held {
  const { big, angle } = halfAngle(c, x);
  const negative = lt(x, v128.zero);
  const base = v128.select(v128.and(negative, c.float(Math.PI)), c.float(Math.PI / 2), big);
  const part = v128.select(add(angle, angle), f32x4.neg(angle), big);
  return c.hold(add(base, v128.xor(part, sign(c, x))));
}

/** atan of t from 0 to 1. */
function atanOfRatio(c: VectorCode, t: Held): Held {
  const square = c.hold(mul(t, t));
  return c.hold(add(mul(mul(c.polynomial(square, atanTerms), square), t), t));
}

/** π/2 − angle. */
function complement(c: VectorCode, angle: Held): Vector {
  return sub(c.float(Math.PI / 2), sub(angle, c.float(halfPiLow)));
}

/** atan x: of x, or of 1/x beyond 1. */
export function atan(c: VectorCode, x: Held): Held {
  const a = c.hold(abs(x));
  const one = c.float(1);
  const angle = atanOfRatio(c, c.hold(div(pmin(a, one), pmax(a, one))));
  const y = v128.select(complement(c, angle), angle, gt(a, c.float(1)));
  return c.hold(v128.or(y, sign(c, x)));
}

/** The angle of the point (x, y), from −π to π; signs of zeros count. */
export function atan2(c: VectorCode, y: Held, x: Held): Held {
  const [a, b] = [c.hold(abs(y)), c.hold(abs(x))];
  const less = c.hold(min(a, b));
  const more = c.hold(max(a, b));
  const diagonal = v128.and(c.float(1), ne(more, v128.zero)); // ∞/∞ counts as 1, 0/0 as 0
  const ratio = c.hold(v128.select(diagonal, div(less, more), eq(less, more)));
  const first = atanOfRatio(c, ratio);
  const right = c.hold(v128.select(complement(c, first), first, gt(a, b)));
  const left = sub(c.float(Math.PI), sub(right, c.float(piLow)));
  return c.hold(v128.or(v128.select(left, right, i32x4.shr(x, 31)), sign(c, y)));
}
