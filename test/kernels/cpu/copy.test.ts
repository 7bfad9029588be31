/** Copies of every layout, in every dtype, of sizes that take each path. */
import { describe, expect, it } from 'vitest';
import { cast, copy } from '../../../kernels/cpu/copy.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { allocate, dtypes, type TypedArray } from '../../../src/core/dtype.ts';
import { contiguousLayout, permuteLayout, windowsLayout } from '../../../src/core/layout.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { difference } from '../agreement.ts';
import { coordinates, read } from '../naive.ts';
import { arrangements, Dice, operand } from '../operands.ts';

function defined(x: Operand): TypedArray {
  const out = allocate(x.dtype, x.layout.size);
  out.set([...coordinates(x.layout.shape)].map((at) => read(x, at)));
  return out;
}

/** Whether writing to one could change the other; small arrays may lie in one buffer. */
function shareMemory(a: TypedArray, b: TypedArray): boolean {
  const meet = a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
  return a.buffer === b.buffer && meet;
}

const shapes: readonly Shape[] = [[], [0], [1], [5], [3, 0], [4, 5], [3, 4, 5], [40, 70], [2, 200], [3, 33, 2, 34]];

describe('copy', () => {
  it.each(arrangements)('lays %s elements in row-major order', (arrangement) => {
    const dice = new Dice(1);
    for (const dtype of dtypes) {
      for (const shape of shapes) {
        const x = operand(dice, shape, dtype, arrangement, true);
        const got = copy(x);
        expect(difference(got, defined(x)), `[${shape}] by [${x.layout.strides}]`).toBeUndefined();
        expect(shareMemory(got, x.storage)).toBe(false);
      }
    }
  });

  it('transposes tiles of every order of dims', () => {
    const x = operand(new Dice(2), [2, 35, 3, 40]);
    for (const order of [
      [3, 1, 2, 0],
      [1, 0, 3, 2],
      [0, 3, 2, 1],
      [2, 3, 0, 1],
    ]) {
      const view = { ...x, layout: permuteLayout(x.layout, order) };
      expect(difference(copy(view), defined(view)), `order ${order}`).toBeUndefined();
    }
  });

  it('reads overlapping windows', () => {
    const x = operand(new Dice(3), [6, 7]);
    const windows = [0, 1].map((dim) => ({ dim, size: 3, stride: 1, dilation: 2 - dim }));
    const view = { ...x, layout: windowsLayout(x.layout, windows) };
    expect(difference(copy(view), defined(view))).toBeUndefined();
  });

  it('keeps the sign of zero', () => {
    const x: Operand = { storage: Float32Array.of(1, -0, -0, 1), layout: contiguousLayout([2, 2]), dtype: 'float32' };
    const turned = copy({ ...x, layout: permuteLayout(x.layout, [1, 0]) });
    expect([...turned].map((v) => Object.is(v, -0))).toEqual([false, true, true, false]);
  });
});

describe('cast', () => {
  const x: Operand = {
    storage: Float64Array.of(1.9, -1.9, Number.NaN, 1e10, -1e10, Infinity, -Infinity, 0.1, -0, 2147483647.5),
    layout: contiguousLayout([10]),
    dtype: 'float64',
  };

  it('cuts floats towards zero and stays within int32', () => {
    const [max, min] = [2147483647, -2147483648];
    expect([...cast(x, 'int32')]).toEqual([1, -1, 0, max, min, max, min, 0, 0, max]);
  });

  it('takes everything but zero as true', () => {
    expect([...cast(x, 'bool')]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 1]);
  });

  it('rounds to float32', () => {
    expect(cast(x, 'float32')[7]).toBe(Math.fround(0.1));
  });

  it('gives a copy where the dtype is the same', () => {
    expect(cast(x, 'float64').buffer).not.toBe(x.storage.buffer);
  });
});
