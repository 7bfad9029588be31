/** Trials of instructions: operands from memory, results back, compared with what the instruction means. */
import { expect } from 'vitest';
import type { Code, I32, Statement } from '../../../kernels/wasm/code.ts';
import type { CompiledKernel, Kernels } from '../../../kernels/wasm/engine.ts';
import { define, type FunctionCode, increase, loopFrom } from '../../../kernels/wasm/function.ts';
import { f32, f64, i32, v128 } from '../../../kernels/wasm/instruction.ts';
import { ModuleBuilder } from '../../../kernels/wasm/module.ts';
import { Dice } from '../operands.ts';

/** What a value is: a number, or lanes of numbers. */
export type Kind = 'i32' | 'f32' | 'f64' | 'i32x4' | 'f32x4' | 'f64x2';
export type TypeOf<K extends Kind> = K extends 'i32' | 'f32' | 'f64' ? K : 'v128';

/** An instruction's meaning: from the lanes of its operands to those of its result; undefined where it traps. */
export type Meaning = (...operands: readonly (readonly number[])[]) => readonly number[] | undefined;

interface Form {
  readonly lanes: number;
  readonly bytes: number;
  readonly specials: readonly number[];
  readonly read: (view: DataView, at: number) => number;
  readonly write: (view: DataView, at: number, value: number) => void;
  readonly random: (dice: Dice) => number;
}

const wholes = [0, 1, -1, 2, 3, 7, 31, 32, 33, 127, 128, 255, 256, 65535, 65536, 2147483647, -2147483648, -2147483647];
const halves = [0, 0.5, 1, 1.5, 2, 2.5, 3.5, 4.5, 0.49999997, 0.99999994, 8388607.5, 8388608, 16777217];
const bounds = [2147483520, 2147483648, 4294967296, 2147483647.5, 1e10, Infinity];
const both = (list: readonly number[]): number[] => list.flatMap((x) => [x, -x]);
const singles = [
  ...both([...halves, ...bounds, 2 ** -149, 2 ** -126, 2 ** -127, 3.4028234663852886e38, 1e-20]),
  Number.NaN,
].map(Math.fround);
const doubles = [
  ...both([
    ...halves,
    ...bounds,
    5e-324,
    2 ** -1022,
    1.7976931348623157e308,
    1e300,
    1e-300,
    2 ** 52 + 1,
    2 ** 51 + 0.5,
  ]),
  ...both([3.4028235677973366e38, 3.4028235677973362e38, 2 ** -150, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 2147483647.9]),
  Number.NaN,
];

const whole = {
  bytes: 4,
  specials: wholes,
  read: (view: DataView, at: number) => view.getInt32(at, true),
  write: (view: DataView, at: number, value: number) => view.setInt32(at, value, true),
  random: (dice: Dice) => Math.floor(dice.next() * 2 ** 32) - 2 ** 31,
};
const single = {
  bytes: 4,
  specials: singles,
  read: (view: DataView, at: number) => view.getFloat32(at, true),
  write: (view: DataView, at: number, value: number) => view.setFloat32(at, value, true),
  random: (dice: Dice) => (dice.next() - 0.5) * 2 ** (dice.below(dice.below(2) === 0 ? 8 : 80) - dice.below(30)),
};
const double = {
  bytes: 8,
  specials: doubles,
  read: (view: DataView, at: number) => view.getFloat64(at, true),
  write: (view: DataView, at: number, value: number) => view.setFloat64(at, value, true),
  random: single.random,
};
const forms: Readonly<Record<Kind, Form>> = {
  i32: { lanes: 1, ...whole },
  f32: { lanes: 1, ...single },
  f64: { lanes: 1, ...double },
  i32x4: { lanes: 4, ...whole },
  f32x4: { lanes: 4, ...single },
  f64x2: { lanes: 2, ...double },
};

const load: { readonly [K in Kind]: (address: I32, offset?: number) => Code<TypeOf<K>> } = {
  i32: i32.load,
  f32: f32.load,
  f64: f64.load,
  i32x4: v128.load,
  f32x4: v128.load,
  f64x2: v128.load,
};
const store: { readonly [K in Kind]: (address: I32, value: Code<TypeOf<K>>) => Statement } = {
  i32: i32.store,
  f32: f32.store,
  f64: f64.store,
  i32x4: v128.store,
  f32x4: v128.store,
  f64x2: v128.store,
};

/** A module of some functions, over a memory of its own if none is given. */
export function compile(functions: readonly FunctionCode[], memory: WebAssembly.Memory = fresh()): Kernels {
  const builder = new ModuleBuilder();
  for (const f of functions) builder.add(f);
  return instantiate(builder, memory);
}

/** What a builder holds, compiled over a memory. */
export function instantiate(builder: ModuleBuilder, memory: WebAssembly.Memory): Kernels {
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const bytes = builder.assemble({ shared, maximum: 65536 });
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Kernels;
}

/** A memory of so many pages. */
export function fresh(pages: number = 1, shared: boolean = false): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: Math.max(pages, 64), shared });
}

/** A function without parameters that gives an i32. */
export function question(name: string, answer: Code<'i32'>): FunctionCode {
  return define(name, {}, () => answer, 'i32');
}

const slot = 16; // bytes that an operand or result takes

/**
 * Tries code of some operands on special and random ones, and compares each lane of the result with the meaning:
 * NaN with NaN, and zeros by their sign.
 */
export function tryOut<const K extends readonly Kind[], R extends Kind>(
  kinds: K,
  result: R,
  build: (...operands: { [I in keyof K]: Code<TypeOf<K[I]>> }) => Code<TypeOf<R>>,
  meaning: Meaning,
  draws: (dice: Dice) => readonly (readonly number[])[] = (dice) => kinds.map((kind) => anyOf(kind, dice)),
): void {
  const dice = new Dice(kinds.length + 1);
  const cases = [...crossed(kinds), ...Array.from({ length: 800 }, () => draws(dice))].filter(
    (operands) => meaning(...operands) !== undefined,
  );
  const stride = slot * (kinds.length + 1);
  const memory = fresh(Math.ceil((cases.length * stride) / 65536));
  const view = new DataView(memory.buffer);
  const resultAt = slot * kinds.length;
  cases.forEach((operands, i) => {
    for (const [o, lanes] of operands.entries()) write(kinds[o]!, view, i * stride + o * slot, lanes);
  });
  const operands = (at: Code<'i32'>) =>
    kinds.map((kind, o) => load[kind](at, o * slot)) as { [I in keyof K]: Code<TypeOf<K[I]>> };
  const trial = define('trial', { to: 'i32', count: 'i32' }, (p, f) => {
    const [at, i] = [f.i32(), f.i32()];
    return [
      loopFrom(i, 0, p.count, 1, [store[result](i32.add(at, resultAt), build(...operands(at))), increase(at, stride)]),
    ];
  });
  const run: CompiledKernel = compile([trial], memory).trial!;
  run(0, cases.length);
  expect(cases.length).toBeGreaterThan(100);
  cases.forEach((operands, i) => {
    const got = read(result, view, i * stride + resultAt);
    const expected = meaning(...operands)!;
    if (!same(got, expected)) expect({ operands, result: got }).toEqual({ operands, result: expected });
  });
}

/** Whether lanes are the same: NaN is NaN, and zeros have the same sign. */
function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

/** Every special of each operand with every one of the others', lane by lane. */
function crossed(kinds: readonly Kind[]): (readonly (readonly number[])[])[] {
  const lists = kinds.map((kind) => forms[kind].specials);
  const total = lists.slice(0, 2).reduce((product, list) => product * list.length, 1);
  const lanes = Math.max(...kinds.map((kind) => forms[kind].lanes));
  return Array.from({ length: Math.ceil(total / lanes) }, (_, c) =>
    kinds.map((kind, o) =>
      Array.from({ length: forms[kind].lanes }, (_, l) => {
        const item = c * lanes + l;
        const list = lists[o]!;
        return list[(o === 0 ? item : Math.floor(item / lists[o - 1]!.length)) % list.length]!;
      }),
    ),
  );
}

/** Lanes that are special or random. */
export function anyOf(kind: Kind, dice: Dice): number[] {
  const { lanes, specials, random, bytes } = forms[kind];
  return Array.from({ length: lanes }, () => {
    if (dice.below(3) === 0) return specials[dice.below(specials.length)]!;
    return bytes === 4 && specials === singles ? Math.fround(random(dice)) : random(dice);
  });
}

function write(kind: Kind, view: DataView, at: number, lanes: readonly number[]): void {
  for (const [l, value] of lanes.entries()) forms[kind].write(view, at + l * forms[kind].bytes, value);
}

function read(kind: Kind, view: DataView, at: number): number[] {
  const { lanes, bytes, read } = forms[kind];
  return Array.from({ length: lanes }, (_, l) => read(view, at + l * bytes));
}
