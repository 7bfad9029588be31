/** Gradients that reach several tensors unchanged: no copy is made, yet each tensor has its own. */
import { expect, test } from 'vitest';
import { Tensor } from '../../src/index.ts';

test('both sides of a sum get the gradient, and one may be changed without the other', () => {
  const a = Tensor.from([1, 2], { requiresGrad: true });
  const b = Tensor.from([3, 4], { requiresGrad: true });
  const seed = Tensor.from([5, 6]);
  a.add(b).backward(seed);
  expect(a.grad!.toArray()).toEqual([5, 6]);
  expect(b.grad).not.toBe(a.grad);
  a.grad!.assign([0, 0]);
  expect(b.grad!.toArray()).toEqual([5, 6]);
  expect(seed.toArray()).toEqual([5, 6]);
});

test('a gradient that has come unchanged is added to, not replaced', () => {
  const a = Tensor.from([1, 2], { requiresGrad: true });
  for (const n of [1, 2]) {
    a.add(1).sum().backward();
    expect(a.grad!.toArray()).toEqual([n, n]);
  }
});

test('it can be differentiated again', () => {
  const a = Tensor.from([1, 2], { requiresGrad: true });
  const g = Tensor.from([3, 4], { requiresGrad: true });
  a.add(a).backward(g, { createGraph: true });
  a.grad!.square().sum().backward();
  expect(g.grad!.toArray()).toEqual([8 * 3, 8 * 4]);
});
