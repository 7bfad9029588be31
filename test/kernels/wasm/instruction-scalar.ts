/** Trials of the scalar instructions: whole numbers, floats, and the choice between values. */
import { expect } from 'vitest';
import type { Code } from '../../../kernels/wasm/code.ts';
import { define } from '../../../kernels/wasm/function.ts';
import { drop, f32, f64, f64x2, i32, i32x4, select, toI32 } from '../../../kernels/wasm/instruction.ts';
import * as mean from './meaning.ts';
import { compile, type Meaning, question, tryOut } from './trial.ts';

/** An instruction's name, and a check that throws where it does not do what it means. */
export type Row = readonly [name: string, check: () => void | Promise<void>];

/** What 32-bit arithmetic means; undefined where the instruction traps. */
const integers = {
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  ltU: (a, b) => Number(a >>> 0 < b >>> 0),
  gt: (a, b) => Number(a > b),
  gtU: (a, b) => Number(a >>> 0 > b >>> 0),
  le: (a, b) => Number(a <= b),
  ge: (a, b) => Number(a >= b),
  geU: (a, b) => Number(a >>> 0 >= b >>> 0),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => Number(BigInt.asIntN(32, BigInt(a) * BigInt(b))),
  div: (a, b) => (b === 0 || (a === -2147483648 && b === -1) ? undefined : Math.trunc(a / b)),
  divU: (a, b) => (b === 0 ? undefined : Math.floor((a >>> 0) / (b >>> 0))),
  rem: (a, b) => (b === 0 ? undefined : a % b),
  remU: (a, b) => (b === 0 ? undefined : (a >>> 0) % (b >>> 0)),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => Number(BigInt.asIntN(32, BigInt(a) << BigInt(b & 31))),
  shr: (a, b) => Math.floor(a / 2 ** (b & 31)),
  shrU: (a, b) => Math.floor((a >>> 0) / 2 ** (b & 31)),
  rotl: (a, b) => {
    const twice = (BigInt(a >>> 0) << 32n) | BigInt(a >>> 0);
    return Number(BigInt.asIntN(32, twice >> BigInt(32 - (b & 31))));
  },
} as const satisfies Record<string, (a: number, b: number) => number | undefined>;

const names = <T extends object>(table: T): (keyof T & string)[] => Object.keys(table) as (keyof T & string)[];

/** What several constant expressions give. */
function valuesOf(answers: readonly Code<'i32'>[]): number[] {
  const kernels = compile(answers.map((answer, i) => question(`f${i}`, answer)));
  return answers.map((_, i) => kernels[`f${i}`]!());
}

function traps(answer: Code<'i32'>): void {
  expect(() => valuesOf([answer])).toThrow(WebAssembly.RuntimeError);
}

// the edges of each length in LEB128, of either sign
const edges = [0, 63, 64, 8191, 8192, 1048575, 1048576, 134217727, 134217728, 2147483647].flatMap((n) => [n, -n - 1]);
const floats = [0, -0, 1, -1.5, 2 ** -149, 5e-324, 3.4028234663852886e38, 1e300, Infinity, -Infinity, Number.NaN, 0.1];

const integerRows: readonly Row[] = [
  ...names(integers).map(
    (name): Row => [`i32.${name}`, () => tryOut(['i32', 'i32'], 'i32', i32[name], mean.whole(integers[name]))],
  ),
  [
    'i32.eqz',
    () =>
      tryOut(
        ['i32'],
        'i32',
        i32.eqz,
        mean.whole((a) => Number(a === 0)),
      ),
  ],
  ['i32.const', () => expect(valuesOf(edges.map(i32.const))).toEqual(edges)],
  ['i32.const', () => expect(valuesOf([0xfffffff0, 2147483648].map(i32.const))).toEqual([-16, -2147483648])],
  ['toI32', () => expect(valuesOf([toI32(-5), toI32(i32.add(2, 3))])).toEqual([-5, 5])],
  ['i32.div', () => traps(i32.div(1, 0))],
  ['i32.div', () => traps(i32.div(-2147483648, -1))],
  ['i32.divU', () => traps(i32.divU(1, 0))],
  ['i32.rem', () => traps(i32.rem(1, 0))],
  ['i32.remU', () => traps(i32.remU(1, 0))],
  ['i32.truncF32', () => tryOut(['f32'], 'i32', i32.truncF32, mean.each(mean.saturated))],
  ['i32.truncF64', () => tryOut(['f64'], 'i32', i32.truncF64, mean.each(mean.saturated))],
  ['i32.bitsOf', () => tryOut(['f32'], 'i32', i32.bitsOf, mean.each(mean.bitsOf))],
];

const nan = { low: f32.ofBits(i32.const(0x7fc00001)), high: f32.ofBits(i32.const(0xffc00001)) };

const floatRows: readonly Row[] = [
  ...names(mean.unaries).flatMap((name): Row[] => [
    [`f32.${name}`, () => tryOut(['f32'], 'f32', f32[name], mean.single(mean.unaries[name]))],
    [`f64.${name}`, () => tryOut(['f64'], 'f64', f64[name], mean.each(mean.unaries[name]))],
  ]),
  ...names(mean.binaries).flatMap((name): Row[] => [
    [`f32.${name}`, () => tryOut(['f32', 'f32'], 'f32', f32[name], mean.single(mean.binaries[name]))],
    [`f64.${name}`, () => tryOut(['f64', 'f64'], 'f64', f64[name], mean.each(mean.binaries[name]))],
  ]),
  ...names(mean.comparisons).flatMap((name): Row[] => [
    [`f32.${name}`, () => tryOut(['f32', 'f32'], 'i32', f32[name], mean.truth(mean.comparisons[name]))],
    [`f64.${name}`, () => tryOut(['f64', 'f64'], 'i32', f64[name], mean.truth(mean.comparisons[name]))],
  ]),
  ['f32.copysign', () => tryOut(['f32', 'f32'], 'f32', f32.copysign, mean.each(mean.copysign))],
  ['f64.copysign', () => tryOut(['f64', 'f64'], 'f64', f64.copysign, mean.each(mean.copysign))],
  ['f32.fromI32', () => tryOut(['i32'], 'f32', f32.fromI32, mean.each(Math.fround))],
  [
    'f64.fromI32',
    () =>
      tryOut(
        ['i32'],
        'f64',
        f64.fromI32,
        mean.each((a) => a),
      ),
  ],
  ['f32.demote', () => tryOut(['f64'], 'f32', f32.demote, mean.each(Math.fround))],
  [
    'f64.promote',
    () =>
      tryOut(
        ['f32'],
        'f64',
        f64.promote,
        mean.each((a) => a),
      ),
  ],
  ['f32.ofBits', () => tryOut(['i32'], 'f32', f32.ofBits, mean.each(mean.ofBits))],
  ['f32.const', () => expect(valuesOf(floats.map((x) => i32.bitsOf(f32.const(x))))).toEqual(floats.map(mean.bitsOf))],
  [
    'f64.const',
    () => {
      const kernels = compile(floats.map((x, i) => define(`f${i}`, {}, () => f64.const(x), 'f64')));
      expect(floats.map((_, i) => kernels[`f${i}`]!())).toEqual(floats);
    },
  ],
  // signs are bits, of NaN too
  ['f32.abs', () => expect(valuesOf([i32.bitsOf(f32.abs(nan.high))])).toEqual([0x7fc00001])],
  ['f32.neg', () => expect(valuesOf([i32.bitsOf(f32.neg(nan.low))])).toEqual([0xffc00001 | 0])],
  [
    'f32.copysign',
    () => expect(valuesOf([i32.bitsOf(f32.copysign(f32.const(1), nan.high))])).toEqual([0xbf800000 | 0]),
  ],
];

const choice: Meaning = (condition, a, b) => (condition![0] !== 0 ? a : b);

const choiceRows: readonly Row[] = [
  ['select', () => tryOut(['i32', 'i32', 'i32'], 'i32', select, choice)],
  ['select', () => tryOut(['i32', 'f32', 'f32'], 'f32', select, choice)],
  ['select', () => tryOut(['i32', 'f64', 'f64'], 'f64', select, choice)],
  ['select', () => tryOut(['i32', 'i32x4', 'i32x4'], 'i32x4', select, choice)],
  ['select', () => expect(valuesOf([select(1, i32.const(4), i32.const(5))])).toEqual([4])],
  [
    'drop',
    () => {
      const all = [i32.const(1), f32.const(1), f64.const(1), f64x2.splat(f64.const(1)), i32x4.splat(i32.const(1))];
      const kernels = compile([
        define('run', {}, () => all.map(drop)),
        define('trap', {}, () => [drop(i32.div(1, 0))]), // it is computed first
      ]);
      expect(kernels.run!()).toBeUndefined();
      expect(() => kernels.trap!()).toThrow(WebAssembly.RuntimeError);
    },
  ],
];

export const scalarRows: readonly Row[] = [...integerRows, ...floatRows, ...choiceRows];
