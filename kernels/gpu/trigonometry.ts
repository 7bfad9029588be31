/** Sine, cosine and tangent as text for gpu.js: shaders may be off by 2⁻¹¹, so the angle is reduced and a polynomial taken. */
import type { Code } from './code.ts';

/** For |r| ≤ π/4, in powers of r²: (sin r/r − 1)/r² and (cos r − 1 + r²/2)/r⁴. */
const sinTerms = [-0.166666552, 0.00833218917, -0.000195182904];
const cosTerms = [0.0416666456, -0.00138873106, 2.44325674e-5];
/** π/2 in parts of few digits, whose products with whole numbers up to 2¹³ are exact (Cody and Waite 1980). */
const halfPi = [1.5703125, 4.837512969970703e-4, 7.549789948768648e-8];

/** Sine and cosine of an angle less some quarter turns. */
interface Reduced {
  readonly sine: string;
  readonly cosine: string;
  /** How many quarter turns, from 0 to 3. */
  readonly quarters: string;
}

function reduce(c: Code, a: string): Reduced {
  const n = c.hold(`Math.floor(${a} * ${c.number(2 / Math.PI)} + 0.5)`);
  let r = a;
  for (const part of halfPi) r = c.hold(`${r} - ${n} * ${c.number(part)}`);
  const square = c.hold(`${r} * ${r}`);
  const turns = c.hold(`Math.floor(${n} * 0.25)`);
  return {
    sine: c.hold(`${r} + ${r} * ${square} * ${c.polynomial(square, sinTerms)}`),
    cosine: c.hold(`1.0 - ${square} * 0.5 + ${square} * ${square} * ${c.polynomial(square, cosTerms)}`),
    quarters: c.hold(`${n} - ${turns} * 4.0`),
  };
}

export function sin(c: Code, a: string): string {
  const { sine, cosine, quarters: q } = reduce(c, a);
  const upper = c.hold(`${q} < 0.5 ? ${sine} : ${cosine}`);
  const lower = c.hold(`${q} < 2.5 ? -${sine} : -${cosine}`);
  return `${q} < 1.5 ? ${upper} : ${lower}`;
}

export function cos(c: Code, a: string): string {
  const { sine, cosine, quarters: q } = reduce(c, a);
  const upper = c.hold(`${q} < 0.5 ? ${cosine} : -${sine}`);
  const lower = c.hold(`${q} < 2.5 ? -${cosine} : ${sine}`);
  return `${q} < 1.5 ? ${upper} : ${lower}`;
}

/** tan r, or −1/tan r after an odd number of quarter turns. */
export function tan(c: Code, a: string): string {
  const { sine, cosine, quarters: q } = reduce(c, a);
  const odd = c.hold(`Math.abs(${q} - 2.0)`); // 1 there
  const isOdd = c.hold(`Math.abs(${odd} - 1.0) < 0.5 ? 1.0 : 0.0`);
  const top = c.hold(`${isOdd} > 0.5 ? -${cosine} : ${sine}`);
  return `${top} / (${isOdd} > 0.5 ? ${sine} : ${cosine})`;
}
