/** Products that are larger than a block, thin, batched and shared by batches. */
import { describe, expect, it } from 'vitest';
import { matmul } from '../../../kernels/cpu/matmul.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import { expandLayout, permuteLayout } from '../../../src/core/layout.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { difference } from '../agreement.ts';
import { read } from '../naive.ts';
import { Dice, operand } from '../operands.ts';

/** Row by row and column by column, summed in double precision in the order of k. */
function defined(a: Operand, b: Operand, m: number, k: number, n: number): Float32Array {
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += read(a, [i, p]) * read(b, [p, j]);
      out[i * n + j] = sum;
    }
  }
  return out;
}

const turned = (x: Operand): Operand => ({ ...x, layout: permuteLayout(x.layout, [1, 0]) });

describe('matmul', () => {
  it.each([
    [193, 7, 258],
    [400, 5, 9],
    [4, 6, 523],
    [5, 700, 6],
    [197, 259, 5],
    [8, 513, 261],
    [3, 1, 3],
    [1, 300, 40],
    [41, 300, 2],
    [2, 70000, 9],
  ])('is exact to the bit for %i × %i × %i, transposed or not', (m, k, n) => {
    const dice = new Dice(m + k + n);
    const a = operand(dice, [m, k]);
    const b = operand(dice, [k, n]);
    const expected = defined(a, b, m, k, n);
    const at = turned({ ...a, storage: columns(a.storage, m, k), layout: operand(dice, [k, m]).layout });
    const bt = turned({ ...b, storage: columns(b.storage, k, n), layout: operand(dice, [n, k]).layout });
    for (const [left, right] of [
      [a, b],
      [at, b],
      [a, bt],
    ] as const) {
      expect(difference(matmul(left, right, [m, n], 'float32'), expected)).toBeUndefined();
    }
  });

  it.each([
    ['the second', [3, 2, 5, 6], [6, 4]],
    ['the first', [5, 6], [3, 2, 6, 4]],
    ['both', [5, 6], [6, 4]],
  ] as const)('lets all batches share %s factor', (_which, aShape, bShape) => {
    const dice = new Dice(5);
    const share = (shape: Shape): Operand => {
      const x = operand(dice, shape);
      return { ...x, layout: expandLayout(x.layout, [3, 2, ...shape.slice(-2)]) };
    };
    const [a, b] = [share(aShape), share(bShape)];
    const got = matmul(a, b, [3, 2, 5, 4], 'float32');
    for (let batch = 0; batch < 6; batch++) {
      const pick = (x: Operand): Operand => {
        const [shape, strides] = [x.layout.shape.slice(-2), x.layout.strides.slice(-2)];
        const offset = Math.floor(batch / 2) * x.layout.strides[0]! + (batch % 2) * x.layout.strides[1]!;
        return { ...x, layout: { ...x.layout, shape, strides, offset } };
      };
      const expected = defined(pick(a), pick(b), 5, 6, 4);
      expect(difference(got.subarray(batch * 20, batch * 20 + 20), expected)).toBeUndefined();
    }
  });

  it('wraps int32 as 32-bit arithmetic does', () => {
    const ints = (...values: number[]): Operand => ({
      ...operand(new Dice(0), [1, 2]),
      storage: Int32Array.from(values),
      dtype: 'int32',
    });
    const [a, b] = [ints(65536, 2147483647), ints(65536, 2)];
    expect([...matmul(a, turned(b), [1, 1], 'int32')]).toEqual([-2]);
  });

  it('gives zeros where nothing is summed, and leaves no sum behind', () => {
    const dice = new Dice(6);
    matmul(operand(dice, [20, 20]), operand(dice, [20, 20]), [20, 20], 'float32');
    const got = matmul(operand(dice, [20, 0]), operand(dice, [0, 20]), [20, 20], 'float32');
    expect(got.every((v) => Object.is(v, 0))).toBe(true);
  });

  it('passes NaN and infinities to the results that they belong to, and to no other', () => {
    const a = operand(new Dice(7), [5, 6]);
    const b = operand(new Dice(8), [6, 5]);
    a.storage[2 * 6 + 3] = Number.NaN;
    b.storage[4 * 5 + 1] = Infinity;
    const got = matmul(a, b, [5, 5], 'float32');
    for (let i = 0; i < 25; i++) {
      const [r, c] = [Math.floor(i / 5), i % 5];
      expect(Number.isFinite(got[i])).toBe(r !== 2 && c !== 1);
      expect(Number.isNaN(got[i])).toBe(r === 2);
    }
  });
});

function columns(data: TypedArray, rows: number, width: number): TypedArray {
  const out = data.slice();
  for (let r = 0; r < rows; r++) for (let c = 0; c < width; c++) out[c * rows + r] = data[r * width + c]!;
  return out;
}
