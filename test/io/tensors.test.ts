/** Named tensors as bytes: all dtypes, views and cells come back as they were. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, FormatError } from '../../src/core/errors.ts';
import { decodeTensors, encodeTensors } from '../../src/io/tensors.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

describe('encodeTensors and decodeTensors', () => {
  it('bring back every dtype, shape and name', async () => {
    const state = {
      '0.weight': Tensor.from(
        [
          [1, -0, Number.NaN],
          [4, 5e-45, Number.POSITIVE_INFINITY],
        ],
        { requiresGrad: true },
      ),
      double: Tensor.from([Math.PI], { dtype: 'float64' }),
      index: Tensor.from([[[-(2 ** 31), 2 ** 31 - 1]]], { dtype: 'int32' }),
      mask: Tensor.from([true, false, true]),
      scalar: Tensor.from(7),
      empty: Tensor.zeros([0, 3]),
      ['__proto__']: Tensor.ones([1]),
    };
    const { tensors, metadata } = decodeTensors(await encodeTensors(state, { epoch: '5' }));
    expect(metadata).toEqual({ epoch: '5' });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(state).sort());
    for (const [name, x] of Object.entries(state)) {
      const y = tensors[name]!;
      expect([y.dtype, y.shape, y.dataSync()], name).toEqual([x.dtype, x.shape, x.dataSync()]);
      expect(y.requiresGrad).toBe(false);
    }
  });

  it('write views row by row, and the numbers of that moment', async () => {
    const x = Tensor.from([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const writing = encodeTensors({ view: x.transpose().slice([1]), x });
    x.assign(Tensor.zeros([2, 3]));
    const { tensors } = decodeTensors(await writing);
    expect(tensors.view!.toArray()).toEqual([
      [2, 5],
      [3, 6],
    ]);
    expect(tensors.x!.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('give tensors that can be computed with and trained', async () => {
    const { tensors } = decodeTensors(await encodeTensors({ w: Tensor.from([1, 2]) }));
    const w = tensors.w!;
    w.requiresGrad = true;
    w.mul(w).sum().backward();
    expect(w.grad!.toArray()).toEqual([2, 4]);
  });

  it('refuse bad names and bad bytes', async () => {
    await expect(encodeTensors({ __metadata__: Tensor.ones([1]) })).rejects.toBeInstanceOf(ArgumentError);
    expect(() => decodeTensors(new Uint8Array(3), { name: 'w.safetensors' })).toThrow(FormatError);
    const bytes = await encodeTensors({ a: Tensor.ones([1]), b: Tensor.ones([1]) });
    expect(Object.keys(decodeTensors(bytes, { only: (name) => name === 'b' }).tensors)).toEqual(['b']);
  });
});
