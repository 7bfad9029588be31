/** What arithmetic means, in JavaScript: the definitions that instructions are held to, number by number. */
import type { Meaning } from './trial.ts';

/** The same for each lane of one, two or three operands. */
export function each(f: (a: number, b: number, c: number) => number | undefined): Meaning {
  return (a, b = [], c = []) => {
    const lanes = a!.map((x, l) => f(x, b[l]!, c[l]!));
    return lanes.some((x) => x === undefined) ? undefined : (lanes as number[]);
  };
}

/** Rounded to float32 after each step. */
export function single(f: (a: number, b: number) => number): Meaning {
  return each((a, b) => Math.fround(f(Math.fround(a), Math.fround(b))));
}

/** In 32 bits with a sign, wrapped. */
export function whole(f: (a: number, b: number) => number | undefined): Meaning {
  return each((a, b) => {
    const value = f(a | 0, b | 0);
    return value === undefined ? undefined : value | 0;
  });
}

/** 1 where true. */
export function truth(f: (a: number, b: number) => boolean): Meaning {
  return each((a, b) => Number(f(a, b)));
}

/** All bits of a lane of 32 where true. */
export function mask(f: (a: number, b: number) => boolean): Meaning {
  return each((a, b) => (f(a, b) ? -1 : 0));
}

/** Of 64 bits, seen as two lanes of 32. */
export function wideMask(f: (a: number, b: number) => boolean): Meaning {
  return (a, b) => a!.flatMap((x, l) => (f(x, b![l]!) ? [-1, -1] : [0, 0]));
}

/** To the nearest whole number, of two the even one; zeros keep the sign. */
export function nearest(x: number): number {
  const low = Math.floor(x);
  if (!Number.isFinite(x) || low === x) return x;
  const up = x - low > 0.5 || (x - low === 0.5 && low % 2 !== 0);
  return copysign(up ? low + 1 : low, x);
}

export function copysign(x: number, sign: number): number {
  const negative = sign < 0 || Object.is(sign, -0);
  return negative ? -Math.abs(x) : Math.abs(x);
}

/** Towards 0, kept within 32 bits; NaN gives 0. */
export function saturated(x: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.min(Math.max(Math.trunc(x), -2147483648), 2147483647) | 0;
}

export const comparisons: Readonly<Record<'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge', (a: number, b: number) => boolean>> =
  {
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    lt: (a, b) => a < b,
    gt: (a, b) => a > b,
    le: (a, b) => a <= b,
    ge: (a, b) => a >= b,
  };

/** The functions of one float. */
export const unaries: Readonly<
  Record<'abs' | 'neg' | 'ceil' | 'floor' | 'trunc' | 'nearest' | 'sqrt', (a: number) => number>
> = {
  abs: Math.abs,
  neg: (a) => -a,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
  sqrt: Math.sqrt,
};

/** Those of two; min and max give NaN where there is one, and −0 is less than 0. */
export const binaries: Readonly<
  Record<'add' | 'sub' | 'mul' | 'div' | 'min' | 'max', (a: number, b: number) => number>
> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
};

/** The bits of a float32 as a whole number, and back. */
export function bitsOf(x: number): number {
  return new Int32Array(Float32Array.of(x).buffer)[0]!;
}
export function ofBits(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0]!;
}
