/** Gradients that users give: first and second order, forward mode, lists, what is saved, and what is refused. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, GradientError } from '../../src/core/errors.ts';
import { customGrad } from '../../src/tensor/custom.ts';
import { grad, noGrad } from '../../src/tensor/grad.ts';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { jvp } from '../../src/tensor/transform.ts';
import { between } from './samples.ts';

const parameter = (values: readonly number[]): Tensor => Tensor.from(values, { dtype: 'float64', requiresGrad: true });
const roundThrough = customGrad(
  (x: Tensor) => x.round(),
  (g) => [g],
);
const exp = customGrad(
  (x: Tensor) => {
    const y = x.exp();
    return { output: y, saved: y };
  },
  (g, y) => [g.mul(y)],
);
const product = customGrad(
  (a: Tensor, b: Tensor) => ({ output: a.mul(b), saved: { a, b } }),
  (g, { a, b }) => [g.mul(b), g.mul(a)],
);
/** x ↦ (sin x, cos x), with a rule over both. */
const wave = customGrad(
  (x: Tensor) => {
    const output = [x.sin(), x.cos().sum()];
    return { output, saved: [x] };
  },
  ([g, h]: readonly Tensor[], [x]) => [g!.mul(x!.cos()).sub(h!.mul(x!.sin()))],
);

describe('customGrad', () => {
  it('computes what forward says and passes gradients as backward says', () => {
    const x = parameter([0.4, 1.6]);
    const y = roundThrough(x.mul(1));
    expect(y.toArray()).toEqual([0, 2]);
    y.mul([3, 5]).sum().backward();
    expect(x.grad!.toArray()).toEqual([3, 5]);
  });

  it('is right to second order where backward is made of tensor methods', () => {
    gradcheck(exp, [between(-1, 1, [3])]);
    gradcheck((x) => exp(x.sin()).mul(x), [between(-1, 1, [3])], { order: 3 });
    gradcheck(product, [between(-1, 1, [2, 3], 1), between(-1, 1, [2, 3], 2)]);
    gradcheck((x) => product(x, x), [between(-1, 1, [2])]);
  });

  it('gives lists of outputs one rule', () => {
    gradcheck((x) => wave(x)[0]!, [between(-1, 1, [3])]);
    gradcheck((x) => wave(x)[1]!, [between(-1, 1, [3])]);
    gradcheck((x) => wave(x)[0]!.mul(wave(x)[1]!), [between(-1, 1, [3])]);
    const mixed = customGrad(
      (x: Tensor) => [x.float32(), x.mul(2)],
      ([g, h]: readonly Tensor[]) => [g!.float64().mul(10).add(h!)],
    );
    const x = parameter([0.1, 0.2]);
    const [single, double] = mixed(x);
    expect([single!.dtype, double!.dtype]).toEqual(['float32', 'float64']);
    expect(single!.toArray()).toEqual([Math.fround(0.1), Math.fround(0.2)]);
    single!.float64().sum().add(double!.sum()).backward();
    expect(x.grad!.toArray()).toEqual([11, 11]);
  });

  it('has a forward mode, the transpose of its rule', () => {
    const x = between(-1, 1, [3], 1);
    const t = between(-1, 1, [3], 2);
    for (const [own, plain] of [
      [exp, (v: Tensor) => v.exp()],
      [(v: Tensor) => product(v, v.sin()), (v: Tensor) => v.mul(v.sin())],
      [(v: Tensor) => wave(v)[0]!.add(wave(v)[1]!), (v: Tensor) => v.sin().add(v.cos().sum())],
    ] as const) {
      const [, found] = jvp(own, [x], [t]);
      const [, expected] = jvp(plain, [x], [t]);
      expect(found.sub(expected).abs().amax().item()).toBeLessThan(1e-12);
    }
    const curvature = jvp((v: Tensor) => jvp(exp, [v], [t])[1], [x], [t])[1];
    expect(curvature.sub(x.exp().mul(t).mul(t)).abs().amax().item()).toBeLessThan(1e-12);
  });

  it('saves outputs under its own rule: a wrong rule stays wrong at every order', () => {
    const tripled = customGrad(
      (x: Tensor) => {
        const y = x.exp();
        return { output: y, saved: y };
      },
      (g, y) => [g.mul(y).mul(3)],
    );
    const x = parameter([0]);
    const [first] = grad(tripled(x), [x], { createGraph: true });
    const [second] = grad(first!, [x]);
    expect([first!.item(), second!.item()]).toEqual([3, 9]);
  });

  it('keeps what it saved of a cell as it was', () => {
    const w = parameter([2]);
    const y = product(w, w);
    w.assign([100]);
    y.sum().backward();
    expect(w.grad!.toArray()).toEqual([4]);
  });

  it('gives no gradient where backward says undefined, and none to whole numbers', () => {
    const pick = customGrad(
      (x: Tensor, index: Tensor, unused: Tensor) => ({ output: x.gather(0, index).add(unused.mul(0)), saved: index }),
      (g, index) => [Tensor.zeros([3], { dtype: 'float64' }).scatterAdd(0, index, g), undefined, undefined],
    );
    const [x, z] = [parameter([1, 2, 3]), parameter([1])];
    pick(x, Tensor.from(Int32Array.of(2)), z)
      .sum()
      .backward();
    expect(x.grad!.toArray()).toEqual([0, 0, 1]);
    expect(z.grad).toBeUndefined();
  });

  it('lets everything else go: the output alone is on the tape, and nothing under noGrad', () => {
    const x = parameter([1]);
    const node = exp(x).node!;
    if ('leaf' in node) throw new Error('a result');
    expect([node.primitive, node.saved.length, node.parents]).toEqual(['custom', 1, [x.node]]);
    expect(noGrad(() => exp(x)).requiresGrad).toBe(false);
    expect(exp(x.detach()).requiresGrad).toBe(false);
  });

  it('returns an input as a result of its own', () => {
    const same = customGrad(
      (x: Tensor) => x,
      (g) => [g.neg()],
    );
    const x = parameter([1, 2]);
    const y = same(x);
    expect(y).not.toBe(x);
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual([-1, -1]);
  });

  it('is used up by a backward pass unless it is kept', () => {
    const x = parameter([1]);
    const y = exp(x);
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(() => y.backward()).toThrow(/used by an earlier backward pass and is gone \(at custom\)/);
  });

  it('names the gradient that does not fit, and changes nothing', () => {
    const short = customGrad(
      function scale(x: Tensor, _y: Tensor) {
        return x;
      },
      (g) => [g],
    );
    const x = parameter([1, 2]);
    expect(() => short(x, x).sum().backward()).toThrow(
      /^customGrad \(scale\): backward must return a list of one gradient per input.*; got 1 for 2 inputs/,
    );
    const odd = customGrad(
      (a: Tensor, _b: Tensor) => a,
      (g) => [g, g.sum()],
    );
    expect(() => odd(x, x).sum().backward()).toThrow(
      /^customGrad: the gradient of input 1 must be \[2\] as the input is; got \[\]/,
    );
    expect(x.grad).toBeUndefined();
  });

  it('refuses a forward that reads what would get no gradient, or gives no floats', () => {
    const w = parameter([3]);
    const closing = customGrad(
      (x: Tensor) => x.mul(w),
      (g) => [g],
    );
    expect(() => closing(parameter([1]))).toThrow(GradientError);
    expect(() => closing(Tensor.from([1]))).toThrow(/none of its inputs/);
    expect(noGrad(() => closing(parameter([2]))).toArray()).toEqual([6]);
    const whole = customGrad(
      (x: Tensor) => x.argMax(),
      (g) => [g],
    );
    expect(() => whole(w)).toThrow(DtypeError);
    const nothing = customGrad(
      () => [] as Tensor[],
      () => [],
    );
    expect(() => nothing()).toThrow(ArgumentError);
  });
});
