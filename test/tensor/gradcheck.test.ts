/** The checker checked: it must see wrong gradients, and say where. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, GradientError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { between, whole } from './samples.ts';

const x = between(0.5, 1.5, [3], 1);
const y = between(0.5, 1.5, [3], 2);

describe('gradcheck', () => {
  it('passes what is right, and leaves the inputs as they were', () => {
    const before = x.toArray();
    gradcheck((a, b) => a.mul(b!).sin(), [x, y]);
    expect(x.toArray()).toEqual(before);
    expect(x.requiresGrad).toBe(false);
    expect(x.grad).toBeUndefined();
  });

  it('fails where a part of the gradient is cut off', () => {
    expect(() => gradcheck((a) => a.mul(a.detach()), [x])).toThrow(GradientError);
    expect(() => gradcheck((a) => a.mul(a.detach()), [x])).toThrow(
      /^gradcheck: the gradient is wrong; at element 0 of input 0 it is \S+, by differences \S+$/,
    );
  });

  it('fails for an input that is cut off whole', () => {
    expect(() => gradcheck((a, b) => a.add(b!.detach()), [x, y])).toThrow(/element 0 of input 1 it is 0,/);
    expect(() => gradcheck((a) => a.detach().square(), [x])).toThrow(/it is 0,/);
  });

  it('fails where one element of many is wrong', () => {
    const f = (a: Tensor): Tensor => Tensor.where([false, false, true], a.square().detach(), a.square());
    expect(() => gradcheck(f, [x])).toThrow(/element 2 of input 0/);
  });

  it('fails at second order alone, where the first is right', () => {
    // x² whose derivative is written as a constant: right where it stands, flat around it
    const flat = (a: Tensor): Tensor =>
      a
        .detach()
        .square()
        .add(a.sub(a.detach()).mul(a.detach().mul(2)));
    gradcheck(flat, [x], { order: 1 });
    expect(() => gradcheck(flat, [x], { order: 2 })).toThrow(GradientError);
  });

  it('goes to third order', () => {
    gradcheck((a) => a.exp().mul(a), [x], { order: 3 });
  });

  it('fails for a small error, unless it is allowed', () => {
    const slightly = (a: Tensor): Tensor => a.add(a.detach().mul(1e-4));
    expect(() => gradcheck(slightly, [x])).toThrow(GradientError);
    gradcheck(slightly, [x], { atol: 1e-3, order: 1 });
  });

  it('fails for NaN', () => {
    expect(() => gradcheck((a) => a.sub(2).log(), [x])).toThrow(GradientError);
  });

  it('fails where f jumps', () => {
    expect(() => gradcheck((a) => a.floor(), [Tensor.from(Float64Array.of(1))])).toThrow(GradientError);
  });

  it('passes other dtypes through', () => {
    gradcheck((a, index) => a.gather(0, index!), [x, whole(0, 3, [5])]);
  });

  it('knows constants', () => {
    gradcheck(() => Tensor.ones([2], { dtype: 'float64' }), [x]);
    gradcheck((a) => a.mul(0), [x]);
  });

  it('takes empty tensors', () => {
    gradcheck((a) => a.exp(), [Tensor.zeros([0, 2], { dtype: 'float64' })]);
  });

  it('refuses inputs and outputs of float32', () => {
    expect(() => gradcheck((a) => a.exp(), [x.float32()])).toThrow(DtypeError);
    expect(() => gradcheck((a) => a.exp(), [x.float32()])).toThrow('at least one input must be float64');
    expect(() => gradcheck((a) => a.float32(), [x])).toThrow('the output must be float64; got float32');
  });

  it('refuses an order that makes no sense', () => {
    expect(() => gradcheck((a) => a, [x], { order: 0 })).toThrow(ArgumentError);
    expect(() => gradcheck((a) => a, [x], { order: 1.5 })).toThrow('gradcheck: order must be at least 1; got 1.5');
  });

  it('draws its directions from the generator that it is given', () => {
    const generator = new Generator(3);
    gradcheck((a) => a.exp(), [x], { generator });
    expect(generator.state.counter).toBeGreaterThan(0);
  });
});
