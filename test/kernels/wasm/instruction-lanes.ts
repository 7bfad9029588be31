/** Trials of the vector instructions: float lanes, whole-number lanes, bits, shuffles and conversions. */
import { expect } from 'vitest';
import { f32x4, f64x2, i32x4, v128 } from '../../../kernels/wasm/instruction.ts';
import { Dice } from '../operands.ts';
import type { Row } from './instruction-scalar.ts';
import * as mean from './meaning.ts';
import { type Meaning, tryOut } from './trial.ts';

const names = <T extends object>(table: T): (keyof T & string)[] => Object.keys(table) as (keyof T & string)[];

/** `pmin` and `pmax` compare and pick, so NaN and the signs of zeros go by the order of the operands. */
const pick = {
  pmin: (a: number, b: number) => (b < a ? b : a),
  pmax: (a: number, b: number) => (a < b ? b : a),
} as const;
const binaries = { ...mean.binaries, ...pick };

const four = [0, 1, 2, 3] as const;
const two = [0, 1] as const;
const splat =
  (lanes: number): Meaning =>
  (a) =>
    new Array<number>(lanes).fill(a![0]!);
const laneAt =
  (lane: number): Meaning =>
  (a) => [a![lane]!];

const floatRows: readonly Row[] = [
  ...names(mean.unaries).flatMap((name): Row[] => [
    [`f32x4.${name}`, () => tryOut(['f32x4'], 'f32x4', f32x4[name], mean.single(mean.unaries[name]))],
    [`f64x2.${name}`, () => tryOut(['f64x2'], 'f64x2', f64x2[name], mean.each(mean.unaries[name]))],
  ]),
  ...names(binaries).flatMap((name): Row[] => [
    [`f32x4.${name}`, () => tryOut(['f32x4', 'f32x4'], 'f32x4', f32x4[name], mean.single(binaries[name]))],
    [`f64x2.${name}`, () => tryOut(['f64x2', 'f64x2'], 'f64x2', f64x2[name], mean.each(binaries[name]))],
  ]),
  ...names(mean.comparisons).flatMap((name): Row[] => [
    [`f32x4.${name}`, () => tryOut(['f32x4', 'f32x4'], 'i32x4', f32x4[name], mean.mask(mean.comparisons[name]))],
    [`f64x2.${name}`, () => tryOut(['f64x2', 'f64x2'], 'i32x4', f64x2[name], mean.wideMask(mean.comparisons[name]))],
  ]),
  ['f32x4.splat', () => tryOut(['f32'], 'f32x4', f32x4.splat, splat(4))],
  ['f64x2.splat', () => tryOut(['f64'], 'f64x2', f64x2.splat, splat(2))],
  ...four.map((lane): Row => ['f32x4.lane', () => tryOut(['f32x4'], 'f32', (a) => f32x4.lane(a, lane), laneAt(lane))]),
  ...two.map((lane): Row => ['f64x2.lane', () => tryOut(['f64x2'], 'f64', (a) => f64x2.lane(a, lane), laneAt(lane))]),
  ['f32x4.fromI32x4', () => tryOut(['i32x4'], 'f32x4', f32x4.fromI32x4, mean.each(Math.fround))],
  ['f32x4.demoteF64x2', () => tryOut(['f64x2'], 'f32x4', f32x4.demoteF64x2, (a) => [...a!.map(Math.fround), 0, 0])],
  ['f64x2.promoteLowF32x4', () => tryOut(['f32x4'], 'f64x2', f64x2.promoteLowF32x4, (a) => a!.slice(0, 2))],
  ['f64x2.fromLowI32x4', () => tryOut(['i32x4'], 'f64x2', f64x2.fromLowI32x4, (a) => a!.slice(0, 2))],
  // the sign is a bit, of NaN too; a float that is only moved keeps its bits
  [
    'f32x4.abs',
    () =>
      tryOut(
        ['i32x4'],
        'i32x4',
        f32x4.abs,
        mean.each((a) => a & 0x7fffffff),
      ),
  ],
  [
    'f32x4.neg',
    () =>
      tryOut(
        ['i32x4'],
        'i32x4',
        f32x4.neg,
        mean.each((a) => a ^ 0x80000000),
      ),
  ],
  ['f64x2.abs', () => tryOut(['i32x4'], 'i32x4', f64x2.abs, (a) => a!.map((w, l) => (l % 2 ? w & 0x7fffffff : w)))],
  ['f64x2.neg', () => tryOut(['i32x4'], 'i32x4', f64x2.neg, (a) => a!.map((w, l) => (l % 2 ? w ^ 0x80000000 : w)))],
];

const wholes = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => Math.imul(a, b),
  min: Math.min,
  max: Math.max,
} as const satisfies Record<string, (a: number, b: number) => number>;
const orders = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  gtU: (a, b) => a >>> 0 > b >>> 0,
  le: (a, b) => a <= b,
} as const satisfies Record<string, (a: number, b: number) => boolean>;
/** Shifts take the lowest five bits of the distance. */
const shifts = {
  shl: (a, by) => Number(BigInt.asIntN(32, BigInt(a) << BigInt(by & 31))),
  shr: (a, by) => Math.floor(a / 2 ** (by & 31)),
  shrU: (a, by) => Math.floor((a >>> 0) / 2 ** (by & 31)) | 0,
} as const satisfies Record<string, (a: number, by: number) => number>;

const bytesOf = (word: number): number[] => [0, 8, 16, 24].map((at) => (word >>> at) & 255);
const wordOf = (bytes: readonly number[]): number => bytes.reduceRight((word, byte) => (word << 8) | byte, 0);

const wholeRows: readonly Row[] = [
  ...names(wholes).map(
    (name): Row => [`i32x4.${name}`, () => tryOut(['i32x4', 'i32x4'], 'i32x4', i32x4[name], mean.whole(wholes[name]))],
  ),
  ...names(orders).map(
    (name): Row => [`i32x4.${name}`, () => tryOut(['i32x4', 'i32x4'], 'i32x4', i32x4[name], mean.mask(orders[name]))],
  ),
  ...names(shifts).map(
    (name): Row => [
      `i32x4.${name}`,
      () => tryOut(['i32x4', 'i32'], 'i32x4', i32x4[name], (a, by) => a!.map((x) => shifts[name](x, by![0]!))),
    ],
  ),
  [
    'i32x4.neg',
    () =>
      tryOut(
        ['i32x4'],
        'i32x4',
        i32x4.neg,
        mean.whole((a) => 0 - a),
      ),
  ],
  ['i32x4.abs', () => tryOut(['i32x4'], 'i32x4', i32x4.abs, mean.whole(Math.abs))],
  ['i32x4.splat', () => tryOut(['i32'], 'i32x4', i32x4.splat, splat(4))],
  ...four.map((lane): Row => ['i32x4.lane', () => tryOut(['i32x4'], 'i32', (a) => i32x4.lane(a, lane), laneAt(lane))]),
  ...four.map(
    (lane): Row => [
      'i32x4.withLane',
      () =>
        tryOut(
          ['i32x4', 'i32'],
          'i32x4',
          (a, value) => i32x4.withLane(a, lane, value),
          (a, value) => a!.map((x, l) => (l === lane ? value![0]! : x)),
        ),
    ],
  ),
  ['i32x4.truncF32x4', () => tryOut(['f32x4'], 'i32x4', i32x4.truncF32x4, mean.each(mean.saturated))],
  ['i32x4.truncF64x2', () => tryOut(['f64x2'], 'i32x4', i32x4.truncF64x2, (a) => [...a!.map(mean.saturated), 0, 0])],
  ['i32x4.fromBytes', () => tryOut(['i32x4'], 'i32x4', i32x4.fromBytes, (a) => bytesOf(a![0]!))],
  [
    'i32x4.toBytes',
    () =>
      tryOut(
        ['i32x4'],
        'i32',
        i32x4.toBytes,
        (a) => (a!.every((x) => x >= 0 && x < 256) ? [wordOf(a!)] : undefined),
        (dice) => [four.map(() => dice.below(256))],
      ),
  ],
  ['i32x4.bitmask', () => tryOut(['i32x4'], 'i32', i32x4.bitmask, (a) => [wordOfSigns(a!)])],
];

function wordOfSigns(lanes: readonly number[]): number {
  return lanes.reduce((word, x, l) => word + (x < 0 ? 2 ** l : 0), 0);
}

const shuffles: readonly (readonly [number, number, number, number])[] = [
  [0, 1, 2, 3],
  [4, 5, 6, 7],
  [7, 0, 6, 1],
  [3, 3, 3, 3],
  [0, 4, 1, 5],
  [2, 3, 2, 3],
];

const bitRows: readonly Row[] = [
  [
    'v128.zero',
    () =>
      tryOut(
        ['i32x4'],
        'i32x4',
        () => v128.zero,
        () => [0, 0, 0, 0],
      ),
  ],
  [
    'v128.not',
    () =>
      tryOut(
        ['i32x4'],
        'i32x4',
        v128.not,
        mean.each((a) => ~a),
      ),
  ],
  [
    'v128.and',
    () =>
      tryOut(
        ['i32x4', 'i32x4'],
        'i32x4',
        v128.and,
        mean.each((a, b) => a & b),
      ),
  ],
  [
    'v128.andNot',
    () =>
      tryOut(
        ['i32x4', 'i32x4'],
        'i32x4',
        v128.andNot,
        mean.each((a, b) => a & ~b),
      ),
  ],
  [
    'v128.or',
    () =>
      tryOut(
        ['i32x4', 'i32x4'],
        'i32x4',
        v128.or,
        mean.each((a, b) => a | b),
      ),
  ],
  [
    'v128.xor',
    () =>
      tryOut(
        ['i32x4', 'i32x4'],
        'i32x4',
        v128.xor,
        mean.each((a, b) => a ^ b),
      ),
  ],
  [
    'v128.select',
    () =>
      tryOut(
        ['i32x4', 'i32x4', 'i32x4'],
        'i32x4',
        v128.select,
        mean.each((a, b, m) => (a & m) | (b & ~m)),
      ),
  ],
  ['v128.anyTrue', () => tryOut(['i32x4'], 'i32', v128.anyTrue, (a) => [Number(a!.some((x) => x !== 0))], sparse)],
  ...shuffles.map(
    (lanes): Row => [
      'v128.shuffle32',
      () =>
        tryOut(
          ['i32x4', 'i32x4'],
          'i32x4',
          (a, b) => v128.shuffle32(a, b, ...lanes),
          (a, b) => lanes.map((lane) => [...a!, ...b!][lane]!),
        ),
    ],
  ),
  [
    'i32x4.bitmask',
    () => {
      // each pattern of signs
      const dice = new Dice(16);
      const patterns = Array.from({ length: 16 }, (_, n) =>
        four.map((l) => (n & (1 << l) ? -1 - dice.below(99) : dice.below(99))),
      );
      expect(patterns.map(wordOfSigns)).toEqual(patterns.map((_, n) => n));
      tryOut(
        ['i32x4'],
        'i32',
        i32x4.bitmask,
        (a) => [wordOfSigns(a!)],
        (d) => [patterns[d.below(16)]!],
      );
    },
  ],
];

/** Vectors with at most one bit. */
function sparse(dice: Dice): number[][] {
  const lane = dice.below(5);
  return [four.map((l) => (l === lane ? 1 << dice.below(32) : 0))];
}

export const laneRows: readonly Row[] = [...floatRows, ...wholeRows, ...bitRows];
