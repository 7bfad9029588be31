/** Softmax, cross-entropy and their gradients in WebAssembly agree with their definitions in double precision. */
import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import type { Call } from '../../../kernels/wasm/call.ts';
import { planSoftmax, planSoftmaxGradient, type RowArray } from '../../../kernels/wasm/softmax.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import { Dice } from '../operands.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
const lengths = [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 17, 31, 64, 100, 1000];
const rows = 5;

/** Rows with `gap` elements between them. */
function rowsOf(dice: Dice, n: number, gap: number, spread: number): Operand & { readonly rows: number[][] } {
  const storage = new Float32Array(rows * (n + gap)).map(() => spread * (dice.next() - 0.5));
  const layout = contiguousLayout([storage.length]);
  const cut = Array.from({ length: rows }, (_, r) => [...storage.subarray(r * (n + gap), r * (n + gap) + n)]);
  return { storage, layout, dtype: 'float32', rows: cut };
}

function computed(inputs: readonly Operand[], n: number, gap: number, plan: (xs: RowArray[], to: RowArray) => Call) {
  const stride = 4 * (n + gap);
  return stage.with(inputs, (arrays) =>
    stage.result('float32', rows * n, (to) => [
      plan(
        arrays.map(({ address }) => ({ address, stride })),
        { address: to, stride: 4 * n },
      ),
    ]),
  );
}

function softmax(x: readonly number[], isLog: boolean): number[] {
  const max = x.reduce((a, b) => (Number.isNaN(a) || a > b ? a : b), -Infinity);
  const less = x.map((v) => Math.fround(v - max)); // rounding here is the input's own uncertainty
  const sum = less.reduce((s, v) => s + Math.exp(v), 0);
  return less.map((v) => (isLog ? v - Math.log(sum) : Math.exp(v) / sum));
}

function near(got: ArrayLike<number>, expected: readonly number[], scale: number, name: string): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    const same = Object.is(a, b) || a === b || Math.abs(a - b) <= 5e-7 * Math.abs(b) + scale;
    if (!same) expect.fail(`${name}: element ${i} is ${a}, expected ${b}`);
  }
}

describe.each([false, true])('softmax, logarithm: %s', (isLog) => {
  it('is as defined for rows of any length', () => {
    const dice = new Dice(21);
    for (const n of lengths) {
      for (const gap of [0, 3]) {
        for (const spread of [1, 30, 300]) {
          const x = rowsOf(dice, n, gap, spread);
          const got = computed([x], n, gap, ([a], to) => planSoftmax(isLog, rows, n, a!, to));
          const expected = x.rows.flatMap((row) => softmax(row, isLog));
          near(got, expected, isLog ? 1e-6 : 2e-38, `${n} elements of ${spread}`);
        }
      }
    }
  });

  it('keeps NaN and infinity', () => {
    for (const n of [1, 3, 4, 9, 40]) {
      for (const special of [Number.NaN, Infinity, -Infinity]) {
        const x = rowsOf(new Dice(n), n, 0, 4);
        x.storage[2 * n] = special;
        x.storage.fill(special, 3 * n, 4 * n);
        const got = computed([x], n, 0, ([a], to) => planSoftmax(isLog, rows, n, a!, to));
        const expected = Array.from({ length: rows }, (_, r) =>
          softmax([...x.storage.subarray(r * n, (r + 1) * n)], isLog),
        );
        near(got, expected.flat(), 1e-6, `${n} elements, ${special}`);
      }
    }
  });

  it('may take the place of its input', () => {
    for (const n of lengths) {
      const x = rowsOf(new Dice(n), n, 0, 10);
      const apart = computed([x], n, 0, ([a], to) => planSoftmax(isLog, rows, n, a!, to));
      const address = stage.write(x.storage);
      const place = { address, stride: 4 * n };
      stage.run(planSoftmax(isLog, rows, n, place, place), 1, false);
      expect(stage.read(address, 'float32', rows * n)).toEqual(apart);
      stage.engine.heap.release(address);
    }
  });

  it('has the gradient of its definition', () => {
    const dice = new Dice(22);
    for (const n of lengths) {
      for (const gap of [0, 2]) {
        const x = rowsOf(dice, n, gap, 8);
        const g = rowsOf(dice, n, gap, 2);
        const y = { ...x, storage: x.storage.slice() };
        x.rows.forEach((row, r) => {
          y.storage.set(softmax(row, isLog), r * (n + gap));
        });
        const got = computed([y, g], n, gap, ([a, b], to) => planSoftmaxGradient(isLog, rows, n, a!, b!, to));
        const expected = x.rows.flatMap((row, r) => {
          const [p, c] = [softmax(row, false), g.rows[r]!];
          const dot = p.reduce((s, v, i) => s + v * c[i]!, 0);
          const sum = c.reduce((s, v) => s + v, 0);
          return p.map((v, i) => (isLog ? c[i]! - v * sum : v * (c[i]! - dot)));
        });
        near(got, expected, isLog ? 2e-6 : 2e-7, `${n} elements`);
      }
    }
  });
});
