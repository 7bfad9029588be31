/** Row programs in WebAssembly agree with their definitions, in any shares, and write nothing but their results. */
import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { planRows } from '../../../kernels/wasm/rows.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import { contiguousLayout, type Layout, sliceLayout } from '../../../src/core/layout.ts';
import { Dice } from '../operands.ts';
import { comparisonOf, softmaxOf } from './row-programs.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
const lengths = [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 17, 31, 32, 33, 64, 65, 100, 1000];
const counts = [1, 2, 3, 4, 5, 7, 10];

/** Rows with `gap` elements between them. */
function rowsOf(dice: Dice, rows: number, n: number, gap: number, spread: number): Operand & { rows: number[][] } {
  const storage = new Float32Array(rows * (n + gap)).map(() => spread * (dice.next() - 0.5));
  const layout: Layout = sliceLayout(contiguousLayout([rows, n + gap]), [0, 0], [1, 1], [rows, n]);
  const cut = Array.from({ length: rows }, (_, r) => [...storage.subarray(r * (n + gap), r * (n + gap) + n)]);
  return { storage, layout, dtype: 'float32', rows: cut };
}

function softmax(x: readonly number[]): number[] {
  const max = x.reduce((a, b) => (Number.isNaN(a) || a > b ? a : b), -Infinity);
  const e = x.map((v) => Math.exp(Math.fround(v - max)));
  const sum = e.reduce((s, v) => s + v, 0);
  return e.map((v) => v / sum);
}

function near(got: TypedArray, expected: readonly number[], name: string): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    const same = Object.is(a, b) || Math.abs(a - b) <= 5e-7 * Math.abs(b) + 2e-38;
    if (!same) expect.fail(`${name}: element ${i} is ${a}, expected ${b}`);
  }
}

function computed(x: Operand, n: number): TypedArray {
  const count = x.layout.size;
  return stage.with([x], (arrays) => stage.result('float32', count, (to) => [planRows(softmaxOf(n), arrays, [to])]));
}

describe('softmax', () => {
  it('is as defined for any number of rows of any length', () => {
    const dice = new Dice(21);
    for (const n of lengths) {
      for (const count of counts) {
        for (const gap of [0, 3]) {
          const x = rowsOf(dice, count, n, gap, 30);
          near(computed(x, n), x.rows.flatMap(softmax), `${count} rows of ${n}`);
        }
      }
    }
  });

  it('keeps NaN and infinity', () => {
    for (const n of [1, 3, 4, 9, 40]) {
      for (const special of [Number.NaN, Infinity, -Infinity]) {
        const x = rowsOf(new Dice(n), 5, n, 0, 4);
        x.storage[2 * n] = special;
        x.storage.fill(special, 3 * n, 4 * n);
        const rows = Array.from({ length: 5 }, (_, r) => [...x.storage.subarray(r * n, (r + 1) * n)]);
        near(computed(x, n), rows.flatMap(softmax), `${n} elements, ${special}`);
      }
    }
  });
});

it('compares with the element at an index, and spreads a number', () => {
  const dice = new Dice(5);
  for (const n of lengths) {
    for (const count of counts) {
      const x = rowsOf(dice, count, n, 2, 4);
      const labels = Int32Array.from({ length: count }, () => dice.below(n));
      const weights = Float32Array.from({ length: n }, () => dice.next());
      const wide = { ...contiguousLayout([count, n]), strides: [0, 1], contiguous: false };
      const operands: Operand[] = [
        x,
        { storage: labels, layout: contiguousLayout([count, 1]), dtype: 'int32' },
        { storage: weights, layout: wide, dtype: 'float32' },
        { storage: Float32Array.of(2), layout: { ...contiguousLayout([count, 1]), strides: [0, 0] }, dtype: 'float32' },
      ];
      const products = x.rows.map((row) => row.map((v, i) => Math.fround(v * weights[i]!)));
      const picked = products.map((row, r) => row[labels[r]!]!);
      const expected = [
        products.flatMap((row, r) => row.map((v) => Number(v <= picked[r]!))),
        picked,
        products.flatMap((row, r) => row.map((_, i) => (i === labels[r] ? 2 : 0))),
      ];
      stage.with(operands, (arrays) => {
        const others = [1, 4, 4].map((bytes) => stage.engine.heap.allocate(bytes * count * n + 64));
        for (const r of [0, 1, 2]) {
          const dtype = r === 0 ? 'bool' : 'float32';
          const got = stage.result(dtype, expected[r]!.length, (to) => [
            planRows(
              comparisonOf(n),
              arrays,
              [0, 1, 2].map((i) => (i === r ? to : others[i]!)),
            ),
          ]);
          expect([...got], `${count} rows of ${n}, result ${r}`).toEqual(expected[r]);
        }
        for (const address of others) stage.engine.heap.release(address);
      });
    }
  }
});
