/** Sine, cosine and tangent of four float32 lanes: the angle is reduced in float64, so that it may be of any size. */
import { demote, each, promote, words } from './halves.ts';
import { f32x4, f64x2, i32x4, v128 } from './instruction.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

const { add, sub, mul, div, abs, le } = f32x4;

/** For |r| ≤ π/4, in powers of r²: (sin r/r − 1)/r², (cos r − 1 + r²/2)/r⁴ and (tan r/r − 1)/r². */
const sinTerms = [-0.166666552, 0.00833218917, -0.000195182904];
const cosTerms = [0.0416666456, -0.00138873106, 2.44325674e-5];
const tanTerms = [0.333331555, 0.133388281, 0.0534094088, 0.0244354643, 0.00311296945, 0.00938881282];

const rounder = 6755399441055744; // 1.5·2⁵²: adding it leaves the nearest whole number in the low bits
const most = 1e6; // angles that `reduce` takes without `reduceFar`
const halfPi = Math.PI / 2;
const halfPiHigh = 1.5707963267341256; // 33 bits: the products with n up to 2²⁰ are exact
const halfPiLow = 6.077100506506192e-11;
/** The binary digits of 2/π in chunks of 24. */
const digits = [0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163];

/** x = n·π/2 + rest. */
interface Reduced {
  readonly rest: Held;
  /** Lanes whose two lowest bits are those of n. */
  readonly n: Held;
}

function reduce(c: VectorCode, x: Held): Reduced {
  const parts = each(promote(c, x), (v) => {
    const shifted = c.hold(f64x2.add(f64x2.mul(v, c.double(1 / halfPi)), c.double(rounder)));
    const n = c.hold(f64x2.sub(shifted, c.double(rounder)));
    const near = f64x2.sub(v, f64x2.mul(n, c.double(halfPiHigh)));
    return { shifted, rest: c.hold(f64x2.sub(near, f64x2.mul(n, c.double(halfPiLow)))) };
  });
  const rest = c.hold(demote([parts[0].rest, parts[1].rest]));
  const n = c.hold(words([parts[0].shifted, parts[1].shifted], 0));
  c.unless(le(abs(x), c.float(most)), [rest, n], (c) => reduceFar(c, x));
  return { rest, n };
}

/**
 * The same for any x (Payne and Hanek 1983): its products with the chunks of 2/π are exact, multiples of 4 quarter turns
 * are no turn at all, and n is taken off before the small products come.
 */
function reduceFar(c: VectorCode, x: Held): Vector[] {
  const parts = each(promote(c, x), (v) => {
    let sum: Vector = v128.zero;
    let n: Vector = v128.zero;
    digits.forEach((chunk, i) => {
      const product = c.hold(f64x2.mul(v, c.double(chunk * 2 ** (-24 * (i + 1)))));
      const turns = f64x2.nearest(f64x2.mul(product, c.double(0.25)));
      const total = c.hold(f64x2.add(sum, f64x2.sub(product, f64x2.mul(turns, c.double(4)))));
      const whole = c.hold(f64x2.nearest(total));
      n = c.hold(f64x2.add(n, whole));
      sum = c.hold(f64x2.sub(total, whole));
    });
    return { shifted: f64x2.add(n, c.double(rounder)), rest: f64x2.mul(sum, c.double(halfPi)) };
  });
  return [demote([parts[0].rest, parts[1].rest]), words([parts[0].shifted, parts[1].shifted], 0)];
}

/** The sine of n quarter turns and the rest. */
function sinOf(c: VectorCode, { rest, n }: Reduced): Held {
  const square = c.hold(mul(rest, rest));
  const even = c.hold(mul(add(mul(c.polynomial(square, sinTerms), square), c.float(1)), rest));
  const fourth = mul(mul(square, square), c.polynomial(square, cosTerms));
  const odd = add(sub(fourth, mul(square, c.float(0.5))), c.float(1));
  const y = v128.select(odd, even, isOdd(n));
  return c.hold(v128.xor(y, i32x4.shl(i32x4.shr(n, 1), 31)));
}

function isOdd(n: Held): Vector {
  return i32x4.shr(i32x4.shl(n, 31), 31);
}

/** sin x; NaN for infinities. */
export function sin(c: VectorCode, x: Held): Held {
  return sinOf(c, reduce(c, x));
}

/** cos x: the sine of a quarter turn more. */
export function cos(c: VectorCode, x: Held): Held {
  const { rest, n } = reduce(c, x);
  return sinOf(c, { rest, n: c.hold(i32x4.add(n, c.bits(1))) });
}

/** tan x: tan r, or −1/tan r where n is odd. */
export function tan(c: VectorCode, x: Held): Held {
  const { rest, n } = reduce(c, x);
  const square = c.hold(mul(rest, rest));
  const t = c.hold(add(mul(mul(c.polynomial(square, tanTerms), square), rest), rest));
  return c.hold(v128.select(div(c.float(-1), t), t, isOdd(n)));
}
