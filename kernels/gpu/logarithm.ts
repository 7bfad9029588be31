/** Logarithms as text for gpu.js: near 1, where those of shaders are only good to an absolute error, by a series. */
import type { Code } from './code.ts';

/** 2·artanh(s)/s in powers of s², for |s| ≤ ⅓. */
const artanhTerms = [2, 2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13, 2 / 15];

/** log((1 + s)/(1 − s)). */
function series(c: Code, s: string): string {
  return c.hold(`${s} * ${c.polynomial(c.hold(`${s} * ${s}`), artanhTerms)}`);
}

/** `near` where a is about 1, `far` elsewhere; log 0 is −∞ and that of less NaN, whatever the driver says. */
function choose(c: Code, a: string, near: string, far: string): string {
  const edge = c.hold(`${a} === 0.0 ? ${c.number(-Infinity)} : ${c.number(Number.NaN)}`);
  const inside = c.hold(`${a} > 0.0 ? ${far} : ${edge}`);
  return `(${a} > 0.5 && ${a} < 2.0) ? ${near} : ${inside}`;
}

/** The logarithm in the base whose logarithm of e is `scale`. */
function logTimes(c: Code, a: string, native: string, scale: number): string {
  const near = series(c, c.hold(`(${a} - 1.0) / (${a} + 1.0)`));
  const scaled = scale === 1 ? near : c.hold(`${near} * ${c.number(scale)}`);
  return choose(c, a, scaled, c.hold(native));
}

export function log(c: Code, a: string): string {
  return logTimes(c, a, `Math.log(${a})`, 1);
}

export function log2(c: Code, a: string): string {
  return logTimes(c, a, `Math.log2(${a})`, Math.LOG2E);
}

export function log10(c: Code, a: string): string {
  return logTimes(c, a, `Math.log2(${a}) * ${c.number(Math.log10(2))}`, Math.LOG10E);
}

export function log1p(c: Code, a: string): string {
  const near = series(c, c.hold(`${a} / (${a} + 2.0)`));
  const more = c.hold(`${a} + 1.0`);
  return choose(c, more, near, c.hold(`Math.log(${more})`));
}
