/** Cells: values never change, what holds them may. */
import { describe, expect, it } from 'vitest';
import { DtypeError, GradientError, ShapeError } from '../../src/core/errors.ts';
import { grad, noGrad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const parameter = (values: readonly number[]): Tensor => Tensor.from(values, { dtype: 'float64', requiresGrad: true });

describe('assign', () => {
  it('leaves earlier results, views and detached tensors their numbers', () => {
    const w = Tensor.from([1, 2, 3, 4]);
    const [view, turned, cut, sum] = [w.slice([1, 3]), w.reshape([2, 2]).transpose(), w.detach(), w.add(1)];
    w.assign([10, 20, 30, 40]);
    expect(w.toArray()).toEqual([10, 20, 30, 40]);
    expect(view.toArray()).toEqual([2, 3]);
    expect(turned.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(cut.toArray()).toEqual([1, 2, 3, 4]);
    expect(sum.toArray()).toEqual([2, 3, 4, 5]);
  });

  it('leaves the tape the old numbers', () => {
    const w = parameter([3]);
    const y = w.mul(w).sum();
    w.assign([100]);
    y.backward();
    expect(w.grad!.toArray()).toEqual([6]);
    expect(w.toArray()).toEqual([100]);
  });

  it('leaves the tape the old numbers of what needs no gradient too', () => {
    const [w, data] = [parameter([3]), Tensor.from([5], { dtype: 'float64' })];
    const y = w.mul(data).sum();
    data.assign([100]);
    y.backward();
    expect(w.grad!.toArray()).toEqual([5]);
  });

  it('keeps second derivatives through a cell that has moved on', () => {
    const w = parameter([3]);
    const [first] = grad(w.pow(3).sum(), [w], { createGraph: true });
    w.assign([100]);
    const [second] = grad(first!.sum(), [w]);
    expect(second!.toArray()).toEqual([18]);
  });

  it('does not follow the tensor that it took the numbers from', () => {
    const [a, b] = [Tensor.zeros([2]), Tensor.from([1, 2])];
    a.assign(b);
    b.assign([7, 8]);
    expect(a.toArray()).toEqual([1, 2]);
  });

  it('takes any layout, and keeps identity, dtype and requiresGrad', () => {
    const w = parameter([1, 2]);
    const same = w.assign(Tensor.from([[1, 2, 3, 4]], { dtype: 'float64' }).slice(0, [null, null, -2]));
    expect(same).toBe(w);
    expect(w.toArray()).toEqual([4, 2]);
    expect([w.dtype, w.requiresGrad, w.isLeaf]).toEqual(['float64', true, true]);
    w.square().sum().backward();
    expect(w.grad!.toArray()).toEqual([8, 4]);
  });

  it('of a result of its own works: w ← w − 0.1·∂', () => {
    const w = parameter([1, -2]);
    for (let step = 0; step < 100; step++) {
      w.square().sum().backward();
      noGrad(() => {
        w.assign(w.sub(w.grad!.mul(0.1)));
      });
      w.grad = undefined;
    }
    expect(Math.abs((w.toArray() as number[])[0]! - 0.8 ** 100)).toBeLessThan(1e-12);
    expect(w.isLeaf).toBe(true);
  });

  it('keeps no larger array alive', () => {
    const w = Tensor.zeros([2]);
    w.assign(Tensor.zeros([1000]).slice([0, 2]));
    expect(w.storage.length).toBe(2);
  });

  it('refuses results on the tape, other shapes and other dtypes, and changes nothing', () => {
    const w = parameter([1, 2]);
    expect(() => w.mul(2).assign([1, 2])).toThrow(GradientError);
    expect(() => w.assign([1, 2, 3])).toThrow('assign: shapes differ; got [3] for a tensor of [2]');
    expect(() => w.assign([1, 2, 3])).toThrow(ShapeError);
    expect(() => w.assign(Tensor.from([1, 2]))).toThrow(
      'assign: dtypes differ; got float32 for a tensor of float64; cast it first',
    );
    expect(() => w.assign(Tensor.from([1, 2]))).toThrow(DtypeError);
    expect(w.toArray()).toEqual([1, 2]);
  });
});

describe('clone', () => {
  it('is a copy that passes gradients on', () => {
    const w = parameter([1, 2]);
    const copy = w.clone();
    expect(copy.storage).not.toBe(w.storage);
    copy.mul([3, 4]).sum().backward();
    expect(w.grad!.toArray()).toEqual([3, 4]);
    expect(noGrad(() => w.clone()).requiresGrad).toBe(false);
    expect(Tensor.ones([1]).clone().isLeaf).toBe(true);
  });

  it('is in row-major order', () => {
    const turned = Tensor.from([
      [1, 2],
      [3, 4],
    ]).transpose();
    expect(turned.layout.contiguous).toBe(false);
    expect(turned.clone().layout.contiguous).toBe(true);
    expect(turned.clone().toArray()).toEqual(turned.toArray());
  });
});

describe('reading', () => {
  it('gives arrays of the reader’s own', () => {
    const x = Tensor.from([1, 2, 3]);
    x.dataSync()[0] = 100;
    x.slice([0, 2]).dataSync()[0] = 100;
    (x.toArray() as number[])[0] = 100;
    expect(x.toArray()).toEqual([1, 2, 3]);
  });

  it('does not follow the data that a tensor was made from', () => {
    const data = Float32Array.of(1, 2);
    const x = Tensor.from(data);
    data[0] = 100;
    expect(x.toArray()).toEqual([1, 2]);
  });
});
