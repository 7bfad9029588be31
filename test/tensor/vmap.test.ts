/** vmap: dims, trees, nesting, randomness, per-sample gradients, and what is refused. */
import { describe, expect, it } from 'vitest';
import { AnomalyError, ArgumentError, GradientError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { Dense } from '../../src/nn/dense/dense.ts';
import { detectAnomaly } from '../../src/tensor/anomaly.ts';
import { checkpoint } from '../../src/tensor/checkpoint.ts';
import { customGrad } from '../../src/tensor/custom.ts';
import { grad, noGrad } from '../../src/tensor/grad.ts';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { hessian, jacobian } from '../../src/tensor/jacobian.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { jvp } from '../../src/tensor/transform.ts';
import { currentPassage } from '../../src/tensor/value.ts';
import { vmap } from '../../src/tensor/vmap.ts';
import { between } from './samples.ts';

const close = (a: Tensor, b: Tensor): void => {
  expect(a.shape).toEqual(b.shape);
  expect(a.sub(b).abs().amax().item()).toBeLessThan(1e-10);
};
const leaf = (x: Tensor): Tensor => Tensor.from(x, { requiresGrad: true });

describe('vmap', () => {
  it('maps any dims in and out, and trees', () => {
    const a = between(-1, 1, [2, 3, 4], 1);
    const b = between(-1, 1, [5, 3], 2);
    const f = (x: Tensor, y: Tensor): Tensor => x.sum({ dim: 1 }).add(y.sum());
    const expected = Tensor.stack([0, 1, 2].map((i) => f(a.select(1, i), b.select(1, i))));
    close(vmap(f, { inDims: 1 })(a, b), expected);
    close(vmap(f, { inDims: [1, -1], outDims: -1 })(a, b), expected.transpose());
    const tree = vmap(
      ({ x, rest }: { x: Tensor; rest: readonly [Tensor, number] }) => ({
        sum: x.add(rest[0]),
        twice: [x.mul(rest[1])],
      }),
      { inDims: -1, outDims: [0, 1] },
    )({ x: b, rest: [b, 2] });
    close(tree.sum, b.transpose().mul(2));
    close(tree.twice[0]!, b.mul(2));
  });

  it('gives every element all of an argument without a batch, and of a constant output', () => {
    const w = between(-1, 1, [4, 3], 1);
    const x = between(-1, 1, [5, 3], 2);
    close(vmap((m: Tensor, v: Tensor) => m.matmul(v), { inDims: [null, 0] })(w, x), x.matmul(w.transpose()));
    close(vmap((v: Tensor) => w.matmul(v))(x), x.matmul(w.transpose()));
    expect(vmap((_: Tensor) => Tensor.arange(2))(x).toArray()).toEqual(new Array(5).fill([0, 1]));
    expect(vmap((v: Tensor) => v.sum())(Tensor.zeros([0, 3])).shape).toEqual([0]);
  });

  it('nests', () => {
    const x = between(-1, 1, [3, 2], 1);
    const y = between(-1, 1, [4, 2], 2);
    const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
    const all = vmap((a: Tensor) => vmap((b: Tensor) => dot(a, b))(y))(x);
    close(all, x.matmul(y.transpose()));
    close(vmap(vmap(dot, { inDims: [null, 0] }), { inDims: [0, null] })(x, y), all);
    gradcheck((a, b) => vmap((p: Tensor) => vmap((q: Tensor) => dot(p, q).sin())(b))(a), [x, y]);
    const crossed = vmap((a: Tensor) => vmap((b: Tensor) => grad(dot(a, b).exp(), [a])[0]!)(y))(leaf(x));
    close(crossed, all.exp().unsqueeze(-1).mul(y));
  });

  it('gives per-sample gradients of a layer', () => {
    const layer = new Dense(3, { activation: 'tanh' }).build([1, 4]);
    const x = Tensor.rand([5, 4], { generator: new Generator(1) });
    const lossOf = (v: Tensor): Tensor => layer.forward(v).square().sum();
    const [weights, biases] = vmap((v: Tensor) => grad(lossOf(v), layer.parameters()))(x);
    const loop = x.unbind().map((v) => grad(lossOf(v), layer.parameters()));
    expect(
      weights!
        .sub(Tensor.stack(loop.map((g) => g[0]!)))
        .abs()
        .amax()
        .item(),
    ).toBeLessThan(1e-6);
    expect(
      biases!
        .sub(Tensor.stack(loop.map((g) => g[1]!)))
        .abs()
        .amax()
        .item(),
    ).toBeLessThan(1e-6);
    expect(layer.weight.grad).toBeUndefined();
  });

  it('goes with jacobian, hessian and jvp, inside and outside', () => {
    const x = between(-1, 1, [3, 2], 1);
    const f = (v: Tensor): Tensor => v.sin().mul(v.prod());
    const each = (g: (v: Tensor) => Tensor): Tensor => Tensor.stack(x.unbind().map(g));
    close(
      vmap((v: Tensor) => jacobian(f, v))(x),
      each((v) => jacobian(f, v)),
    );
    const scalar = (v: Tensor): Tensor => f(v).sum();
    close(
      vmap((v: Tensor) => hessian(scalar, v))(x),
      each((v) => hessian(scalar, v)),
    );
    const t = between(-1, 1, [3, 2], 2);
    const [, outside] = jvp((v: Tensor) => vmap(f)(v), [x], [t]);
    const inside = vmap((v: Tensor, d: Tensor) => jvp(f, [v], [d])[1])(x, t);
    close(outside, inside);
    gradcheck((v) => vmap(f)(v), [x], { order: 3 });
    gradcheck((v) => vmap((e: Tensor) => grad(scalar(e), [e], { createGraph: true })[0]!)(v), [leaf(x)]);
  });

  it('draws as it is told', () => {
    const x = Tensor.zeros([4, 3]);
    const draw = (randomness: 'different' | 'same'): Tensor =>
      vmap((v: Tensor) => v.add(Tensor.rand([3], { generator: new Generator(5) })), { randomness })(x);
    const once = Tensor.rand([3], { generator: new Generator(5) }).toArray();
    expect(draw('same').toArray()).toEqual([once, once, once, once]);
    expect(new Set(draw('different').flatten().dataSync()).size).toBe(12);
    expect(() => vmap((v: Tensor) => v.add(Tensor.rand([3])))(x)).toThrow(/^vmap: random numbers are drawn inside; /);
    const nested = vmap((v: Tensor) => vmap((w: Tensor) => w.add(Tensor.rand([])), { randomness: 'same' })(v), {
      randomness: 'different',
    })(x);
    expect(new Set(nested.flatten().dataSync()).size).toBe(4);
  });

  it('keeps gradients of one’s own, inside, outside and twice', () => {
    const own = customGrad(
      (x: Tensor, scale: Tensor) => {
        const output = x.round().mul(scale);
        return { output, saved: { x, scale } };
      },
      (g, { x, scale }) => [g.mul(scale).mul(x.exp()), g.mul(x).sum()],
    );
    const x = leaf(between(-2, 2, [4, 3], 1));
    const scale = leaf(Tensor.from(3, { dtype: 'float64' }));
    const loop = (): Tensor => Tensor.stack(x.unbind().map((v) => own(v, scale)));
    const mapped = (): Tensor => vmap((v: Tensor) => own(v, scale))(x);
    close(mapped(), loop());
    const first = (y: Tensor): Tensor[] => grad(y.sin().sum(), [x, scale], { createGraph: true });
    const [dx, ds] = first(mapped());
    const [ex, es] = first(loop());
    close(dx!, ex!);
    close(ds!, es!);
    close(grad(dx!.sum().add(ds!), [x])[0]!, grad(ex!.sum().add(es!), [x])[0]!);
    const inside = vmap((v: Tensor) => grad(own(v, scale).sum(), [v, scale]))(x);
    const each = x.unbind().map((v) => grad(own(v, scale).sum(), [v, scale]));
    close(inside[0]!, Tensor.stack(each.map((g) => g[0]!)));
    close(inside[1]!, Tensor.stack(each.map((g) => g[1]!)));
  });

  it('goes with checkpoints and anomaly mode', () => {
    const w = leaf(between(-1, 1, [3], 2));
    const x = leaf(between(-1, 1, [4, 3], 1));
    const f = (v: Tensor): Tensor => v.mul(w).exp().tanh().sum();
    const of = (y: Tensor): unknown[] => grad(y.sum(), [x, w]).map((g) => g.toArray());
    expect(of(vmap((v: Tensor) => checkpoint(f, v))(x))).toEqual(of(vmap(f)(x)));
    expect(of(checkpoint((v: Tensor) => vmap(f)(v), x))).toEqual(of(vmap(f)(x)));
    const inside = (g: (v: Tensor) => Tensor): unknown => vmap((v: Tensor) => grad(g(v), [v, w]))(x).map(String);
    expect(inside((v) => checkpoint(f, v))).toEqual(inside(f));
    expect(() => detectAnomaly(() => vmap((v: Tensor) => v.sub(5).log())(x))).toThrow(AnomalyError);
    expect(() => vmap((v: Tensor) => detectAnomaly(() => v.sub(5).log()))(x)).toThrow(/^log: the first NaN arose/);
  });

  it('respects detach, noGrad and clone', () => {
    const x = leaf(between(-1, 1, [3, 2], 1));
    const y = vmap((v: Tensor) =>
      v
        .detach()
        .mul(v)
        .add(noGrad(() => v.exp())),
    )(x);
    expect(grad(y.sum(), [x])[0]!.toArray()).toEqual(x.toArray());
    expect(vmap((v: Tensor) => v.detach())(x).requiresGrad).toBe(false);
    expect(grad(vmap((v: Tensor) => v.clone())(x).sum(), [x])[0]!.toArray()).toEqual(Tensor.ones([3, 2]).toArray());
  });

  it('prints all elements', () => {
    let text = '';
    vmap((v: Tensor) => {
      text = `${v}`;
      return v;
    })(
      Tensor.from([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(text).toMatch(
      /^Tensor float32 \[2\] in vmap, all of them: Tensor float32 \[2, 2\]\n\[\[1\., 2\.\],\n \[3\., 4\.\]\]$/,
    );
  });
});

describe('vmap refuses', () => {
  const x = Tensor.ones([3, 2]);

  it('to read numbers, or to keep them in cells, inside or after', () => {
    const cell = Tensor.zeros([2]);
    let leaked: Tensor | undefined;
    for (const read of [
      (v: Tensor) => v.sum().item(),
      (v: Tensor) => v.dataSync(),
      (v: Tensor) => v.toArray(),
      (v: Tensor) => cell.assign(v),
      (v: Tensor) => v.assign(cell),
    ]) {
      expect(() => vmap((v: Tensor) => [read(v)])(x)).toThrow(ArgumentError);
    }
    expect(cell.toArray()).toEqual([0, 0]);
    vmap((v: Tensor) => {
      leaked = v;
      return v;
    })(x);
    expect(() => leaked!.add(1)).toThrow(/^vmap: a tensor of the mapped function stands for all 3 elements/);
    expect(currentPassage()).toBeUndefined();
  });

  it('batches that differ, or none, or options that make no sense', () => {
    const sum = vmap((a: Tensor, b: Tensor) => a.add(b));
    expect(() => sum(x, Tensor.ones([2, 2]))).toThrow(ShapeError);
    expect(() => sum(x, Tensor.ones([2, 2]))).toThrow(/^vmap: the batches differ; got 3 and, of argument 1, 2/);
    expect(() => vmap((a: Tensor) => a, { inDims: null })(x)).toThrow(/no argument has a batch/);
    expect(() => vmap((a: Tensor) => a, { inDims: [0, 0] })(x)).toThrow(/one dim per argument/);
    expect(() => vmap((a: Tensor) => a, { inDims: 2 })(x)).toThrow(/^vmap: argument 0: /);
    expect(() => vmap((a: Tensor) => a, { outDims: [0, 1] })(x)).toThrow(/one dim per tensor of the output/);
    expect(() => vmap((a: Tensor) => a, { outDims: 5 })(x)).toThrow(ShapeError);
    expect(() => vmap(async (a: Tensor) => a)(x)).toThrow(/must be synchronous/);
  });

  it('shapes that do not fit, in the element’s terms', () => {
    expect(() => vmap((a: Tensor) => a.matmul(Tensor.ones([3, 1])))(x)).toThrow(/got \[1, 2\] and \[3, 1\]/);
  });

  it('backward into leaves from outside', () => {
    const w = leaf(Tensor.ones([2]));
    expect(() => vmap((a: Tensor) => a.mul(w).sum().backward())(x)).toThrow(GradientError);
    expect(w.grad).toBeUndefined();
    const own = vmap((a: Tensor) => {
      const v = Tensor.from(a, { requiresGrad: true });
      v.square().sum().backward();
      return v.grad!;
    })(x);
    expect(own.toArray()).toEqual(x.mul(2).toArray());
  });
});
