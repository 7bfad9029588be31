/** Bilinear: its definition, and inputs that do not fit. */
import { expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { Bilinear } from '../../src/nn/dense/bilinear.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { signed } from '../tensor/samples.ts';

it('is x₁ᵀ·W·x₂ + b for each feature', () => {
  const layer = new Bilinear(2, { dtype: 'float64', generator: new Generator(4) });
  const [x, y] = [signed([3, 4]), signed([3, 5], 2)];
  const found = layer.forward(x, y);
  expect(layer.weight.shape).toEqual([2, 4, 5]);
  const expected = Tensor.einsum('ni,kij,nj->nk', x, layer.weight, y).add(layer.bias!);
  expect(found.sub(expected).abs().amax().item()).toBeLessThan(1e-12);
  expect(layer.weight.abs().amax().item()).toBeLessThanOrEqual(1 / Math.sqrt(4));
});

it('refuses inputs that do not fit, and is not built by them', () => {
  const layer = new Bilinear(2);
  expect(() => layer.forward(Tensor.zeros([3, 4]), Tensor.zeros([2, 5]))).toThrow(
    /bilinear: sizes differ; got inputs \[3, 4\] and \[2, 5\]/,
  );
  expect(layer.isBuilt).toBe(false);
  expect(() => layer.forward(Tensor.zeros([]), Tensor.zeros([2]))).toThrow(ShapeError);
  expect(layer.forward(Tensor.zeros([3, 4]), Tensor.zeros([3, 5])).shape).toEqual([3, 2]);
  expect(() => layer.forward(Tensor.zeros([3, 4]), Tensor.zeros([3, 4]))).toThrow(/weight \[2, 4, 5\]/);
  expect(() => new Bilinear(0)).toThrow(ArgumentError);
  expect(() => new Bilinear(2, { inFeatures: [3, 0] })).toThrow(/the second of inFeatures/);
});
