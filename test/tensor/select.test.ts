/** Selections whose shape depends on the data. */
import { describe, expect, it } from 'vitest';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { maskedSelect, nonZero, unique } from '../../src/tensor/select.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { between } from './samples.ts';

describe('maskedSelect', () => {
  const x = Tensor.from([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  it('takes the elements in row-major order', async () => {
    expect((await maskedSelect(x, x.gt(2))).toArray()).toEqual([3, 4, 5, 6]);
    expect((await maskedSelect(x.transpose(), x.transpose().gt(2))).toArray()).toEqual([4, 5, 3, 6]);
  });

  it('broadcasts mask and tensor', async () => {
    expect((await maskedSelect(x, [true, false, true])).toArray()).toEqual([1, 3, 4, 6]);
    expect(
      (
        await maskedSelect(Tensor.from([7, 8]), [
          [true, false],
          [true, true],
        ])
      ).toArray(),
    ).toEqual([7, 7, 8]);
  });

  it('may find nothing', async () => {
    const none = await maskedSelect(x, false);
    expect(none.shape).toEqual([0]);
    expect(none.dtype).toBe('float32');
  });

  it('keeps the dtype', async () => {
    expect((await maskedSelect(x.int32(), x.eq(5))).dtype).toBe('int32');
  });

  it('gives each element its gradient', async () => {
    const w = Tensor.from([1, 2, 3], { requiresGrad: true });
    (await maskedSelect(w, [true, false, true])).mul([5, 7]).sum().backward();
    expect(w.grad!.toArray()).toEqual([5, 0, 7]);
  });

  it('is differentiable to second order', async () => {
    const base = between(-1, 1, [4]);
    const picked = await maskedSelect(Tensor.arange(4, { dtype: 'float64' }), base.gt(0));
    expect(picked.size).toBeGreaterThan(0);
    const at = picked.int32();
    gradcheck((x) => x.square().gather(0, at).square(), [base]);
  });

  it('refuses a mask that does not broadcast', async () => {
    await expect(maskedSelect(x, [true, false])).rejects.toThrow(
      /^maskedSelect: shapes do not broadcast; got \[2, 3\]/,
    );
  });
});

describe('nonZero', () => {
  it('lists a row of indices per element', async () => {
    const found = await nonZero([
      [0, 7, 0],
      [5, 0, Number.NaN],
    ]);
    expect(found.dtype).toBe('int32');
    expect(found.toArray()).toEqual([
      [0, 1],
      [1, 0],
      [1, 2],
    ]);
  });

  it('reads views', async () => {
    const x = Tensor.from([
      [0, 7],
      [5, 0],
      [0, 1],
    ]);
    expect((await nonZero(x.transpose())).toArray()).toEqual([
      [0, 1],
      [1, 0],
      [1, 2],
    ]);
  });

  it('has no columns for a single number', async () => {
    expect((await nonZero(3)).shape).toEqual([1, 0]);
    expect((await nonZero(0)).shape).toEqual([0, 0]);
    expect((await nonZero(Tensor.zeros([2, 3]))).shape).toEqual([0, 2]);
  });
});

describe('unique', () => {
  it('sorts the values and says where they were', async () => {
    const x = Tensor.from([
      [3, -1, 3],
      [0, 3, -1],
    ]);
    const { values, inverse, counts } = await unique(x);
    expect(values.toArray()).toEqual([-1, 0, 3]);
    expect(counts.toArray()).toEqual([2, 1, 3]);
    expect(values.index(inverse).toArray()).toEqual(x.toArray());
  });

  it('holds 0 and −0 for equal, NaN for distinct', async () => {
    const { values, counts } = await unique([0, Number.NaN, -0, Number.NaN]);
    expect(counts.toArray()).toEqual([2, 1, 1]);
    expect(values.toArray()).toEqual([0, Number.NaN, Number.NaN]);
  });

  it('keeps the dtype and takes nothing at all', async () => {
    expect((await unique([true, false, true])).values.toArray()).toEqual([false, true]);
    expect((await unique(Tensor.zeros([0], { dtype: 'int32' }))).values.shape).toEqual([0]);
  });
});
