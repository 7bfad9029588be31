/**
 * Random elements: threefry 2×32 with 20 rounds (Salmon et al. 2011), four blocks at a time.
 *
 * Each element depends on the key, the draw and its index only: the bits are those of the plain loops for any share.
 */
import { bytesPerElement } from '../../src/core/dtype.ts';
import type { Params } from '../../src/core/primitive.ts';
import type { Draw } from '../../src/core/random.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Call } from './call.ts';
import { type Code, type I32, type Statement, sequence } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { define, type FunctionBuilder, type FunctionCode, increase, loopWhile, when } from './function.ts';
import { f32x4, f64x2, i32, i32x4, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { abreast, type Held, type Vector, VectorCode } from './vector.ts';
import type { Int } from './walk.ts';

/** What is drawn: uniform floats or words, or bools that are true with a probability. */
export type Drawn = 'float32' | 'float64' | 'int32' | 'bool';

/** Elements that four blocks make. */
const perStep: Readonly<Record<Drawn, number>> = { float32: 8, int32: 8, bool: 8, float64: 4 };

/** Steps that are taken abreast, as one waits for itself most of the time: their words fill 14 of 16 registers. */
const many = 7;

/** The keys of a draw as the rounds take them, in all lanes. */
export interface Keys {
  readonly first: readonly [Vector, Vector];
  /** What is added to both words after each four rounds. */
  readonly later: readonly (readonly [Vector, Vector])[];
}

/** Holds the keys of the draw `index`; once per kernel. */
export function threefryKeys(c: VectorCode, key: readonly [I32Code, I32Code], index: I32Code): Keys {
  const [k0, k1] = key.map((k) => c.hold(i32x4.splat(k))) as [Held, Held];
  const k2 = c.hold(v128.xor(v128.xor(k0, k1), c.bits(0x1bd11bda)));
  const ring = [k0, k1, k2];
  const later = [1, 2, 3, 4, 5].map((i) => {
    const [a, b] = [ring[i % 3]!, ring[(i + 1) % 3]!];
    return [a, c.hold(i32x4.add(b, c.bits(i)))] as const;
  });
  return { first: [k0, c.hold(i32x4.add(i32x4.splat(index), k1))], later };
}
type I32Code = Code<'i32'>;

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** The first and the second words of four blocks. */
export function threefry(c: VectorCode, keys: Keys, blocks: Vector): readonly [Held, Held] {
  const { add, shl, shrU } = i32x4;
  let x0 = c.hold(add(blocks, keys.first[0]));
  let x1 = c.hold(keys.first[1]);
  keys.later.forEach(([a, b], group) => {
    for (const by of rotations[group % 2]!) {
      x0 = c.hold(add(x0, x1));
      x1 = c.hold(v128.xor(v128.or(shl(x1, by), shrU(x1, 32 - by)), x0));
    }
    x0 = c.hold(add(x0, a));
    x1 = c.hold(add(x1, b));
  });
  return [x0, x1];
}

/** The words of elements 8i to 8i + 7 from the words of blocks 4i to 4i + 3: two vectors. */
export function wordsInOrder([x0, x1]: readonly [Held, Held]): readonly [Vector, Vector] {
  return [v128.shuffle32(x0, x1, 0, 4, 1, 5), v128.shuffle32(x0, x1, 2, 6, 3, 7)];
}

/** The upper 24 bits of words as float32 in [0, 1). */
export function uniform(c: VectorCode, words: Vector): Vector {
  return f32x4.mul(f32x4.fromI32x4(i32x4.shrU(words, 8)), c.float(2 ** -24));
}

/** Two of float64 in [0, 1), of the 53 upper bits, from the low lanes of both words. */
function uniformDouble(c: VectorCode, x0: Vector, x1: Vector): Vector {
  const [upper, lower] = [f64x2.fromLowI32x4(i32x4.shrU(x0, 5)), f64x2.fromLowI32x4(i32x4.shrU(x1, 6))];
  const sum = f64x2.add(f64x2.mul(upper, c.double(2 ** 26)), lower);
  return f64x2.mul(sum, c.double(2 ** -53));
}

/**
 * Adds draws: (result, elements, both words of the key, draw, probability, from, end), in units of 8 elements
 * (4 of float64). A bool is true where the float32 that would be drawn is below the probability.
 */
export function addRandom(module: ModuleBuilder, constants: ConstantPool, name: string, drawn: Drawn): FunctionCode {
  const signature = {
    to: 'i32',
    size: 'i32',
    key0: 'i32',
    key1: 'i32',
    draw: 'i32',
    probability: 'f32',
    from: 'i32',
    end: 'i32',
  } as const;
  const count = perStep[drawn];
  const bytes = count * bytesPerElement[drawn];
  const random = define(name, signature, (p, f) => {
    const start = new VectorCode(f, constants);
    const keys = threefryKeys(start, [p.key0, p.key1], p.draw);
    const probability = start.hold(f32x4.splat(p.probability));
    const blocks = start.hold(i32x4.add(i32x4.shl(i32x4.splat(p.from), 2), countUp(f, start)));
    const left = f.i32();
    const steps = (n: number): Statement[] => {
      const numbered = new VectorCode(f, constants);
      const own = Array.from({ length: n }, (_, i) => numbered.hold(i32x4.add(blocks, numbered.bits(4 * i))));
      const codes = abreast(f, constants, n, (c, i) => {
        const vectors = elementsOf(c, drawn, threefry(c, keys, own[i]!), probability).map((v) => c.hold(v));
        const all = storeAll(drawn, p.to, vectors, i * bytes);
        c.statements.push(
          n > 1 ? sequence(all) : when(i32.ge(left, count), all, storeSome(drawn, p.to, vectors, left)),
        );
      });
      const next = [
        increase(p.to, n * bytes),
        increase(p.from, n),
        blocks.set(i32x4.add(blocks, numbered.bits(4 * n))),
      ];
      return [...numbered.statements, ...codes, ...next, increase(left, -n * count)];
    };
    return [
      ...start.statements,
      increase(p.to, i32.mul(p.from, bytes)),
      left.set(i32.sub(p.size, i32.mul(p.from, count))),
      p.end.set(i32.sub(p.end, many - 1)),
      loopWhile(i32.and(i32.lt(p.from, p.end), i32.ge(left, many * count)), steps(many)),
      increase(p.end, many - 1),
      loopWhile(i32.lt(p.from, p.end), steps(1)),
    ];
  });
  return module.add(random);
}

/** 0, 1, 2, 3. */
function countUp(f: FunctionBuilder, c: VectorCode): Vector {
  const pair = f.v128();
  c.statements.push(pair.set(v128.shuffle32(v128.zero, c.bits(1), 0, 4, 0, 4)));
  return i32x4.add(pair, v128.shuffle32(v128.zero, c.bits(2), 0, 0, 4, 4));
}

/** What is stored of four blocks: two vectors of 8 elements in order, or of 4 float64. */
function elementsOf(c: VectorCode, drawn: Drawn, words: readonly [Held, Held], probability: Held): Vector[] {
  const [x0, x1] = words;
  if (drawn === 'float64') {
    const high = (v: Held): Vector => v128.shuffle32(v, v, 2, 3, 2, 3);
    return [uniformDouble(c, x0, x1), uniformDouble(c, high(x0), high(x1))];
  }
  const ordered = wordsInOrder(words);
  if (drawn === 'int32') return [...ordered];
  const floats = ordered.map((v) => uniform(c, v));
  return drawn === 'float32' ? floats : floats.map((v) => v128.and(f32x4.lt(v, probability), c.bits(1)));
}

function storeAll(drawn: Drawn, to: Int, [a, b]: readonly Held[], offset: number): Statement[] {
  if (drawn !== 'bool') return [v128.store(to, a!, offset), v128.store(to, b!, offset + 16)];
  return [i32.store(to, i32x4.toBytes(a!), offset), i32.store(to, i32x4.toBytes(b!), offset + 4)];
}

/** The elements before the end. */
function storeSome(drawn: Drawn, to: Int, vectors: readonly Held[], left: I32): Statement[] {
  return vectors.flatMap((v, j) =>
    Array.from({ length: perStep[drawn] / 2 }, (_, lane) => {
      const i = (j * perStep[drawn]) / 2 + lane;
      const store =
        drawn === 'float64'
          ? v128.storeLane64(to, v, lane, 8 * i)
          : drawn === 'bool'
            ? i32.store8(to, i32x4.lane(v, lane), i)
            : v128.storeLane32(to, v, lane, 4 * i);
      return when(i32.gt(left, i), store);
    }),
  );
}

/** The call that draws `shape` elements in row-major order to `to`. */
export function planRandom({ draw, shape, dtype }: Params['random'], to: number): Call {
  if (dtype === 'bool')
    throw new RangeError('random: draws are float32, float64 or int32; got bool; use planBernoulli');
  return planDraw(dtype, draw, sizeOf(shape), 0, to);
}

/** The call that draws bools which are true where the float32 draw is below `probability`: the mask of a dropout. */
export function planBernoulli(draw: Draw, size: number, probability: number, to: number): Call {
  return planDraw('bool', draw, size, probability, to);
}

function planDraw(drawn: Drawn, draw: Draw, size: number, probability: number, to: number): Call {
  return {
    key: `random ${drawn}`,
    build: (module, constants) => void addRandom(module, constants, 'random', drawn),
    name: 'random',
    args: [to, size, draw.key[0] | 0, draw.key[1] | 0, draw.index | 0, probability],
    units: Math.ceil(size / perStep[drawn]),
    work: 8 * size,
  };
}
