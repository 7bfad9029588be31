/** Matrix products of any strides beside the plain loops and, to the bit, on any number of threads. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { matmul as plain } from '../../../kernels/cpu/matmul.ts';
import type { HeapArray } from '../../../kernels/wasm/call.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { matmul, type Product } from '../../../kernels/wasm/matmul.ts';
import { contiguousLayout, elementOffsets } from '../../../src/core/layout.ts';
import { sizeOf } from '../../../src/core/shape.ts';
import { cases } from '../conformance.ts';
import { Dice } from '../operands.ts';
import { until } from './crew.ts';
import {
  bytesOf,
  type FloatDtype,
  firstDifference,
  fractions,
  type Lie,
  lies,
  type Matrix,
  place,
  rounder,
  smallWholes,
  Target,
} from './matrices.ts';
import { deviation, Stage } from './stage.ts';

type Size = readonly [m: number, n: number, k: number];

/** The plain loops' product of the same elements. */
function byLoops(a: Matrix, b: Matrix, [m, n, k]: Size, dtype: FloatDtype): Float64Array {
  const array = (x: Float64Array) => (dtype === 'float32' ? Float32Array.from(x) : x);
  const operand = (x: Matrix, rows: number, columns: number) => ({
    storage: array(x.values),
    layout: contiguousLayout([rows, columns]),
    dtype,
  });
  return Float64Array.from(plain(operand(a, m, k), operand(b, k, n), [m, n], dtype));
}

/** How far results may be from the exact ones: as many roundings as there are terms, each of the sum of magnitudes. */
function bounds(a: Matrix, b: Matrix, start: readonly number[], [m, n, k]: Size, dtype: FloatDtype): Float64Array {
  const magnitudes = (x: Matrix): Matrix => ({ ...x, values: x.values.map(Math.abs) });
  const epsilon = (dtype === 'float32' ? 2 ** -24 : 2 ** -53) * (k + 3);
  const sums = byLoops(magnitudes(a), magnitudes(b), [m, n, k], 'float64');
  return sums.map((sum, i) => (sum + Math.abs(start[i % n]!)) * epsilon);
}

function productOf(dtype: FloatDtype, [m, n, k]: Size, a: Matrix, b: Matrix, to: Target): Product {
  return {
    dtype,
    m,
    n,
    k,
    a: [a.address],
    aRow: a.row,
    aTerm: a.column,
    b: [b.address],
    bTerm: b.row,
    bColumn: b.column,
    c: [to.address],
    cRow: to.row,
  };
}

const engine = new Engine(false);

/** One product: exact where whole numbers are multiplied, within the bound where fractions are. */
function tryProduct(dice: Dice, dtype: FloatDtype, size: Size, lieA: Lie, lieB: Lie, biased: boolean): void {
  const [m, n, k] = size;
  for (const exact of [true, false]) {
    const draw = exact ? smallWholes(dice) : fractions(dice, dtype);
    const a = place(engine, dtype, m, k, lieA, draw);
    const b = place(engine, dtype, k, n, lieB, draw);
    const bias = place(engine, dtype, 1, n, 'rows', draw);
    const to = new Target(engine, dtype, m, n, dice.below(3));
    matmul(engine, { ...productOf(dtype, size, a, b, to), ...(biased ? { bias: bias.address } : {}) });
    const got = to.take();
    const round = rounder(dtype);
    const start = Array.from(bias.values, (x) => (biased ? x : 0));
    const expected = byLoops(a, b, size, dtype).map((x, i) => round(x + start[i % n]!));
    const limits = exact ? expected.map(() => 0) : bounds(a, b, start, size, dtype);
    const wrong = expected.findIndex((x, i) => !(Math.abs(got[i]! - x) <= limits[i]!));
    if (wrong >= 0) {
      throw new Error(`${m} × ${n} × ${k}, ${lieA} by ${lieB}: got ${got[wrong]}, expected ${expected[wrong]}`);
    }
    for (const { block } of [a, b, bias]) engine.heap.release(block);
    to.release();
  }
}

describe.each(['float32', 'float64'] as const)('matmul of %s', (dtype) => {
  it.each(lies)('multiplies any sizes, the left by %s, the right by anything', (lieA) => {
    const dice = new Dice(lies.indexOf(lieA));
    for (const lieB of lies) {
      for (let i = 0; i < 12; i++) {
        const size: Size = [1 + dice.below(40), 1 + dice.below(40), 1 + dice.below(40)];
        tryProduct(dice, dtype, size, lieA, lieB, i % 2 === 0);
      }
    }
  });

  it.each(['rows', 'columns'] as const)('is right around the edges of blocks, the left by %s', (lieA) => {
    const dice = new Dice(3);
    for (const lieB of ['rows', 'gappedRows', 'columns'] as const) {
      for (const k of [255, 256, 257]) tryProduct(dice, dtype, [9, 10, k], lieA, lieB, false);
      for (const n of [511, 512, 513]) tryProduct(dice, dtype, [6, n, 17], lieA, lieB, true);
      for (const m of [127, 128, 129]) tryProduct(dice, dtype, [m, 20, 18], lieA, lieB, true);
    }
    tryProduct(dice, dtype, [70, 530, 270], lieA, 'rows', true);
    tryProduct(dice, dtype, [70, 530, 270], lieA, 'columns', false); // the right too large for the cache
  });

  it('gives zeros, or the bias, where there are no terms, and nothing where there are no results', () => {
    const dice = new Dice(4);
    tryProduct(dice, dtype, [3, 5, 0], 'rows', 'rows', false);
    tryProduct(dice, dtype, [3, 5, 0], 'columns', 'columns', true);
    for (const size of [
      [0, 5, 4],
      [5, 0, 4],
    ] as const) {
      tryProduct(dice, dtype, size, 'rows', 'rows', false);
    }
  });

  it('passes NaN and infinities to the results that they belong to', () => {
    const dice = new Dice(5);
    for (const [lieA, lieB] of [
      ['rows', 'columns'],
      ['rows', 'rows'],
      ['columns', 'rows'],
    ] as const) {
      const draw = smallWholes(dice);
      let left = 0;
      const a = place(engine, dtype, 7, 33, lieA, () => (left++ === 40 ? Number.NaN : draw()));
      const b = place(engine, dtype, 33, 9, lieB, () => 1 + Math.abs(draw()));
      const to = new Target(engine, dtype, 7, 9, 1);
      matmul(engine, productOf(dtype, [7, 9, 33], a, b, to));
      const got = to.take();
      const row = a.values.findIndex(Number.isNaN) / 33;
      expect(firstDifference(got, byLoops(a, b, [7, 9, 33], dtype))).toBeUndefined();
      expect([...got].map(Number.isNaN)).toEqual([...got].map((_, i) => Math.floor(i / 9) === Math.floor(row)));
      to.release();
    }
  });
});

describe('batches', () => {
  /** Places that many matrices of the same strides. */
  const many = (count: number, one: () => Matrix): Matrix[] => Array.from({ length: count }, one);

  it.each([
    ['a matrix each', 5, 5],
    ['one left matrix', 1, 5],
    ['one right matrix', 5, 1],
  ])('are multiplied one by one: %s', (_which, lefts, rights) => {
    const dice = new Dice(lefts + 10 * rights);
    const size: Size = [13, 21, 34];
    const draw = smallWholes(dice);
    for (const lie of ['rows', 'columns', 'spread'] as const) {
      const a = many(lefts, () => place(engine, 'float32', 13, 34, lie, draw));
      const b = many(rights, () => place(engine, 'float32', 34, 21, lie, draw));
      const to = Array.from({ length: 5 }, () => new Target(engine, 'float32', 13, 21, 2));
      const pick = (list: readonly Matrix[], i: number): Matrix => list[i % list.length]!;
      matmul(engine, {
        ...productOf('float32', size, a[0]!, b[0]!, to[0]!),
        a: to.map((_, i) => pick(a, i).address),
        b: to.map((_, i) => pick(b, i).address),
        c: to.map((t) => t.address),
      });
      for (const [i, t] of to.entries()) {
        expect(firstDifference(t.take(), byLoops(pick(a, i), pick(b, i), size, 'float32'))).toBeUndefined();
      }
    }
  });
});

describe('the cases of conformance', () => {
  it.each(['float32', 'float64'] as const)('are as the plain loops have them, in %s', (dtype) => {
    const stage = new Stage();
    const bytes = bytesOf(dtype);
    const list = cases.matmul().filter(({ out, inputs }) => out.dtype === dtype && inputs[0]!.layout.size > 0);
    expect(list.length).toBeGreaterThan(50);
    for (const { name, inputs, out } of list) {
      const [m, n, k] = [out.shape.at(-2)!, out.shape.at(-1)!, inputs[0]!.layout.shape.at(-1)!];
      const batch = out.shape.slice(0, -2);
      const got = stage.with(inputs, ([a, b]) => {
        const to = stage.engine.heap.allocate(bytes * sizeOf(out.shape) + 64);
        const starts = ({ address, layout }: HeapArray): number[] =>
          [...elementOffsets(batch, layout.strides.slice(0, -2), layout.offset)].map((i) => address + bytes * i);
        const [aRow, aTerm, bTerm, bColumn] = [a!, b!].flatMap((x) => x.layout.strides.slice(-2).map((s) => s * bytes));
        matmul(stage.engine, {
          ...{ dtype, m, n, k, a: starts(a!), aRow: aRow!, aTerm: aTerm!, b: starts(b!), bTerm: bTerm! },
          ...{ bColumn: bColumn!, c: starts(a!).map((_, i) => to + bytes * m * n * i), cRow: bytes * n },
        });
        return stage.read(to, dtype, sizeOf(out.shape));
      });
      expect(deviation(got, plain(inputs[0]!, inputs[1]!, out.shape, dtype), 1e-5), name).toBeUndefined();
    }
  });
});

describe('threads', () => {
  const shared = new Engine(true);
  const warnings: string[] = [];

  beforeAll(() => {
    shared.threads.count = 4;
  });
  afterAll(() => {
    shared.threads.stop();
    expect(warnings).toEqual([]);
  });

  /** Waits for the workers of so many threads. */
  async function wake(count: number): Promise<void> {
    shared.threads.count = count;
    const dice = new Dice(1);
    const a = place(shared, 'float32', 128, 128, 'rows', smallWholes(dice));
    const to = new Target(shared, 'float32', 128, 128, 0);
    await until(() => {
      matmul(shared, productOf('float32', [128, 128, 128], a, a, to));
      return shared.threads.ready === count - 1;
    });
    shared.heap.release(a.block);
    to.release();
  }

  const sizes: readonly Size[] = [
    [128, 128, 128],
    [129, 131, 127],
    [1, 2000, 700],
    [2000, 1, 700],
    [3, 1100, 301],
    [1537, 6, 120],
    [61, 515, 257],
    [257, 90, 300],
    [8, 1200, 260],
  ];

  it('change no bit, whatever the size, the strides and the number', async () => {
    const dice = new Dice(6);
    const cases = sizes.flatMap((size) =>
      (['float32', 'float64'] as const).flatMap((dtype) =>
        (
          [
            ['rows', 'rows'],
            ['rows', 'columns'],
            ['columns', 'gappedRows'],
            ['spread', 'backwards'],
          ] as const
        ).map(([lieA, lieB]) => {
          const [m, n, k] = size;
          const draw = fractions(dice, dtype);
          const a = place(shared, dtype, m, k, lieA, draw);
          const b = place(shared, dtype, k, n, lieB, draw);
          const bias = place(shared, dtype, 1, n, 'rows', draw);
          return { dtype, size, a, b, bias, results: [] as Float64Array[] };
        }),
      ),
    );
    for (const count of [1, 2, 4]) {
      await wake(count);
      for (const { dtype, size, a, b, bias, results } of cases) {
        const to = new Target(shared, dtype, size[0], size[1], 1);
        matmul(shared, { ...productOf(dtype, size, a, b, to), bias: bias.address });
        results.push(to.take());
        to.release();
      }
    }
    for (const { results } of cases) {
      expect(results).toHaveLength(3);
      for (const other of results.slice(1)) expect(firstDifference(other, results[0]!)).toBeUndefined();
    }
  });

  it('are not woken for batches that are quickly done', () => {
    const spawned = vi.spyOn(process.getBuiltinModule('node:worker_threads'), 'Worker');
    const idle = new Engine(true);
    idle.threads.count = 2;
    const draw = smallWholes(new Dice(8));
    for (const [lieA, lieB] of [
      ['rows', 'columns'],
      ['rows', 'rows'],
    ] as const) {
      const [a, b] = [place(idle, 'float32', 4, 20, lieA, draw), place(idle, 'float32', 20, 4, lieB, draw)];
      const to = [0, 1, 2].map(() => new Target(idle, 'float32', 4, 4, 0));
      const [as, bs, cs] = [to.map(() => a.address), to.map(() => b.address), to.map((t) => t.address)];
      matmul(idle, { ...productOf('float32', [4, 4, 20], a, b, to[0]!), a: as, b: bs, c: cs });
    }
    expect(spawned).not.toHaveBeenCalled();
    idle.threads.stop();
    spawned.mockRestore();
  });

  it('change no bit of batches, and need no more memory for more of them', async () => {
    const dice = new Dice(7);
    const [m, n, k] = [33, 40, 41];
    const a = place(shared, 'float32', m, k, 'columns', fractions(dice, 'float32'));
    const b = place(shared, 'float32', k, n, 'rows', fractions(dice, 'float32'));
    const batches = 3000;
    const stride = 4 * m * n;
    const c = shared.heap.allocate(stride * batches + 64);
    const addresses = Array.from({ length: batches }, (_, i) => c + i * stride);
    const results: Uint8Array[] = [];
    for (const count of [1, 2, 4]) {
      await wake(count);
      const free = shared.heap.size - shared.heap.used;
      new Uint8Array(shared.heap.memory.buffer, c, stride * batches).fill(0);
      const same = (address: number) => new Array<number>(batches).fill(address);
      matmul(shared, {
        ...{ dtype: 'float32', m, n, k, aRow: a.row, aTerm: a.column, bTerm: b.row, bColumn: b.column, cRow: 4 * n },
        ...{ a: same(a.address), b: same(b.address), c: addresses },
      });
      results.push(new Uint8Array(shared.heap.memory.buffer, c, stride * batches).slice());
      expect(shared.heap.size - shared.heap.used).toBeGreaterThan(free - 32 * 2 ** 20);
    }
    expect(Buffer.compare(results[1]!, results[0]!)).toBe(0);
    expect(Buffer.compare(results[2]!, results[0]!)).toBe(0);
    const one = results[0]!.subarray(0, stride);
    expect(Buffer.compare(one, results[0]!.subarray(stride * (batches - 1)))).toBe(0);
  });
});
