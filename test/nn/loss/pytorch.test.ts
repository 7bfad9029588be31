/** Losses and their gradients beside PyTorch's numbers. */
import { expect, it } from 'vitest';
import { grad } from '../../../src/tensor/grad.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { pytorchRows } from './pytorch.ts';

function expectNear(got: Tensor, expected: readonly number[], what: string): void {
  const numbers = got.dataSync();
  expect(numbers.length, what).toBe(expected.length);
  expected.forEach((n, i) => {
    const apart = Math.abs(numbers[i]! - n);
    expect(apart, `${what} ${i}: got ${numbers[i]}, expected ${n}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(n)));
  });
}

it.each(pytorchRows)('$name', ({ inputs, loss, values, gradients }) => {
  const leaves = inputs.map((x) => Tensor.from(x, { requiresGrad: true }));
  const losses = loss(leaves);
  expectNear(losses, values, 'value');
  grad(losses.sum(), leaves).forEach((g, i) => {
    expectNear(g, gradients[i]!, `gradient of input ${i}, element`);
  });
});
