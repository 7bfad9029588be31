/** Scalar functions of floats as text: shaders lack some, and are free to be inaccurate or to overflow in others. */
import type { ScalarFunction } from '../../src/core/scalar-maths.ts';
import { acos, asin, atan, atan2 } from './arc.ts';
import type { Code } from './code.ts';
import { acosh, asinh, atanh, cosh, erf, expm1, sinh, tanh } from './exponential.ts';
import { log, log1p, log2, log10 } from './logarithm.ts';
import { pow } from './power.ts';
import { cos, sin, tan } from './trigonometry.ts';

/** The text of a function of named operands. */
export type Written = (c: Code, a: string, b: string, d: string) => string;

/** Comparisons are what keeps a NaN: min and max of shaders lose it. */
export const shaderMaths: Readonly<Record<ScalarFunction, Written>> = {
  neg: (_, a) => `-${a}`,
  abs: (_, a) => `Math.abs(${a})`,
  sign: (_, a) => `${a} > 0.0 ? 1.0 : (${a} < 0.0 ? -1.0 : 0.0)`,
  floor: (_, a) => `Math.floor(${a})`,
  ceil: (_, a) => `Math.ceil(${a})`,
  trunc,
  round,
  exp: (_, a) => `Math.exp(${a})`,
  expm1,
  log,
  log2,
  log10,
  log1p,
  sqrt: (_, a) => `Math.sqrt(${a})`,
  rsqrt: (_, a) => `1.0 / Math.sqrt(${a})`,
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
  add: (_, a, b) => `${a} + ${b}`,
  sub: (_, a, b) => `${a} - ${b}`,
  mul: (_, a, b) => `${a} * ${b}`,
  div: (_, a, b) => `${a} / ${b}`,
  pow,
  max: (_, a, b) => `${a} > ${b} ? ${a} : (${a} <= ${b} ? ${b} : ${a} + ${b})`,
  min: (_, a, b) => `${a} < ${b} ? ${a} : (${a} >= ${b} ? ${b} : ${a} + ${b})`,
  fmod,
  atan2,
  lt: (_, a, b) => `${a} < ${b} ? 1.0 : 0.0`,
  le: (_, a, b) => `${a} <= ${b} ? 1.0 : 0.0`,
  eq: (_, a, b) => `${a} === ${b} ? 1.0 : 0.0`,
  ne: (_, a, b) => `${a} !== ${b} ? 1.0 : 0.0`,
  and: (_, a, b) => `(${a} !== 0.0 && ${b} !== 0.0) ? 1.0 : 0.0`,
  where: (_, a, b, d) => `${a} !== 0.0 ? ${b} : ${d}`,
};

/** Towards zero: WebGL 1 has no function for it. */
export function trunc(c: Code, a: string): string {
  const [down, up] = [c.hold(`Math.floor(${a})`), c.hold(`Math.ceil(${a})`)];
  return `${a} < 0.0 ? ${up} : ${down}`;
}

/** To the nearest, and to even from the middle. */
function round(c: Code, a: string): string {
  const below = c.hold(`Math.floor(${a})`);
  const rest = c.hold(`${a} - ${below}`);
  const half = c.hold(`Math.floor(${below} * 0.5)`);
  const even = c.hold(`${below} - ${half} * 2.0`); // 0 or 1
  return `${rest} > 0.5 ? ${below} + 1.0 : (${rest} < 0.5 ? ${below} : ${below} + ${even})`;
}

/** The remainder by long division, of which every step is exact. */
export function fmod(c: Code, a: string, b: string): string {
  const [top, base] = [c.hold(`Math.abs(${a})`), c.hold(`Math.abs(${b})`)];
  const half = c.hold(`${top} * 0.5`);
  const [rest, step] = [c.variable(`${top} * 1.0`), c.variable(`${base} * 1.0`)];
  c.add(`for (let i = 0; i < 256; i++) { if (${step} > ${half}) { break; } ${step} = ${step} * 2.0; }`);
  c.add(
    `for (let j = 0; j < 256; j++) { if (${step} < ${base}) { break; } if (${rest} >= ${step}) { ${rest} = ${rest} - ${step}; } ${step} = ${step} * 0.5; }`,
  );
  const signed = c.hold(`${a} < 0.0 ? -${rest} : ${rest}`);
  return `${b} === 0.0 ? ${c.number(Number.NaN)} : ${signed}`;
}
