/** Anomaly mode: which operation and layer the first NaN or infinity is traced to, forward and backward. */
import { describe, expect, it } from 'vitest';
import { AnomalyError, ArgumentError } from '../../src/core/errors.ts';
import { Dense, Flatten, LayerNorm, Module, Sequential } from '../../src/nn/index.ts';
import { detectAnomaly } from '../../src/tensor/anomaly.ts';
import { customGrad } from '../../src/tensor/custom.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { currentPassage } from '../../src/tensor/value.ts';

const leaf = (values: readonly number[]): Tensor => Tensor.from(values, { requiresGrad: true });

class Root extends Module {
  forward(x: Tensor): Tensor {
    return x.sqrt();
  }
}

class Net extends Module {
  readonly features: Sequential = new Sequential(new Flatten(), new Dense(3), new LayerNorm(3), new Root());
  forward(x: Tensor): Tensor {
    return this.features.forward(x);
  }
}

describe('detectAnomaly forward', () => {
  it('names the operation, how many, where, and what it was given', () => {
    const run = (): Tensor =>
      Tensor.from([[1, 2, 0.5]])
        .sub(1)
        .log()
        .exp();
    expect(() => detectAnomaly(run)).toThrow(AnomalyError);
    expect(() => detectAnomaly(run)).toThrow(
      /^log: the first NaN arose here; got 1 of 3 elements \(the first at \[0, 2\] of \[1, 3\]\) from inputs between -0.5 and 1; check/,
    );
    expect(() => detectAnomaly(() => Tensor.from([1, 0]).reciprocal())).toThrow(
      /^reciprocal: the first infinity arose/,
    );
    expect(() => detectAnomaly(() => Tensor.from([1e30]).square())).toThrow(/^square: the first infinity/);
    expect(() => detectAnomaly(() => Tensor.full([2, 2], 1e30).matmul(Tensor.full([2, 2], 1e30)))).toThrow(/^matmul: /);
    expect(() => detectAnomaly(() => Tensor.full([3], 3e38).sum())).toThrow(/^sum: .* from inputs between 3/);
    expect(() => detectAnomaly(() => Tensor.from([1e300], { dtype: 'float64' }).float32())).toThrow(
      /^cast to float32: /,
    );
  });

  it('names the layer by its path', () => {
    const net = new Net();
    expect(() => detectAnomaly(() => net.forward(Tensor.ones([2, 1, 4])))).toThrow(
      /^in features\.3 \(Root\): sqrt: the first NaN arose here/,
    );
  });

  it('says where a NaN came in, if none of the operations made it', () => {
    expect(() => detectAnomaly(() => Tensor.ones([2]).add([1, Number.NaN]))).toThrow(
      /^add: input 1 holds NaN already, .* got 1 of 2 elements \(the first at \[1\] of \[2\]\); check the data/,
    );
  });

  it('lets infinities pass that were asked for, or came in, but not the NaN they make', () => {
    const x = Tensor.from([[1, 2, 3]]);
    const run = (): Tensor => x.maskedFill(Tensor.from([true, false, false]), -Infinity).softmax();
    expect(detectAnomaly(run).toArray()).toEqual(run().toArray());
    expect(detectAnomaly(() => Tensor.full([2], Infinity).add(1)).toArray()).toEqual([Infinity, Infinity]);
    expect(detectAnomaly(() => x.reshape([1, 1, 3]).maxPool1d(2, { padding: 1 })).size).toBe(2);
    expect(() => detectAnomaly(() => Tensor.full([2], Infinity).sub([Infinity, 1]))).toThrow(
      /^sub: the first NaN arose/,
    );
  });

  it('leaves infinities alone where told so', () => {
    expect(detectAnomaly(() => Tensor.from([0]).log().exp().item(), { infinities: false })).toBe(0);
    expect(() => detectAnomaly(() => Tensor.from([-1]).log(), { infinities: false })).toThrow(/^log: /);
  });
});

describe('detectAnomaly backward', () => {
  it('names the operation whose derivative it was', () => {
    const x = leaf([0, 1]);
    expect(() => detectAnomaly(() => x.sqrt().sum().backward())).toThrow(
      /^\w+, in the derivative of sqrt: the first infinity arose here; got 1 of 2 elements \(the first at \[0\] of \[2\]\)/,
    );
    expect(x.grad).toBeUndefined();
  });

  it('and the layer in which that ran forward, also where the backward pass runs later', () => {
    const net = new Net();
    const norm = net.features.children()[2]![1] as LayerNorm;
    net.build([1, 1, 4]);
    norm.bias!.assign([0, 10, 10]);
    norm.weight!.assign([0, 1, 1]);
    const y = detectAnomaly(() => net.forward(Tensor.rand([2, 1, 4])));
    expect(() => detectAnomaly(() => y.sum().backward())).toThrow(
      /in the derivative of sqrt, which ran forward in features\.3 \(Root\): the first infinity arose/,
    );
  });

  it('names a gradient of one’s own', () => {
    const broken = customGrad(
      (x: Tensor) => x,
      (g) => [g.mul(0).div(0)],
    );
    expect(() =>
      detectAnomaly(() =>
        broken(leaf([1]))
          .sum()
          .backward(),
      ),
    ).toThrow(/^div, in the derivative of customGrad: the first NaN/);
  });
});

describe('anomaly mode', () => {
  it('gives what the function gives, and the same gradients', () => {
    const x = leaf([1, 2]);
    const y = detectAnomaly(() => {
      const z = x.exp().sum();
      z.backward();
      return z;
    });
    expect(y.item()).toBe(x.exp().sum().item());
    expect(x.grad!.toArray()).toEqual(x.exp().toArray());
  });

  it('is over when its function is, also by an error', () => {
    expect(() => detectAnomaly(() => Tensor.from([-1]).log())).toThrow(AnomalyError);
    expect(currentPassage()).toBeUndefined();
    expect(Tensor.from([-1]).log().item()).toBeNaN();
  });

  it('refuses a function that goes on later', () => {
    expect(() => detectAnomaly(async () => 1)).toThrow(ArgumentError);
  });
});
