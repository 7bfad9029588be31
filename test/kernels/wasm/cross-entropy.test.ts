/** Cross-entropy and its gradient in WebAssembly agree with their definitions in double precision. */
import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import type { HeapArray } from '../../../kernels/wasm/call.ts';
import {
  type CrossEntropyRows,
  planCrossEntropy,
  planCrossEntropyGradient,
} from '../../../kernels/wasm/cross-entropy.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import { Dice } from '../operands.ts';
import { deviation, Stage } from './stage.ts';

const stage = new Stage();
const rows = 6;

function flat(storage: TypedArray, dtype: Operand['dtype']): Operand {
  return { storage, dtype, layout: contiguousLayout([storage.length]) };
}

/** Logits, labels, statistics and cotangents, with `gap` elements between the rows of logits. */
function setUp(n: number, gap: number, spread: number) {
  const dice = new Dice(n);
  const x = new Float32Array(rows * (n + gap)).map(() => spread * (dice.next() - 0.5));
  const labels = new Int32Array(rows).map(() => dice.below(n));
  const g = new Float32Array(rows).map(() => dice.next());
  const operands = [
    flat(x, 'float32'),
    flat(labels, 'int32'),
    flat(new Float32Array(2 * rows), 'float32'),
    flat(g, 'float32'),
  ];
  const logits = Array.from({ length: rows }, (_, r) => [...x.subarray(r * (n + gap), r * (n + gap) + n)]);
  const at = (arrays: readonly HeapArray[]): CrossEntropyRows => ({
    rows,
    n,
    x: { address: arrays[0]!.address, stride: 4 * (n + gap) },
    labels: arrays[1]!.address,
    statistics: arrays[2]!.address,
  });
  return { operands, logits, labels, g, at };
}

function losses(n: number, gap: number, spread: number) {
  const { operands, logits, labels, g, at } = setUp(n, gap, spread);
  return stage.with(operands, (arrays) => {
    const loss = stage.result('float32', rows, (to) => [planCrossEntropy(at(arrays), to)]);
    const gradient = stage.result('float32', rows * n, (to) => [
      planCrossEntropyGradient(at(arrays), { address: arrays[3]!.address, stride: 4 }, { address: to, stride: 4 * n }),
    ]);
    const shared = stage.result('float32', rows * n, (to) => [
      planCrossEntropyGradient(at(arrays), { address: arrays[3]!.address, stride: 0 }, { address: to, stride: 4 * n }),
    ]);
    return { loss, gradient, shared, logits, labels, g };
  });
}

describe('cross-entropy', () => {
  it('is as defined, and so is its gradient', () => {
    for (const n of [1, 2, 3, 4, 5, 8, 10, 16, 37, 1000]) {
      for (const gap of [0, 1]) {
        for (const spread of [2, 20, 200]) {
          const { loss, gradient, shared, logits, labels, g } = losses(n, gap, spread);
          const parts = logits.map((x, r) => {
            const max = Math.max(...x);
            const sum = x.reduce((s, v) => s + Math.exp(v - max), 0);
            const p = x.map((v, i) => Math.exp(v - max) / sum - (i === labels[r] ? 1 : 0));
            return { loss: Math.log(sum) - (x[labels[r]!]! - max), p };
          });
          const name = `${n} classes, spread ${spread}`;
          const of = (f: (p: (typeof parts)[number], r: number) => number[]) => Float32Array.from(parts.flatMap(f));
          expect(
            deviation(
              loss,
              of((p) => [p.loss]),
              1e-6,
            ),
            name,
          ).toBeUndefined();
          expect(
            deviation(
              gradient,
              of(({ p }, r) => p.map((v) => v * g[r]!)),
              2e-6,
            ),
            name,
          ).toBeUndefined();
          expect(
            deviation(
              shared,
              of(({ p }) => p.map((v) => v * g[0]!)),
              2e-6,
            ),
            name,
          ).toBeUndefined();
        }
      }
    }
  });

  it('gives small gradients their digits where the label is all but sure', () => {
    const operands = [
      flat(Float32Array.of(0, 12, 0, 0, 0), 'float32'),
      flat(Int32Array.of(1), 'int32'),
      flat(new Float32Array(2), 'float32'),
      flat(Float32Array.of(1 / 3), 'float32'),
    ];
    const got = stage.with(operands, (arrays) => {
      const [x, labels, statistics, g] = arrays.map((a) => a.address) as [number, number, number, number];
      const place = { rows: 1, n: 5, x: { address: x, stride: 20 }, labels, statistics };
      stage.result('float32', 1, (to) => [planCrossEntropy(place, to)]);
      return stage.result('float32', 5, (to) => [
        planCrossEntropyGradient(place, { address: g, stride: 0 }, { address: to, stride: 20 }),
      ]);
    });
    const e = Math.exp(-12);
    expect(got[1]! / ((-4 * e) / (1 + 4 * e) / 3)).toBeCloseTo(1, 2); // 1 − p has few digits left, but no more are lost
    expect(got[0]! / (e / (1 + 4 * e) / 3)).toBeCloseTo(1, 6);
  });

  it('gives its gradient in the place of the logits too', () => {
    for (const n of [3, 10, 40]) {
      const { operands, at } = setUp(n, 0, 5);
      const { gradient } = losses(n, 0, 5);
      const got = stage.with(operands, (arrays) => {
        const place = at(arrays);
        stage.result('float32', rows, (to) => [planCrossEntropy(place, to)]);
        stage.run(planCrossEntropyGradient(place, { address: arrays[3]!.address, stride: 4 }, place.x), 1, false);
        return stage.read(place.x.address, 'float32', rows * n);
      });
      expect(got).toEqual(gradient);
    }
  });

  it('is NaN where a logit is', () => {
    const { operands, at } = setUp(7, 0, 3);
    operands[0]!.storage[9] = Number.NaN;
    const loss = stage.with(operands, (arrays) =>
      stage.result('float32', rows, (to) => [planCrossEntropy(at(arrays), to)]),
    );
    expect([...loss].map((v) => Number.isNaN(v))).toEqual([false, true, false, false, false, false]);
  });
});
