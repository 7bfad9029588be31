/** Modules as functions of their parameters: gradients, one for each sample, through updates, and what does not fit. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ArgumentError, ShapeError, StateError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { grad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { vmap } from '../../src/tensor/vmap.ts';

class Scaled extends nn.Module {
  readonly scale = nn.parameter([2]);
  readonly dense = new nn.Dense(2, { activation: 'tanh' });
  readonly out = new nn.Dense(1);
  override forward(x: Tensor): Tensor {
    return this.out.forward(this.dense.forward(x.mul(this.scale)));
  }
}

const named = (module: nn.Module): Record<string, Tensor> => Object.fromEntries(module.namedParameters());
const near = (x: Tensor, y: Tensor) => expect(x.sub(y).abs().max().item()).toBeLessThan(1e-6);

describe('functionalCall', () => {
  it('computes with other parameters, for this call alone, and leaves all in order', () => {
    const net = new Scaled().build([1, 3]);
    const other = new Scaled().build([1, 3]);
    const x = Tensor.randn([4, 3]);
    const [before, names] = [net.forward(x), Object.keys(net.stateDict())];
    const out = nn.functionalCall(net, named(other), x);
    expectTypeOf(out).toEqualTypeOf<Tensor>();
    expect(out.toArray()).toEqual(other.forward(x).toArray());
    expect(net.forward(x).toArray()).toEqual(before.toArray());
    expect(Object.keys(net.stateDict())).toEqual(names);
    expect(nn.functionalCall(net, { scale: Tensor.zeros([1]) }, x).toArray()).toEqual(
      net.forward(Tensor.zeros([4, 3])).toArray(),
    );
  });

  it('gives the gradient of each sample', () => {
    const net = new Scaled().build([1, 3]);
    const [x, y] = [Tensor.randn([4, 3]), Tensor.randn([4, 1])];
    const names = Object.keys(named(net));
    const loss = (values: readonly Tensor[], one: Tensor, target: Tensor) =>
      nn.mse(nn.functionalCall(net, Object.fromEntries(names.map((name, i) => [name, values[i]!])), one), target);
    const values = Object.values(named(net)).map((p) => p.detach());
    const at = names.indexOf('dense.weight');
    const each = vmap((one: Tensor, target: Tensor) =>
      grad((w: Tensor) => loss(values.with(at, w), one.unsqueeze(0), target.unsqueeze(0)))(values[at]!),
    )(x, y);
    expect(each.shape).toEqual([4, 2, 3]);
    for (let i = 0; i < 4; i++) {
      nn.mse(net.forward(x.narrow(0, i, 1)), y.narrow(0, i, 1)).backward();
      near(each.select(0, i), net.dense.weight.grad!);
      net.zeroGrad();
    }
  });

  it('lets gradients flow through an update, as MAML needs', () => {
    const net = new nn.Dense(1, { bias: false, dtype: 'float64' }).build([1, 1]);
    const [x, y] = [Tensor.from([[2]], { dtype: 'float64' }), Tensor.from([[1]], { dtype: 'float64' })];
    const { weight } = net;
    const [g] = grad(nn.mse(net.forward(x), y), [weight], { createGraph: true });
    nn.mse(nn.functionalCall(net, { weight: weight.sub(g!.mul(0.1)) }, x), y).backward();
    // w′ = w − 0.1·4(2w − 1) = 0.2w + 0.4; d/dw (2w′ − 1)² = 4(2w′ − 1)·0.2
    const w = weight.item();
    expect(weight.grad!.item()).toBeCloseTo(4 * (2 * (0.2 * w + 0.4) - 1) * 0.2, 10);
  });

  it('replaces tied parameters together, and puts them back after an error', () => {
    const net = new nn.Sequential(new nn.Dense(3, { bias: false }), new nn.Dense(3, { bias: false })).build([1, 3]);
    nn.tie(net, '1.weight', '0.weight');
    const x = Tensor.randn([2, 3]);
    expect(nn.functionalCall(net, { '0.weight': Tensor.eye(3) }, x).toArray()).toEqual(x.toArray());
    const before = net.parameters();
    expect(() => nn.functionalCall(net, { '0.weight': Tensor.eye(3) }, Tensor.ones([2, 4]))).toThrow(ShapeError);
    expect(net.parameters()[0]).toBe(before[0]);
  });

  it('refuses names and shapes that do not fit', () => {
    const net = new nn.Dense(2);
    const x = Tensor.ones([1, 3]);
    expect(() => nn.functionalCall(net, {}, x)).toThrow(StateError);
    net.forward(x);
    expect(() => nn.functionalCall(net, { kernel: x }, x)).toThrow(ArgumentError);
    expect(() => nn.functionalCall(net, { weight: x }, x)).toThrow(
      /weight has another shape; got \[1, 3\] for \[2, 3\]/,
    );
  });
});
