/** Vector maths: how many units in the last place each function is off, over all exponents and the special values. */
import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../../kernels/wasm/engine.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { countDown, define, increase } from '../../../kernels/wasm/function.ts';
import { v128 } from '../../../kernels/wasm/instruction.ts';
import { float32Maths } from '../../../kernels/wasm/maths.ts';
import { VectorCode } from '../../../kernels/wasm/vector.ts';
import { scalarMaths } from '../../../src/core/scalar-maths.ts';
import { Dice } from '../operands.ts';

/** Units in the last place that each function may be off; measured, and rounded up to tenths. */
const unaryLimits = {
  neg: 0,
  abs: 0,
  sign: 0,
  floor: 0,
  ceil: 0,
  trunc: 0,
  round: 0,
  sqrt: 0.5,
  rsqrt: 1.5,
  exp: 2.7,
  expm1: 2.1,
  log: 1.2,
  log2: 2.1,
  log10: 2.5,
  log1p: 1.8,
  sin: 2.1,
  cos: 2.1,
  tan: 2.8,
  asin: 2.4,
  acos: 1.3,
  atan: 1.6,
  sinh: 2.4,
  cosh: 2.9,
  tanh: 2.5,
  asinh: 2.1,
  acosh: 2.3,
  atanh: 2.4,
  erf: 1.6,
} as const;
const binaryLimits = { add: 0.5, sub: 0.5, mul: 0.5, div: 0.5, max: 0, min: 0, fmod: 0, pow: 1.7, atan2: 1.8 } as const;
type Name = keyof typeof unaryLimits | keyof typeof binaryLimits;

const most = 1 << 20; // elements on the heap at a time
const engine = new Engine(false);
const [xAt, yAt, toAt] = [0, 1, 2].map(() => engine.heap.allocate(4 * most)) as [number, number, number];
const floats = (at: number): Float32Array => new Float32Array(engine.heap.memory.buffer, at, most);
const patterns = (at: number): Int32Array => new Int32Array(engine.heap.memory.buffer, at, most);

/** Applies a function to the first `count` elements (whole vectors) of both inputs. */
function run(name: Name, count: number): Float32Array {
  const kernels: Kernels = engine.kernels(name, (module, constants) => {
    module.add(
      define('apply', { x: 'i32', y: 'i32', to: 'i32', left: 'i32' }, (p, f) => {
        const c = new VectorCode(f, constants);
        const y = float32Maths[name](c, c.hold(v128.load(p.x)), c.hold(v128.load(p.y)));
        const on = [p.x, p.y, p.to].map((q) => increase(q, 16));
        return [countDown(p.left, 4, [...c.statements, v128.store(p.to, y), ...on])];
      }),
    );
  });
  kernels.apply!(xAt, yAt, toAt, Math.ceil(count / 4) * 4);
  return floats(toAt);
}

const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);

/** The error of `got` in units of the last place of the exact number; Infinity where a special value is wrong. */
function ulps(got: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Number.isNaN(got) || Number.isNaN(rounded)) return Number.isNaN(got) && Number.isNaN(rounded) ? 0 : Infinity;
  if (got === 0 && rounded === 0) return Object.is(got, rounded) ? Math.abs(exact) / 2 ** -149 : Infinity;
  if (got === rounded && Math.abs(got) === Infinity) return 0;
  const bounded = Math.abs(got) === Infinity ? Math.sign(got) * 2 ** 128 : got; // one more than the greatest
  double[0] = exact;
  const exponent = Math.max(((doubleWords[1]! >>> 20) & 0x7ff) - 1023, -126);
  return Math.abs(bounded - exact) / 2 ** (exponent - 23);
}

/** The greatest error over the first `count` elements, and where. */
function worst(name: Name, count: number): { error: number; at: string } {
  const got = run(name, count);
  const [x, y] = [floats(xAt), floats(yAt)];
  const f = scalarMaths[name];
  let error = 0;
  let at = '';
  for (let i = 0; i < count; i++) {
    const e = ulps(got[i]!, f(x[i]!, y[i]!, 0));
    if (e > error) {
      error = e;
      at = `${name}(${x[i]}, ${y[i]}) gave ${got[i]}`;
    }
  }
  return { error, at };
}

const specials = [
  0,
  1,
  0.5,
  1.5,
  2,
  2.5,
  3,
  7,
  16777215,
  16777216,
  8388607.5,
  1e10,
  1e-10,
  1e-45,
  1.1754942e-38,
  1.17549435e-38,
  3.4028234e38,
  88.72284,
  88.72283,
  103.97,
  87.33655,
  89.41599,
  1.0000001,
  0.99999994,
  150,
  Infinity,
].flatMap((v) => [v, -v]);
specials.push(Number.NaN);

describe.each(Object.entries(unaryLimits))('%s', (key, limit) => {
  const name = key as keyof typeof unaryLimits;

  it('is right for special values', () => {
    floats(xAt).set(specials);
    const { error, at } = worst(name, specials.length);
    expect(error, at).toBeLessThanOrEqual(limit);
  });

  it(`is off by at most ${limit} ulp over all exponents`, () => {
    for (let part = 0; part < 4; part++) {
      const bits = patterns(xAt);
      // one of each 1,024 neighbouring bit patterns, chosen by a hash
      for (let i = 0; i < most; i++) bits[i] = (part * most + i) * 1024 + (Math.imul(i + part, 0x9e3779b1) >>> 22);
      const { error, at } = worst(name, most);
      expect(error, at).toBeLessThanOrEqual(limit);
    }
  });
});

/** How x and y are drawn. */
const draws: Readonly<Record<string, (dice: Dice, i: number) => [x: number, y: number]>> = {
  'near 1 and small': (dice) => [1 + (dice.next() - 0.5) * 10 ** (-6 * dice.next()), (dice.next() - 0.5) * 40],
  'whose power is finite': (dice) => {
    const log = (dice.next() - 0.5) * 170;
    return [Math.exp(log), ((dice.next() - 0.5) * 200) / Math.max(1e-3, Math.abs(log))];
  },
  'where y is whole': (dice) => [(dice.next() - 0.5) * 20, dice.below(60) - 30],
  'that are multiples, nearly': (dice) => {
    const y = Math.fround((dice.next() - 0.5) * 10);
    return [y * dice.below(1e6), y];
  },
};

describe.each(Object.entries(binaryLimits))('%s', (key, limit) => {
  const name = key as keyof typeof binaryLimits;

  it('is right for all pairs of special values', () => {
    const pairs = specials.flatMap((x) => specials.map((y) => [x, y] as const));
    floats(xAt).set(pairs.map(([x]) => x));
    floats(yAt).set(pairs.map(([, y]) => y));
    const { error, at } = worst(name, pairs.length);
    expect(error, at).toBeLessThanOrEqual(limit);
  });

  it(`is off by at most ${limit} ulp over all exponents`, () => {
    const [x, y] = [patterns(xAt), patterns(yAt)];
    for (let i = 0; i < most; i++) {
      x[i] = i * 4096 + (Math.imul(i, 0x9e3779b1) >>> 20);
      y[i] = Math.imul(i, 0x85ebca6b);
    }
    const { error, at } = worst(name, most);
    expect(error, at).toBeLessThanOrEqual(limit);
  });

  it.each(Object.entries(draws))('is as near for numbers %s', (_, draw) => {
    const dice = new Dice(3);
    const [x, y] = [floats(xAt), floats(yAt)];
    const count = 200_000;
    for (let i = 0; i < count; i++) [x[i], y[i]] = draw(dice, i);
    const { error, at } = worst(name, count);
    expect(error, at).toBeLessThanOrEqual(limit);
  });
});

it('gives a lane the same bits whatever is in the others', () => {
  const usual = 0.7;
  for (const name of Object.keys(float32Maths) as Name[]) {
    floats(xAt).fill(usual, 0, 4);
    floats(yAt).fill(1.25, 0, 4);
    const alone = run(name, 4)[0]!;
    for (const special of specials) {
      floats(xAt).set([special, usual, usual, special]);
      const [, a, b] = run(name, 4);
      expect([a, b], `${name} beside ${special}`).toEqual([alone, alone]);
    }
  }
});
