/** Seeded inputs for tests: float64 numbers kept away from kinks, whole numbers and bits. */
import { Generator } from '../../src/core/random.ts';
import type { Shape } from '../../src/core/shape.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

/** Uniform in [low, high). */
export function between(low: number, high: number, shape: Shape, seed: number = 1): Tensor {
  const u = Tensor.rand(shape, { dtype: 'float64', generator: new Generator(seed) });
  return u.mul(high - low).add(low);
}

/** Magnitudes from 0.3 to 1.7, either sign: no element is near 0. */
export function signed(shape: Shape, seed: number = 1): Tensor {
  const sign = Tensor.where(bits(shape, seed + 1000), Tensor.from(1, { dtype: 'float64' }), -1);
  return between(0.3, 1.7, shape, seed).mul(sign);
}

/** Uniform in [low, high), but at least 0.1 away from each of the points. */
export function avoiding(points: readonly number[], low: number, high: number, shape: Shape, seed: number = 1): Tensor {
  const values = between(low, high, shape, seed).dataSync();
  for (const point of points) {
    values.forEach((v, i) => {
      if (Math.abs(v - point) < 0.1) values[i] = v + (v < point ? -0.1 : 0.1);
    });
  }
  return Tensor.from(values, { shape });
}

/** Whole numbers from −2 to 2 plus 0.15 to 0.4: neither near a whole number nor near a half. */
export function offWhole(shape: Shape, seed: number = 1): Tensor {
  return between(-2, 3, shape, seed)
    .floor()
    .add(between(0.15, 0.4, shape, seed + 1000));
}

/** Distinct numbers at least 0.2 apart, in random order. */
export function spread(shape: Shape, seed: number = 1): Tensor {
  const size = shape.reduce((n, s) => n * s, 1);
  const order = Tensor.randperm(size, { generator: new Generator(seed) }).float64();
  return order
    .mul(0.37)
    .sub(0.37 * (size / 2) + 0.1)
    .add(between(0, 0.15, [size], seed + 1000))
    .reshape(shape);
}

/** Whole numbers (int32) from low up to but without high. */
export function whole(low: number, high: number, shape: Shape, seed: number = 1): Tensor {
  return Tensor.randint(low, high, shape, { generator: new Generator(seed) });
}

/** Fair bits (bool). */
export function bits(shape: Shape, seed: number = 1): Tensor {
  return Tensor.bernoulli(shape, 0.5, { generator: new Generator(seed) });
}

/** float64 numbers as they stand. */
export function numbers(values: readonly number[], shape: Shape = [values.length]): Tensor {
  return Tensor.from(Float64Array.from(values), { shape });
}

/** int32 numbers as they stand. */
export function indices(values: readonly number[], shape: Shape = [values.length]): Tensor {
  return Tensor.from(Int32Array.from(values), { shape });
}
