/** Quads: four neighbouring elements of any dtype in vectors. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { I32, Statement } from './code.ts';
import { f32x4, f64x2, i32, i32x4, v128 } from './instruction.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

/** Four elements: one vector of float32 or int32 lanes, of bools as lanes of 0 and 1, or two vectors of float64. */
export type Quad = readonly Vector[];

/** How elements of a dtype lie in memory and in vectors. */
export interface QuadAccess {
  readonly bytes: 1 | 4 | 8;
  /** Vectors of a quad, and elements of each. */
  readonly vectors: 1 | 2;
  readonly load: (address: I32, offset?: number) => Quad;
  /** One element in the lowest lane, whatever in the others. */
  readonly loadOne: (address: I32, offset?: number) => Quad;
  /** One element in all lanes. */
  readonly loadSplat: (address: I32, offset?: number) => Quad;
  readonly store: (address: I32, quad: Quad, offset?: number) => readonly Statement[];
  /** Stores the lowest lane. */
  readonly storeOne: (address: I32, quad: Quad, offset?: number) => readonly Statement[];
  /** The quad with one element from memory. */
  readonly loadLane: (address: I32, quad: Quad, lane: number, offset?: number) => Quad;
  /** Stores one element. */
  readonly storeLane: (address: I32, quad: Quad, lane: number, offset?: number) => Statement;
}

const words: QuadAccess = {
  bytes: 4,
  vectors: 1,
  load: (address, offset) => [v128.load(address, offset)],
  loadOne: (address, offset) => [v128.load32Zero(address, offset)],
  loadSplat: (address, offset) => [v128.load32Splat(address, offset)],
  store: (address, [v], offset) => [v128.store(address, v!, offset)],
  storeOne: (address, [v], offset) => [v128.storeLane32(address, v!, 0, offset)],
  loadLane: (address, [v], lane, offset) => [v128.loadLane32(address, v!, lane, offset)],
  storeLane: (address, [v], lane, offset) => v128.storeLane32(address, v!, lane, offset),
};

/** The access of each dtype. */
export const quads: Readonly<Record<Dtype, QuadAccess>> = {
  float32: words,
  int32: words,
  float64: {
    bytes: 8,
    vectors: 2,
    load: (address, offset = 0) => [v128.load(address, offset), v128.load(address, offset + 16)],
    loadOne: (address, offset) => [v128.load64Zero(address, offset), v128.zero],
    loadSplat: (address, offset) => [v128.load64Splat(address, offset), v128.load64Splat(address, offset)],
    store: (address, [a, b], offset = 0) => [v128.store(address, a!, offset), v128.store(address, b!, offset + 16)],
    storeOne: (address, [a], offset) => [v128.storeLane64(address, a!, 0, offset)],
    loadLane: (address, quad, lane, offset) =>
      quad.map((v, half) => (half === lane >> 1 ? v128.loadLane64(address, v, lane & 1, offset) : v)),
    storeLane: (address, quad, lane, offset) => v128.storeLane64(address, quad[lane >> 1]!, lane & 1, offset),
  },
  bool: {
    bytes: 1,
    vectors: 1,
    load: (address, offset) => [i32x4.fromBytes(v128.load32Zero(address, offset))],
    loadOne: (address, offset) => [i32x4.splat(i32.load8(address, offset))],
    loadSplat: (address, offset) => [i32x4.splat(i32.load8(address, offset))],
    store: (address, [v], offset) => [i32.store(address, i32x4.toBytes(v!), offset)],
    storeOne: (address, [v], offset) => [i32.store8(address, i32x4.lane(v!, 0), offset)],
    loadLane: (address, [v], lane, offset) => [i32x4.withLane(v!, lane, i32.load8(address, offset))],
    storeLane: (address, [v], lane, offset) => i32.store8(address, i32x4.lane(v!, lane), offset),
  },
};

/**
 * Four elements as another dtype: floats are cut towards zero to become int32 (NaN: 0; beyond the range: the nearest);
 * all but zero is true; float64 and int32 are rounded to float32.
 */
export function convert(c: VectorCode, quad: Quad, from: Dtype, to: Dtype): Quad {
  if (from === to || (from === 'bool' && to === 'int32')) return quad;
  const held = quad.map((v) => c.hold(v));
  switch (to) {
    case 'float64':
      return halves(held[0]!, from === 'float32' ? f64x2.promoteLowF32x4 : f64x2.fromLowI32x4);
    case 'float32':
      if (from !== 'float64') return [f32x4.fromI32x4(held[0]!)];
      return [lowHalves(held.map((v) => f32x4.demoteF64x2(v)))];
    case 'int32':
      if (from !== 'float64') return [i32x4.truncF32x4(held[0]!)];
      return [lowHalves(held.map((v) => i32x4.truncF64x2(v)))];
    case 'bool':
      return [v128.and(isNotZero(held, from), c.bits(1))];
  }
}

function isNotZero(quad: readonly Held[], dtype: Dtype): Vector {
  if (dtype === 'int32') return i32x4.ne(quad[0]!, v128.zero);
  if (dtype === 'float32') return f32x4.ne(quad[0]!, v128.zero);
  const [a, b] = quad.map((v) => f64x2.ne(v, v128.zero));
  return v128.shuffle32(a!, b!, 0, 2, 4, 6);
}

/** What `widen` makes of the two low lanes, and of the two high ones. */
function halves(v: Held, widen: (v: Vector) => Vector): Quad {
  return [widen(v), widen(v128.shuffle32(v, v, 2, 3, 2, 3))];
}

/** The two low lanes of both. */
function lowHalves([a, b]: readonly Vector[]): Vector {
  return v128.shuffle32(a!, b!, 0, 1, 4, 5);
}

/** Four neighbouring float32 as float64. */
export function loadPromoted(address: I32, offset: number = 0): Quad {
  return [0, 8].map((half) => f64x2.promoteLowF32x4(v128.load64Zero(address, offset + half)));
}
