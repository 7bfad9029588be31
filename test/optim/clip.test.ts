/** Clipping of gradients by their common norm and by value. */
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import { clipGradNorm, clipGradValue } from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const params = (...gradients: readonly (readonly number[] | undefined)[]): Tensor[] =>
  gradients.map((g) => {
    const p = Tensor.zeros([g?.length ?? 1], { dtype: 'float64', requiresGrad: true });
    p.grad = g && Tensor.from(Float64Array.from(g));
    return p;
  });

describe('clipGradNorm', () => {
  it.each([
    [1, 13],
    [2, Math.sqrt(9 + 16 + 36)],
    [3, (27 + 64 + 216) ** (1 / 3)],
    [Infinity, 6],
  ])('of order %d scales all gradients together', (p, norm) => {
    const [a, b] = params([3, -4], [6]) as [Tensor, Tensor];
    expect(clipGradNorm([a, b], 2, { p }).item()).toBeCloseTo(norm, 12);
    const factor = 2 / (norm + 1e-6);
    expect((a.grad!.toArray() as number[])[1]).toBeCloseTo(-4 * factor, 12);
    expect((b.grad!.toArray() as number[])[0]).toBeCloseTo(6 * factor, 12);
  });

  it('leaves small gradients, those that are absent, and what else held them', () => {
    const [a, b] = params([0.3, 0.4], undefined) as [Tensor, Tensor];
    const held = a.grad!;
    expect(clipGradNorm([a, b], 1).item()).toBeCloseTo(0.5, 12);
    expect(a.grad!.toArray()).toEqual([0.3, 0.4]);
    expect(b.grad).toBeUndefined();
    clipGradNorm([a, b], 0.1);
    expect(held.toArray()).toEqual([0.3, 0.4]);
  });

  it('of no gradients is 0, of NaN is NaN', () => {
    expect(clipGradNorm(params(undefined), 1).item()).toBe(0);
    const [a] = params([Number.NaN, 1]) as [Tensor];
    expect(clipGradNorm([a], 1).item()).toBeNaN();
    expect(a.grad!.toArray()).toEqual([Number.NaN, Number.NaN]);
  });

  it('refuses impossible bounds and orders', () => {
    expect(() => clipGradNorm(params([1]), -1)).toThrow(ArgumentError);
    expect(() => clipGradNorm(params([1]), 1, { p: 0 })).toThrow(ArgumentError);
  });
});

describe('clipGradValue', () => {
  it('bounds each element', () => {
    const [a, b] = params([3, -0.5, -4], undefined) as [Tensor, Tensor];
    clipGradValue([a, b], 1);
    expect(a.grad!.toArray()).toEqual([1, -0.5, -1]);
    expect(b.grad).toBeUndefined();
    expect(() => clipGradValue([a], -1)).toThrow(ArgumentError);
  });
});
