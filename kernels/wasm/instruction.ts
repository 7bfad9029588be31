/** The instructions that kernels use, typed: each takes code for its operands and gives code for its result. */
import {
  type Code,
  type CodeType,
  code,
  floatBytes,
  type I32,
  type Statement,
  signed,
  unsigned,
  type ValueType,
} from './code.ts';

type Unary<T extends ValueType, R extends ValueType = T> = (a: Code<T>) => Code<R>;
type Binary<T extends ValueType, R extends ValueType = T> = (a: Code<T>, b: Code<T>) => Code<R>;
type IntBinary = (a: I32, b: I32) => Code<'i32'>;
type Load<T extends ValueType> = (address: I32, offset?: number) => Code<T>;
type Lane<T extends CodeType> = (address: I32, value: Code<'v128'>, lane: number, offset?: number) => Code<T>;
type Store<T extends ValueType> = (address: I32, value: Code<T>, offset?: number) => Statement;

/** An i32 from code or a number. */
export function toI32(x: I32): Code<'i32'> {
  return typeof x === 'number' ? code('i32', 0x41, signed(x | 0)) : x;
}

function unary<T extends ValueType, R extends ValueType>(type: R, ...opcode: number[]): (a: Code<T>) => Code<R> {
  return (a) => code(type, a, opcode);
}

function binary<T extends ValueType, R extends ValueType>(
  type: R,
  ...opcode: number[]
): (a: Code<T>, b: Code<T>) => Code<R> {
  return (a, b) => code(type, a, b, opcode);
}

function int(opcode: number): IntBinary {
  return (a, b) => code('i32', toI32(a), toI32(b), opcode);
}

function load<T extends ValueType>(type: T, align: number, ...opcode: number[]): Load<T> {
  return (address, offset = 0) => code(type, toI32(address), opcode, align, unsigned(offset));
}

function store<T extends ValueType>(align: number, ...opcode: number[]): Store<T> {
  return (address, value, offset = 0) => code('void', toI32(address), value, opcode, align, unsigned(offset));
}

function laneOf<T extends 'v128' | 'void'>(type: T, align: number, n: number): Lane<T> {
  return (address, value, lane, offset = 0) =>
    code(type, toI32(address), value, simd(n), align, unsigned(offset), lane);
}

function simd(n: number): number[] {
  return [0xfd, ...unsigned(n)];
}

/** 32-bit whole numbers; comparisons give 1 or 0. */
export const i32: {
  readonly const: (value: number) => Code<'i32'>;
  readonly eqz: (a: I32) => Code<'i32'>;
} & Readonly<Record<IntName, IntBinary>> & {
    readonly load: Load<'i32'>;
    readonly load8: Load<'i32'>;
    readonly store: Store<'i32'>;
    readonly store8: Store<'i32'>;
    /** Truncated towards 0, saturating; NaN gives 0. */
    readonly truncF32: Unary<'f32', 'i32'>;
    readonly truncF64: Unary<'f64', 'i32'>;
    readonly bitsOf: Unary<'f32', 'i32'>;
  } = {
  const: (value) => toI32(value),
  eqz: (a) => code('i32', toI32(a), 0x45),
  eq: int(0x46),
  ne: int(0x47),
  lt: int(0x48),
  ltU: int(0x49),
  gt: int(0x4a),
  gtU: int(0x4b),
  le: int(0x4c),
  ge: int(0x4e),
  geU: int(0x4f),
  add: int(0x6a),
  sub: int(0x6b),
  mul: int(0x6c),
  div: int(0x6d),
  divU: int(0x6e),
  rem: int(0x6f),
  remU: int(0x70),
  and: int(0x71),
  or: int(0x72),
  xor: int(0x73),
  shl: int(0x74),
  shr: int(0x75),
  shrU: int(0x76),
  rotl: int(0x77),
  load: load('i32', 2, 0x28),
  load8: load('i32', 0, 0x2d),
  store: store(2, 0x36),
  store8: store(0, 0x3a),
  truncF32: unary('i32', 0xfc, 0x00),
  truncF64: unary('i32', 0xfc, 0x02),
  bitsOf: unary('i32', 0xbc),
};
type IntComparison = 'eq' | 'ne' | 'lt' | 'ltU' | 'gt' | 'gtU' | 'le' | 'ge' | 'geU';
type IntArithmetic = 'add' | 'sub' | 'mul' | 'div' | 'divU' | 'rem' | 'remU';
type IntName = IntComparison | IntArithmetic | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'shrU' | 'rotl';

type FloatUnaryName = 'abs' | 'neg' | 'ceil' | 'floor' | 'trunc' | 'nearest' | 'sqrt';
type FloatBinaryName = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'copysign';
type ComparisonName = 'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge';

/** Scalar floats of one width. */
export type Floats<T extends 'f32' | 'f64'> = {
  readonly const: (value: number) => Code<T>;
  readonly load: Load<T>;
  readonly store: Store<T>;
  readonly fromI32: Unary<'i32', T>;
} & Readonly<Record<FloatUnaryName, Unary<T>>> &
  Readonly<Record<FloatBinaryName, Binary<T>>> &
  Readonly<Record<ComparisonName, Binary<T, 'i32'>>>;

/** @param first the opcodes of `eq` and of `abs`; the others follow in the specification's order. */
function floats<T extends 'f32' | 'f64'>(
  type: T,
  size: 4 | 8,
  comparisons: number,
  maths: number,
): Omit<Floats<T>, 'load' | 'store' | 'fromI32'> {
  return {
    const: (value) => code(type, size === 4 ? 0x43 : 0x44, floatBytes(value, size)),
    eq: binary('i32', comparisons),
    ne: binary('i32', comparisons + 1),
    lt: binary('i32', comparisons + 2),
    gt: binary('i32', comparisons + 3),
    le: binary('i32', comparisons + 4),
    ge: binary('i32', comparisons + 5),
    abs: unary(type, maths),
    neg: unary(type, maths + 1),
    ceil: unary(type, maths + 2),
    floor: unary(type, maths + 3),
    trunc: unary(type, maths + 4),
    nearest: unary(type, maths + 5),
    sqrt: unary(type, maths + 6),
    add: binary(type, maths + 7),
    sub: binary(type, maths + 8),
    mul: binary(type, maths + 9),
    div: binary(type, maths + 10),
    min: binary(type, maths + 11),
    max: binary(type, maths + 12),
    copysign: binary(type, maths + 13),
  };
}

export const f32: Floats<'f32'> & { readonly demote: Unary<'f64', 'f32'>; readonly ofBits: Unary<'i32', 'f32'> } = {
  ...floats('f32', 4, 0x5b, 0x8b),
  load: load('f32', 2, 0x2a),
  store: store(2, 0x38),
  fromI32: unary('f32', 0xb2),
  demote: unary('f32', 0xb6),
  ofBits: unary('f32', 0xbe),
};

export const f64: Floats<'f64'> & { readonly promote: Unary<'f32', 'f64'> } = {
  ...floats('f64', 8, 0x61, 0x99),
  load: load('f64', 3, 0x2b),
  store: store(3, 0x39),
  fromI32: unary('f64', 0xb7),
  promote: unary('f64', 0xbb),
};

/** 128 bits, whatever they mean. */
export const v128: {
  readonly load: Load<'v128'>;
  readonly store: Store<'v128'>;
  /** One 32-bit (64-bit) element in all lanes. */
  readonly load32Splat: Load<'v128'>;
  readonly load64Splat: Load<'v128'>;
  /** One element in the lowest lane, zeros above. */
  readonly load32Zero: Load<'v128'>;
  readonly load64Zero: Load<'v128'>;
  /** The vector with one lane from memory. */
  readonly loadLane32: Lane<'v128'>;
  readonly loadLane64: Lane<'v128'>;
  readonly storeLane32: Lane<'void'>;
  readonly storeLane64: Lane<'void'>;
  readonly zero: Code<'v128'>;
  readonly not: Unary<'v128'>;
  readonly and: Binary<'v128'>;
  /** a and not b. */
  readonly andNot: Binary<'v128'>;
  readonly or: Binary<'v128'>;
  readonly xor: Binary<'v128'>;
  /** a where the mask's bits are 1, else b. */
  readonly select: (a: Code<'v128'>, b: Code<'v128'>, mask: Code<'v128'>) => Code<'v128'>;
  readonly anyTrue: Unary<'v128', 'i32'>;
  /** Four 32-bit lanes picked from eight: 0–3 of a, 4–7 of b. */
  readonly shuffle32: (
    a: Code<'v128'>,
    b: Code<'v128'>,
    ...lanes: readonly [number, number, number, number]
  ) => Code<'v128'>;
} = {
  load: load('v128', 4, ...simd(0)),
  store: store(4, ...simd(11)),
  load32Splat: load('v128', 2, ...simd(9)),
  load64Splat: load('v128', 3, ...simd(10)),
  load32Zero: load('v128', 2, ...simd(92)),
  load64Zero: load('v128', 3, ...simd(93)),
  loadLane32: laneOf('v128', 2, 86),
  loadLane64: laneOf('v128', 3, 87),
  storeLane32: laneOf('void', 2, 90),
  storeLane64: laneOf('void', 3, 91),
  zero: code('v128', simd(12), new Array<number>(16).fill(0)),
  not: unary('v128', ...simd(77)),
  and: binary('v128', ...simd(78)),
  andNot: binary('v128', ...simd(79)),
  or: binary('v128', ...simd(80)),
  xor: binary('v128', ...simd(81)),
  select: (a, b, mask) => code('v128', a, b, mask, simd(82)),
  anyTrue: unary('i32', ...simd(83)),
  shuffle32: (a, b, ...lanes) =>
    code(
      'v128',
      a,
      b,
      simd(13),
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
    ),
};

type LaneUnaryName = 'abs' | 'neg' | 'sqrt' | 'ceil' | 'floor' | 'trunc' | 'nearest';
type LaneBinaryName = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmin' | 'pmax' | ComparisonName;

/** Float lanes; comparisons give masks. `pmin(a, b)` is b where b < a, else a; `pmax(a, b)` is b where a < b, else a. */
export type FloatLanes<T extends 'f32' | 'f64'> = {
  readonly splat: Unary<T, 'v128'>;
  readonly lane: (a: Code<'v128'>, lane: number) => Code<T>;
} & Readonly<Record<LaneUnaryName, Unary<'v128'>>> &
  Readonly<Record<LaneBinaryName, Binary<'v128'>>>;

function lanes<T extends 'f32' | 'f64'>(
  type: T,
  opcodes: {
    splat: number;
    lane: number;
    comparisons: number;
    rounding: readonly [number, number, number, number];
    maths: number;
  },
): FloatLanes<T> {
  const { splat, lane, comparisons, rounding, maths } = opcodes;
  const one = (n: number): Unary<'v128'> => unary('v128', ...simd(n));
  const two = (n: number): Binary<'v128'> => binary('v128', ...simd(n));
  return {
    splat: unary('v128', ...simd(splat)),
    lane: (a, n) => code(type, a, simd(lane), n),
    eq: two(comparisons),
    ne: two(comparisons + 1),
    lt: two(comparisons + 2),
    gt: two(comparisons + 3),
    le: two(comparisons + 4),
    ge: two(comparisons + 5),
    ceil: one(rounding[0]),
    floor: one(rounding[1]),
    trunc: one(rounding[2]),
    nearest: one(rounding[3]),
    abs: one(maths),
    neg: one(maths + 1),
    sqrt: one(maths + 3),
    add: two(maths + 4),
    sub: two(maths + 5),
    mul: two(maths + 6),
    div: two(maths + 7),
    min: two(maths + 8),
    max: two(maths + 9),
    pmin: two(maths + 10),
    pmax: two(maths + 11),
  };
}

export const f32x4: FloatLanes<'f32'> & { readonly fromI32x4: Unary<'v128'>; readonly demoteF64x2: Unary<'v128'> } = {
  ...lanes('f32', { splat: 19, lane: 31, comparisons: 65, rounding: [103, 104, 105, 106], maths: 224 }),
  fromI32x4: unary('v128', ...simd(250)),
  demoteF64x2: unary('v128', ...simd(94)),
};

export const f64x2: FloatLanes<'f64'> & {
  readonly promoteLowF32x4: Unary<'v128'>;
  readonly fromLowI32x4: Unary<'v128'>;
} = {
  ...lanes('f64', { splat: 20, lane: 33, comparisons: 71, rounding: [116, 117, 122, 148], maths: 236 }),
  promoteLowF32x4: unary('v128', ...simd(95)),
  fromLowI32x4: unary('v128', ...simd(254)),
};

type IntLaneName = 'eq' | 'ne' | 'lt' | 'gt' | 'gtU' | 'le' | 'add' | 'sub' | 'mul' | 'min' | 'max';

/** Four 32-bit whole numbers. */
export const i32x4: {
  readonly splat: Unary<'i32', 'v128'>;
  readonly lane: (a: Code<'v128'>, lane: number) => Code<'i32'>;
  readonly withLane: (a: Code<'v128'>, lane: number, value: I32) => Code<'v128'>;
  readonly neg: Unary<'v128'>;
  readonly abs: Unary<'v128'>;
  readonly shl: (a: Code<'v128'>, by: I32) => Code<'v128'>;
  readonly shr: (a: Code<'v128'>, by: I32) => Code<'v128'>;
  readonly shrU: (a: Code<'v128'>, by: I32) => Code<'v128'>;
  /** Truncated towards 0, saturating; NaN gives 0. */
  readonly truncF32x4: Unary<'v128'>;
  /** Likewise two float64 into the low lanes; zeros above. */
  readonly truncF64x2: Unary<'v128'>;
  /** Four lanes from the lowest four bytes, and four bytes from lanes of 0 to 255. */
  readonly fromBytes: Unary<'v128'>;
  readonly toBytes: Unary<'v128', 'i32'>;
  /** A bit per lane: its sign. */
  readonly bitmask: Unary<'v128', 'i32'>;
} & Readonly<Record<IntLaneName, Binary<'v128'>>> = {
  splat: unary('v128', ...simd(17)),
  lane: (a, n) => code('i32', a, simd(27), n),
  withLane: (a, n, value) => code('v128', a, toI32(value), simd(28), n),
  neg: unary('v128', ...simd(161)),
  abs: unary('v128', ...simd(160)),
  shl: (a, by) => code('v128', a, toI32(by), simd(171)),
  shr: (a, by) => code('v128', a, toI32(by), simd(172)),
  shrU: (a, by) => code('v128', a, toI32(by), simd(173)),
  truncF32x4: unary('v128', ...simd(248)),
  truncF64x2: unary('v128', ...simd(252)),
  fromBytes: unary('v128', ...simd(137), ...simd(169)),
  toBytes: (a) => code('i32', a, v128.zero, simd(133), v128.zero, simd(102), simd(27), 0),
  bitmask: unary('i32', ...simd(164)),
  eq: binary('v128', ...simd(55)),
  ne: binary('v128', ...simd(56)),
  lt: binary('v128', ...simd(57)),
  gt: binary('v128', ...simd(59)),
  gtU: binary('v128', ...simd(60)),
  le: binary('v128', ...simd(61)),
  add: binary('v128', ...simd(174)),
  sub: binary('v128', ...simd(177)),
  mul: binary('v128', ...simd(181)),
  min: binary('v128', ...simd(182)),
  max: binary('v128', ...simd(184)),
};

/** Whole blocks of memory. */
export const memory: {
  readonly fill: (address: I32, byte: I32, count: I32) => Statement;
  readonly copy: (to: I32, from: I32, count: I32) => Statement;
} = {
  fill: (address, byte, count) => code('void', toI32(address), toI32(byte), toI32(count), 0xfc, 0x0b, 0),
  copy: (to, from, count) => code('void', toI32(to), toI32(from), toI32(count), 0xfc, 0x0a, 0, 0),
};

/** What threads agree through. */
export const atomic: {
  readonly load: (address: I32, offset?: number) => Code<'i32'>;
  readonly store: (address: I32, value: I32, offset?: number) => Statement;
  /** Adds and gives the old value. */
  readonly add: (address: I32, value: I32, offset?: number) => Code<'i32'>;
  /** Sleeps while the cell holds `expected`; 0 woken, 1 not equal, 2 timed out. `timeout` in ns, −1 for none. */
  readonly wait: (address: I32, expected: I32, timeout: number, offset?: number) => Code<'i32'>;
  /** Wakes at most `count` sleepers; gives how many. */
  readonly notify: (address: I32, count: I32, offset?: number) => Code<'i32'>;
} = {
  load: (address, offset = 0) => code('i32', toI32(address), 0xfe, 0x10, 2, unsigned(offset)),
  store: (address, value, offset = 0) => code('void', toI32(address), toI32(value), 0xfe, 0x17, 2, unsigned(offset)),
  add: (address, value, offset = 0) => code('i32', toI32(address), toI32(value), 0xfe, 0x1e, 2, unsigned(offset)),
  wait: (address, expected, timeout, offset = 0) =>
    code('i32', toI32(address), toI32(expected), 0x42, signed(timeout), 0xfe, 0x01, 2, unsigned(offset)),
  notify: (address, count, offset = 0) => code('i32', toI32(address), toI32(count), 0xfe, 0x00, 2, unsigned(offset)),
};

/** `a` if the condition is not 0, else `b`; both are computed. */
export function select<T extends ValueType>(condition: I32, a: Code<T>, b: Code<T>): Code<T> {
  return code(a.type, a, b, toI32(condition), a.type === 'v128' ? [0x1c, 1, 0x7b] : 0x1b);
}

/** Computes and forgets. */
export function drop(a: Code<ValueType>): Statement {
  return code('void', a, 0x1a);
}

export type { CodeType };
