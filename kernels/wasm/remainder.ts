/** The exact remainder of a division of four float32 lanes. */
import { signBit } from './exponential.ts';
import { demote, each, promote } from './halves.ts';
import { f32x4, f64x2, v128 } from './instruction.ts';
import type { Held, VectorCode } from './vector.ts';

/** The words of a float64's sign, exponent and first 24 bits. */
const first24Bits = [0xe0000000 | 0, -1] as const;

/** x less y times the quotient cut to a whole number, exactly; it has the sign of x. */
export function fmod(c: VectorCode, x: Held, y: Held): Held {
  const divisors = promote(c, c.hold(f32x4.abs(y)));
  const parts = each(promote(c, c.hold(f32x4.abs(x))), (a, i) => {
    const b = divisors[i];
    const rest = c.hold(a);
    const far = c.hold(f64x2.le(b, rest));
    // once where the quotient is below 2²⁴, else again for each further 24 bits
    c.repeatWhile(far, (c) => {
      const quotient = c.hold(v128.and(f64x2.div(rest, b), c.words(...first24Bits)));
      const less = f64x2.sub(rest, f64x2.mul(f64x2.trunc(quotient), b)); // all exact
      c.statements.push(rest.set(v128.select(less, rest, far)), far.set(f64x2.le(b, f64x2.abs(rest))));
    });
    const raised = f64x2.add(rest, v128.and(b, f64x2.lt(rest, v128.zero))); // the quotient was rounded up
    return v128.select(raised, b, f64x2.eq(b, b)); // NaN where b is
  });
  return c.hold(v128.or(demote(parts), v128.and(x, c.bits(signBit))));
}
