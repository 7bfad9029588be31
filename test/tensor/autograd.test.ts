/** The tape: what backward collects, keeps, releases and refuses. */
import { describe, expect, it, vi } from 'vitest';
import { GradientError } from '../../src/core/errors.ts';
import { enableGrad, grad, noGrad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { isGradEnabled, Value } from '../../src/tensor/value.ts';

const parameter = (values: readonly number[]): Tensor => Tensor.from(values, { dtype: 'float64', requiresGrad: true });

describe('backward', () => {
  it('collects ∂/∂leaf in grad, on the leaf alone', () => {
    const x = parameter([1, 2]);
    const plain = Tensor.from([3, 4], { dtype: 'float64' });
    const y = x.mul(plain);
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual([3, 4]);
    expect(x.grad!.requiresGrad).toBe(false);
    expect(plain.grad).toBeUndefined();
    expect(y.grad).toBeUndefined();
  });

  it('adds to what earlier passes collected, until grad is set to undefined', () => {
    const x = parameter([1, 2]);
    x.square().sum().backward();
    x.square().sum().backward();
    expect(x.grad!.toArray()).toEqual([4, 8]);
    x.grad = undefined;
    x.square().sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 4]);
  });

  it('leaves a gradient that was read as it was', () => {
    const x = parameter([1]);
    x.square().sum().backward();
    const first = x.grad!;
    x.square().sum().backward();
    expect(first.toArray()).toEqual([2]);
  });

  it('sums over all ways through diamonds and shared sub-graphs', () => {
    const x = parameter([2]);
    const a = x.mul(3); // 3x
    const b = a.square(); // 9x²
    const c = a.mul(b).add(b).add(a); // 27x³ + 9x² + 3x
    c.mul(c).sum().backward();
    const c2 = 27 * 8 + 9 * 4 + 6;
    expect(x.grad!.toArray()).toEqual([2 * c2 * (81 * 4 + 18 * 2 + 3)]);
  });

  it('doubles through a ladder of diamonds without walking every path', () => {
    const x = parameter([1]);
    let y = x;
    for (let i = 0; i < 60; i++) y = y.add(y);
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual([2 ** 60]);
  });

  it('takes a gradient by the output, in its shape', () => {
    const x = parameter([1, 2]);
    x.square().backward([10, 100]);
    expect(x.grad!.toArray()).toEqual([20, 400]);
    expect(() => x.square().backward()).toThrow(
      /^backward: only a single number has a gradient by itself; got shape \[2\]; take sum\(\) or mean\(\)/,
    );
    expect(() => x.square().backward([1, 2, 3])).toThrow(/output's shape \[2\]; got \[3\]/);
    expect(x.grad!.toArray()).toEqual([20, 400]);
  });

  it('takes any tensor of one element as a single number', () => {
    const x = parameter([3]);
    x.square().reshape([1, 1]).backward();
    expect(x.grad!.toArray()).toEqual([6]);
  });

  it('on a leaf gives the seed', () => {
    const x = parameter([1, 2]);
    x.backward([5, 6]);
    expect(x.grad!.toArray()).toEqual([5, 6]);
  });

  it('refuses what depends on nothing that requires gradients', () => {
    expect(() => Tensor.ones([1]).sum().backward()).toThrow(GradientError);
    const x = parameter([1]);
    expect(() => noGrad(() => x.square().sum()).backward()).toThrow(/leave noGrad/);
    expect(() => x.detach().sum().backward()).toThrow(GradientError);
    expect(() => x.sum().gt(0).backward()).toThrow(GradientError);
  });

  it('gives a gradient in the dtype of each leaf', () => {
    const x = Tensor.from([1, 2], { requiresGrad: true });
    const y = parameter([3, 4]);
    x.mul(y).sum().backward();
    expect([x.grad!.dtype, y.grad!.dtype]).toEqual(['float32', 'float64']);
  });
});

describe('a second pass', () => {
  it('is refused with the way out, and changes nothing', () => {
    const x = parameter([2]);
    const y = x.square().sum();
    y.backward();
    expect(() => y.backward()).toThrow(
      /^backward: this graph was used by an earlier backward pass and is gone \(at \w+\); pass retainGraph: true/,
    );
    expect(x.grad!.toArray()).toEqual([4]);
  });

  it('works after retainGraph, any number of times', () => {
    const x = parameter([2]);
    const y = x.exp().square().sum();
    y.backward(undefined, { retainGraph: true });
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(x.grad!.item()).toBeCloseTo(6 * Math.exp(4), 10);
    expect(() => y.backward()).toThrow(GradientError);
  });

  it('through a shared part is refused, and works where that part was kept', () => {
    const x = parameter([2]);
    const shared = x.square();
    shared.mul(3).sum().backward();
    expect(() => shared.mul(5).sum().backward()).toThrow(GradientError);
    const kept = x.square();
    x.grad = undefined;
    kept.mul(3).sum().backward(undefined, { retainGraph: true });
    kept.mul(5).sum().backward();
    expect(x.grad!.toArray()).toEqual([32]);
  });

  it('drops what the tape had saved', () => {
    const x = parameter([2]);
    const y = x.exp();
    const node = y.node!;
    if ('leaf' in node) throw new Error('exp is on the tape');
    expect(node.output).toBe(y);
    y.sum().backward();
    expect(node.output).toBeUndefined();
    expect(node.saved).toEqual([]);
    expect(node.released).toBe(true);
  });
});

describe('the tape', () => {
  it('saves only what a rule reads', () => {
    const x = parameter([2]);
    const constant = Tensor.ones([1], { dtype: 'float64' });
    /** Which inputs, and whether the output. */
    const saved = (y: Tensor): readonly [number[], boolean] => {
      const node = y.node!;
      if ('leaf' in node) throw new Error('a leaf saves nothing');
      return [node.saved.flatMap((value, i) => (value ? [i] : [])), node.output !== undefined];
    };
    expect(saved(x.add(1))).toEqual([[], false]);
    expect(saved(x.tanh())).toEqual([[], true]);
    expect(saved(x.sin())).toEqual([[0], false]);
    expect(saved(x.sum({ dim: 0, keepDim: true }))).toEqual([[], false]);
    expect(saved(x.amax({ dim: 0, keepDim: true }))).toEqual([[0], true]);
    expect(saved(x.mul(constant))).toEqual([[1], false]);
    expect(saved(constant.mul(x))).toEqual([[0], false]);
    expect(saved(x.mul(x))).toEqual([[0, 1], false]);
    expect(saved(x.unsqueeze(0).matmul(constant.unsqueeze(1)))).toEqual([[1], false]);
  });

  it('is as deep as it gets: 20,000 steps do not overflow', () => {
    const x = parameter([1]);
    let y = x;
    for (let i = 0; i < 20_000; i++) y = i % 2 === 0 ? y.mul(1.5) : y.div(1.5);
    y.sum().backward();
    expect(x.grad!.item()).toBeCloseTo(1, 9);
  });

  it('places the gradients of many slices at once', () => {
    const steps = 2000;
    const x = Tensor.rand([steps, 4], { dtype: 'float64', requiresGrad: true });
    let sum = Tensor.zeros([4], { dtype: 'float64' });
    for (let t = 0; t < steps; t++) sum = sum.add(x.select(0, t).mul(t + 1));
    const total = sum.sum();
    const apply = vi.spyOn(Value.prototype, 'apply');
    total.backward();
    const primitives = apply.mock.calls.map(([primitive]) => primitive);
    apply.mockRestore();
    expect(x.grad!.toArray()).toEqual(Array.from({ length: steps }, (_, t) => [t + 1, t + 1, t + 1, t + 1]));
    expect(primitives.filter((p) => p === 'place')).toHaveLength(1);
    expect(primitives.length).toBeLessThan(5 * steps);
  });

  it('adds slices that overlap, whole uses and slices of slices', () => {
    const x = parameter([1, 2, 3, 4]);
    const y = x
      .slice([0, 3])
      .sum()
      .add(x.slice([1]).slice([0, 2]).mul(10).sum())
      .add(x.mul(100).sum());
    y.add(x.flip().slice([0, 1]).mul(1000).sum()).backward();
    expect(x.grad!.toArray()).toEqual([101, 111, 111, 1100]);
  });
});

describe('detach, noGrad, enableGrad', () => {
  it('detach cuts the tape and shares the numbers', () => {
    const x = parameter([2, 3]);
    x.mul(x.detach()).sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 3]);
    expect(x.detach().requiresGrad).toBe(false);
    expect(x.detach().storage).toBe(x.storage);
  });

  it('nest, and end where they began', () => {
    const x = parameter([2]);
    expect(isGradEnabled()).toBe(true);
    noGrad(() => {
      expect(x.mul(2).requiresGrad).toBe(false);
      expect(noGrad(() => isGradEnabled())).toBe(false);
      expect(enableGrad(() => x.mul(2).requiresGrad)).toBe(true);
      expect(isGradEnabled()).toBe(false);
    });
    expect(isGradEnabled()).toBe(true);
  });

  it('are undone by an exception', () => {
    const fail = (): never => {
      throw new RangeError('on purpose');
    };
    expect(() => noGrad(fail)).toThrow('on purpose');
    expect(isGradEnabled()).toBe(true);
    noGrad(() => {
      expect(() => enableGrad(fail)).toThrow('on purpose');
      expect(isGradEnabled()).toBe(false);
    });
  });

  it('leave backward its own mode', () => {
    const x = parameter([2]);
    const y = x.square().sum();
    noGrad(() => {
      y.backward();
    });
    expect(x.grad!.toArray()).toEqual([4]);
    const z = x.square().sum();
    const [g] = noGrad(() => grad(z, [x], { createGraph: true }));
    expect(g!.requiresGrad).toBe(true);
  });
});

describe('grad', () => {
  it('gives gradients by leaves and by results, and collects nothing', () => {
    const x = parameter([3]);
    const y = x.square();
    const z = y.mul(y).sum(); // x⁴
    const [byX, byY, byZ] = grad(z, [x, y, z]);
    expect([byX!.item(), byY!.item(), byZ!.item()]).toEqual([108, 18, 1]);
    expect(x.grad).toBeUndefined();
  });

  it('takes one input twice', () => {
    const x = parameter([3]);
    expect(grad(x.square().sum(), [x, x]).map((g) => g.item())).toEqual([6, 6]);
  });

  it('stops at what was asked for', () => {
    const x = parameter([3]);
    const y = x.square();
    grad(y.mul(2).sum(), [y]);
    y.sum().backward(undefined, { retainGraph: true }); // the part below y was not used up
    expect(x.grad!.toArray()).toEqual([6]);
  });

  it('takes a gradient by the output', () => {
    const x = parameter([1, 2]);
    expect(grad(x.square(), [x], { gradient: [1, 10] })[0]!.toArray()).toEqual([2, 40]);
  });

  it('names an input that the output does not depend on, or gives zeros', () => {
    const x = parameter([1]);
    const other = parameter([1, 2]);
    const y = x.square().sum();
    expect(() => grad(y, [x, other], { retainGraph: true })).toThrow(
      'grad: the output does not depend on input 1; pass allowUnused: true to get zeros',
    );
    expect(grad(y, [x, other], { allowUnused: true }).map((g) => g.toArray())).toEqual([[2], [0, 0]]);
    expect(() => grad(x.sum(), [Tensor.ones([1])])).toThrow(/input 0 does not require gradients/);
  });

  it('goes to third order by createGraph', () => {
    const x = parameter([2]);
    const y = x.pow(4).sum();
    const [first] = grad(y, [x], { createGraph: true });
    const [second] = grad(first!.sum(), [x], { createGraph: true });
    const [third] = grad(second!.sum(), [x], { createGraph: true });
    const [fourth] = grad(third!.sum(), [x]);
    expect([first, second, third, fourth].map((g) => g!.item())).toEqual([32, 48, 48, 24]);
  });

  it('goes to third order through sin, exp and division', () => {
    const x = parameter([0.7]);
    const f = (v: number): number => Math.exp(Math.sin(v)) / v;
    let g = x.sin().exp().div(x).sum();
    for (let order = 0; order < 3; order++) g = grad(g, [x], { createGraph: true })[0]!.sum();
    const h = 1e-3;
    const third = (f(0.7 + 2 * h) - 2 * f(0.7 + h) + 2 * f(0.7 - h) - f(0.7 - 2 * h)) / (2 * h ** 3);
    expect(Math.abs(g.item() - third) / Math.abs(third)).toBeLessThan(1e-3);
  });

  it('by backward with createGraph too', () => {
    const x = parameter([2]);
    x.pow(3).sum().backward(undefined, { createGraph: true });
    const first = x.grad!;
    x.grad = undefined;
    first.sum().backward();
    expect([first.item(), x.grad!.item()]).toEqual([12, 12]);
  });
});

describe('requiresGrad', () => {
  it('is for floats', () => {
    expect(() => Tensor.from([1], { dtype: 'int32', requiresGrad: true })).toThrow(
      'requiresGrad: only floats have gradients; got int32',
    );
    expect(() => Tensor.from([true], { requiresGrad: true })).toThrow(/got bool/);
  });

  it('can be set on leaves only', () => {
    const x = parameter([1]);
    const y = x.mul(2);
    expect(y.requiresGrad).toBe(true);
    expect(y.isLeaf).toBe(false);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(/requiresGrad: this tensor is a result on the tape; use detach\(\)/);
    expect(x.isLeaf).toBe(true);
    expect(Tensor.ones([1]).isLeaf).toBe(true);
  });

  it('set again changes nothing; unset keeps new results off the tape', () => {
    const x = parameter([1]);
    const y = x.mul(2).sum();
    x.requiresGrad = true;
    expect(grad(y, [x])[0]!.item()).toBe(2);
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
  });

  it('passes over whole numbers and comparisons', () => {
    const x = parameter([1.5]);
    expect(x.int32().requiresGrad).toBe(false);
    expect(x.gt(1).requiresGrad).toBe(false);
    expect(x.argMax().requiresGrad).toBe(false);
    expect(x.cast('float32').requiresGrad).toBe(true);
  });

  it('grad takes only tensors like its own', () => {
    const x = parameter([1, 2]);
    expect(() => {
      x.grad = Tensor.ones([2]);
    }).toThrow(/grad: must be float64 \[2\] as the tensor is; got float32 \[2\]/);
    x.grad = Tensor.ones([2], { dtype: 'float64' });
    x.sum().backward();
    expect(x.grad.toArray()).toEqual([2, 2]);
  });
});
