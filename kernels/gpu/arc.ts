/** Inverse trigonometric functions as text for gpu.js: shaders may be off by thousands of units in the last place. */
import type { Code } from './code.ts';

/** (asin s/s − 1)/s² in powers of s² for s ≤ ½; (atan t/t − 1)/t² for t ≤ 1. */
const asinTerms = [0.166667521, 0.0749531016, 0.0454690196, 0.0241855029, 0.042157013];
const atanTerms = [
  -0.333331525, 0.199937671, -0.142110035, 0.106657863, -0.0755172893, 0.0432059765, -0.0163642447, 0.00291976007,
];

/** asin of s ≤ ½, where s is |x|, or √((1 − |x|)/2) for |x| > ½; NaN beyond 1, whatever the driver's root is. */
function halfAngle(c: Code, a: string): { readonly size: string; readonly angle: string } {
  const size = c.hold(`Math.abs(${a})`);
  const inside = c.hold(`${size} > 0.5 ? (1.0 - ${size}) * 0.5 : ${size} * ${size}`);
  const square = c.hold(`${size} > 1.0 ? ${c.number(Number.NaN)} : ${inside}`);
  const s = c.hold(`${size} > 0.5 ? Math.sqrt(${square}) : ${size}`);
  return { size, angle: c.hold(`${s} + ${s} * ${square} * ${c.polynomial(square, asinTerms)}`) };
}

export function asin(c: Code, a: string): string {
  const { size, angle } = halfAngle(c, a);
  const y = c.hold(`${size} > 0.5 ? ${c.number(Math.PI / 2)} - 2.0 * ${angle} : ${angle}`);
  return `${a} < 0.0 ? -${y} : ${y}`;
}

export function acos(c: Code, a: string): string {
  const { size, angle } = halfAngle(c, a);
  const far = c.hold(`${a} < 0.0 ? ${c.number(Math.PI)} - 2.0 * ${angle} : 2.0 * ${angle}`);
  const near = c.hold(`${a} < 0.0 ? ${c.number(Math.PI / 2)} + ${angle} : ${c.number(Math.PI / 2)} - ${angle}`);
  return `${size} > 0.5 ? ${far} : ${near}`;
}

/** atan of t from 0 to 1. */
function atanOfRatio(c: Code, t: string): string {
  const square = c.hold(`${t} * ${t}`);
  return c.hold(`${t} + ${t} * ${square} * ${c.polynomial(square, atanTerms)}`);
}

/** Of x, or of 1/x beyond 1. */
export function atan(c: Code, a: string): string {
  const size = c.hold(`Math.abs(${a})`);
  const angle = atanOfRatio(c, c.hold(`${size} > 1.0 ? 1.0 / ${size} : ${size}`));
  const y = c.hold(`${size} > 1.0 ? ${c.number(Math.PI / 2)} - ${angle} : ${angle}`);
  return `${a} < 0.0 ? -${y} : ${y}`;
}

/** The angle of the point (b, a), from −π to π; 0 has no sign. */
export function atan2(c: Code, a: string, b: string): string {
  const [y, x] = [c.hold(`Math.abs(${a})`), c.hold(`Math.abs(${b})`)];
  const more = c.hold(`${y} > ${x} ? ${y} : ${x}`);
  const less = c.hold(`${y} > ${x} ? ${x} : ${y}`);
  const first = atanOfRatio(c, c.hold(`${more} === 0.0 ? 0.0 : ${less} / ${more}`));
  const right = c.hold(`${y} > ${x} ? ${c.number(Math.PI / 2)} - ${first} : ${first}`);
  const upper = c.hold(`${b} < 0.0 ? ${c.number(Math.PI)} - ${right} : ${right}`);
  return `${a} < 0.0 ? -${upper} : ${upper}`;
}
