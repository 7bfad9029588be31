/** Parameters of layers cannot be assigned, and the error says what to do. */
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

describe('an assignment to a parameter of a layer', () => {
  it('is refused by an error that says how', () => {
    const [table, head] = [new nn.Embedding(5, 3), new nn.Dense(5, { inFeatures: 3 })];
    // @ts-expect-error read-only
    const assign = (): Tensor => (head.weight = table.weight);
    expect(assign).toThrow(ArgumentError);
    expect(assign).toThrow(
      /^Dense\.weight: cannot be set; got a tensor; give it other numbers by layer\.weight\.assign\(values\), or .*nn\.tie\(model/,
    );
    // @ts-expect-error read-only
    expect(() => (new nn.Conv2D(3, 3).bias = Tensor.ones([3]))).toThrow(/^Conv2D\.bias: .*nn\.tie/);
    // @ts-expect-error read-only
    expect(() => (new nn.BatchNorm().runningMean = Tensor.ones([3]))).toThrow(/^BatchNorm\.runningMean: .*assign/);
    // @ts-expect-error read-only
    expect(() => (head.bias = undefined)).toThrow(/^Dense\.bias: cannot be set; got undefined; make the layer anew$/);
    expect(head.parameters()).toHaveLength(2);
  });

  it('leaves getters and setters of one’s own as they are', () => {
    class Scaled extends nn.Dense {
      scale = 1;
      override get weight(): Tensor {
        return super.weight.mul(this.scale);
      }
      get factor(): number {
        return this.scale;
      }
      set factor(value: number) {
        this.scale = value;
      }
    }
    const layer = new Scaled(1, { inFeatures: 1, bias: false });
    layer.factor = 0;
    expect(layer.factor).toBe(0);
    expect(layer.forward(Tensor.ones([1, 1])).toArray()).toEqual([[0]]);
  });
});
