/** What normalisations do beyond the layer table: PyTorch's numbers, statistics, and refused inputs. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { signed } from '../tensor/samples.ts';

function apart(a: Tensor, b: Tensor): number {
  return a.sub(b).abs().amax().item();
}

describe('InstanceNorm', () => {
  const x = Tensor.from([
    [
      [1, 2, 4],
      [0, 1, 5],
    ],
    [
      [2, 2, 3],
      [7, 1, 1],
    ],
  ]);

  it('learns the mean of the samples, as PyTorch does', () => {
    const layer = new nn.InstanceNorm({ trackRunningStats: true });
    layer.forward(x);
    expect(apart(layer.runningMean!, Tensor.from([0.23333333, 0.25]))).toBeLessThan(1e-6);
    expect(apart(layer.runningVar!, Tensor.from([1.0333333, 1.85]))).toBeLessThan(1e-6);
    const expected = Tensor.from([
      [
        [0.7542, 1.7379, 3.7054],
        [-0.1838, 0.5514, 3.4923],
      ],
      [
        [1.7379, 1.7379, 2.7217],
        [4.9627, 0.5514, 0.5514],
      ],
    ]);
    expect(apart(layer.eval().forward(x), expected)).toBeLessThan(6e-5);
  });

  it('uses the input itself in evaluation where there are no statistics', () => {
    const layer = new nn.InstanceNorm();
    expect(layer.eval().forward(x).toArray()).toEqual(new nn.InstanceNorm().forward(x).toArray());
    expect(Object.keys(layer.stateDict())).toEqual([]);
  });

  it('is a GroupNorm of as many groups as channels', () => {
    const image = signed([2, 4, 3, 2]);
    const options = { dtype: 'float64', affine: true } as const;
    const [a, b] = [new nn.InstanceNorm(options), new nn.GroupNorm(4, options)];
    expect(apart(a.forward(image), b.forward(image))).toBeLessThan(1e-12);
  });
});

describe('GroupNorm', () => {
  it('of one group is a LayerNorm over channels and space', () => {
    const image = signed([2, 4, 3, 2]);
    const layer = new nn.LayerNorm([4, 3, 2], { dtype: 'float64', affine: false });
    expect(apart(new nn.GroupNorm(1, { dtype: 'float64' }).forward(image), layer.forward(image))).toBeLessThan(1e-12);
  });

  it('learns its channels from the first input that it takes', () => {
    const layer = new nn.GroupNorm(2);
    expect(() => layer.forward(Tensor.ones([1, 3, 2]))).toThrow(
      /^in GroupNorm: the input must be \[N, C, ..\] with a multiple of 2 channels; got \[1, 3, 2\]/,
    );
    expect(layer.features).toBeUndefined();
    layer.forward(Tensor.ones([1, 4, 2]));
    expect(layer.features).toBe(4);
    const model = new nn.Sequential(layer);
    expect(() => model.forward(Tensor.ones([1, 6, 2]))).toThrow(
      /^in 0 \(GroupNorm\): the input must be \[N, C, ..\] with 4 channels; got \[1, 6, 2\]/,
    );
  });
});

describe('RMSNorm', () => {
  it('gives a mean square of 1, with the eps of its dtype', () => {
    const x = signed([3, 8]);
    const square = new nn.RMSNorm(8, { dtype: 'float64' }).forward(x).square().mean({ dim: -1 });
    expect(apart(square, Tensor.ones([3], { dtype: 'float64' }))).toBeLessThan(1e-14);
    const tiny = Tensor.full([1, 2], 1e-9);
    expect(apart(new nn.RMSNorm(2).forward(tiny), tiny.div(Math.sqrt(2 ** -23)))).toBeLessThan(1e-12);
  });
});

describe('LocalResponseNorm', () => {
  it('has the numbers of PyTorch at an even size', () => {
    const x = Tensor.arange(24).float32().reshape([1, 4, 3, 2]).div(7).sub(1);
    const expected = [
      -0.665912, -0.580042, -0.489116, -0.394132, -0.296319, -0.197066, -0.092549, 0, 0.092549, 0.18334, 0.270776,
      0.353553, 0.412393, 0.486664, 0.555136, 0.617213, 0.672692, 0.721688, 0.947607, 1.00349, 1.051847, 1.093216,
      1.128266, 1.157719,
    ];
    const out = new nn.LocalResponseNorm(4, { alpha: 1, beta: 0.5, k: 2 }).forward(x);
    expect(apart(out.reshape([-1]), Tensor.from(expected))).toBeLessThan(2e-6);
  });
});

describe('normalisations', () => {
  it('refuse inputs that they cannot take', () => {
    expect(() => new nn.InstanceNorm().forward(Tensor.ones([2, 3]))).toThrow(ShapeError);
    expect(() => new nn.InstanceNorm().forward(Tensor.ones([2, 3, 1]))).toThrow(/more than one value per sample/);
    expect(() => new nn.InstanceNorm({ affine: true, features: 2 }).forward(Tensor.ones([2, 3, 4]))).toThrow(
      /^in InstanceNorm: the input must have 2 channels; got \[2, 3, 4\]/,
    );
    expect(() => new nn.GroupNorm(2).forward(Tensor.ones([4]))).toThrow(ShapeError);
    expect(() => new nn.RMSNorm(3).forward(Tensor.ones([2, 4]))).toThrow(
      /^in RMSNorm: the last dims of the input must be \[3\]; got \[2, 4\]/,
    );
    expect(() => new nn.LocalResponseNorm(2).forward(Tensor.ones([2, 4]))).toThrow(ShapeError);
  });

  it('refuse impossible options', () => {
    expect(() => new nn.GroupNorm(0)).toThrow(ArgumentError);
    expect(() => new nn.GroupNorm(2, { features: 3 })).toThrow(/^GroupNorm: groups must divide features; got 2/);
    expect(() => new nn.GroupNorm(1, { eps: 0 })).toThrow(ArgumentError);
    expect(() => new nn.InstanceNorm({ momentum: 2 })).toThrow(/^InstanceNorm: momentum/);
    expect(() => new nn.InstanceNorm({ features: 0 })).toThrow(/^InstanceNorm: features/);
    expect(() => new nn.RMSNorm([])).toThrow(ShapeError);
    expect(() => new nn.RMSNorm(2, { eps: -1 })).toThrow(ArgumentError);
    expect(() => new nn.LocalResponseNorm(1.5)).toThrow(ArgumentError);
    expect(() => new nn.LocalResponseNorm(2, { alpha: Number.NaN })).toThrow(/^LocalResponseNorm: alpha/);
  });
});
