/** What is made of e^x, as text for gpu.js: right where terms cancel, and where e^x overflows though the result does not. */
import type { Code } from './code.ts';
import { log, log1p } from './logarithm.ts';

/** (e^x − 1 − x)/x² for |x| ≤ ½: Taylor's. */
const expm1Terms = [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40320];

export function expm1(c: Code, a: string): string {
  const near = c.hold(`${a} * ${a} * ${c.polynomial(a, expm1Terms)} + ${a}`);
  return `Math.abs(${a}) < 0.5 ? ${near} : Math.exp(${a}) - 1.0`;
}

/** The sign of x for a y that was computed from |x|. */
function signed(x: string, y: string): string {
  return `${x} < 0.0 ? -${y} : ${y}`;
}

/** E/(E + 2) with E = e^(2|x|) − 1, which stays finite. */
export function tanh(c: Code, a: string): string {
  const size = c.hold(`Math.abs(${a})`);
  const e = c.hold(expm1(c, c.hold(`${size} > 15.0 ? 30.0 : ${size} * 2.0`)));
  return signed(a, c.hold(`${e} / (${e} + 2.0)`));
}

/** (E + E/(E + 1))/2 with E = e^|x| − 1; far from 0 by e^(|x|/2), twice. */
export function sinh(c: Code, a: string): string {
  const size = c.hold(`Math.abs(${a})`);
  const e = c.hold(expm1(c, size));
  const near = c.hold(`(${e} + ${e} / (${e} + 1.0)) * 0.5`);
  const half = c.hold(`Math.exp(${size} * 0.5)`);
  const y = c.hold(`${size} > 20.0 ? ${half} * 0.5 * ${half} : ${near}`);
  return signed(a, y);
}

export function cosh(c: Code, a: string): string {
  const half = c.hold(`Math.exp(Math.abs(${a}) * 0.5)`);
  return `${half} * 0.5 * ${half} + 0.5 / ${half} / ${half}`;
}

const far = 10_000; // from here x² + 1 is x² to float32

/** log(x + √(x² + 1)) without losing small x, or overflowing for large. */
export function asinh(c: Code, a: string): string {
  const size = c.hold(`Math.abs(${a})`);
  const square = c.hold(`${size} * ${size}`);
  const near = c.hold(log1p(c, c.hold(`${size} + ${square} / (Math.sqrt(${square} + 1.0) + 1.0)`)));
  return signed(a, logFrom(c, size, near));
}

/** log(x + √(x² − 1)) by the distance from 1. */
export function acosh(c: Code, a: string): string {
  const over = c.hold(`${a} - 1.0`);
  const near = c.hold(log1p(c, c.hold(`${over} + Math.sqrt(${over} * (${over} + 2.0))`)));
  return `${a} < 1.0 ? ${c.number(Number.NaN)} : ${logFrom(c, a, near)}`;
}

/** log 2x far away, `near` before. */
function logFrom(c: Code, x: string, near: string): string {
  const away = c.hold(log(c, x));
  return c.hold(`${x} > ${c.number(far)} ? ${away} + ${c.number(Math.LN2)} : ${near}`);
}

export function atanh(c: Code, a: string): string {
  const size = c.hold(`Math.abs(${a})`);
  const y = c.hold(log1p(c, c.hold(`2.0 * ${size} / (1.0 - ${size})`)));
  return signed(a, c.hold(`${y} * 0.5`));
}

/** erf x/x − 1 in powers of x² for |x| ≤ 0.95. */
const erfTerms = [0.128379136, -0.376124114, 0.112810083, -0.0267391931, 0.00495535135, -0.000580863038];
/** −log(1 − erf x)/x for x from 0.95 to 4. */
const erfcTerms = [1.12850428, 0.635752082, 0.10521774, -0.0228618979, 0.00320625841, -0.000212935469];

/** x + x·P(x²) near 0, else 1 − e^(−x·Q(x)). */
export function erf(c: Code, a: string): string {
  const near = c.hold(`${a} + ${a} * ${c.polynomial(c.hold(`${a} * ${a}`), erfTerms)}`);
  const size = c.hold(`Math.abs(${a}) > 4.0 ? 4.0 : Math.abs(${a})`);
  const rest = c.hold(`Math.exp(-(${size} * ${c.polynomial(size, erfcTerms)}))`);
  const away = c.hold(`1.0 - ${rest}`);
  return `${size} < 0.95 ? ${near} : (${signed(a, away)})`;
}
