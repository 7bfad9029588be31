/** Pooling layers: what comes out beside the definition, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { between, numbers } from '../tensor/samples.ts';

const row = (...values: number[]): Tensor => numbers(values, [1, 1, values.length]);
const listed = (x: Tensor): number[] => x.flatten().toArray() as number[];

describe('pooling', () => {
  it('takes the greatest and the mean of windows', () => {
    const x = row(1, 5, 2, 8, 3);
    expect(listed(new nn.MaxPool1D(2).forward(x))).toEqual([5, 8]);
    expect(listed(new nn.MaxPool1D(2, { ceilMode: true }).forward(x))).toEqual([5, 8, 3]);
    expect(listed(new nn.AvgPool1D(2, { padding: 1 }).forward(x))).toEqual([0.5, 3.5, 5.5]);
    expect(listed(new nn.AvgPool1D(2, { padding: 1, countIncludePad: false }).forward(x))).toEqual([1, 3.5, 5.5]);
  });

  it('takes the root of the sum of powers', () => {
    expect(listed(new nn.LPPool1D(2, 2).forward(row(3, 4, -5, 12)))).toEqual([5, 13]);
    // PyTorch 1.13: F.lp_pool1d(x, 2, 2, ceil_mode=True) scales the last sum up to a whole window's
    const x = Tensor.from(row(0, 0, 1, -2, 3, -4, 2), { requiresGrad: true });
    const y = new nn.LPPool1D(2, 2, { ceilMode: true }).forward(x);
    [0, Math.sqrt(5), 5, Math.sqrt(8)].forEach((v, i) => {
      expect(listed(y)[i]).toBeCloseTo(v, 14);
    });
    y.sum().backward();
    const expected = [0, 0, 0.4472135954999579, -0.8944271909999159, 0.6, -0.8, Math.SQRT2];
    expected.forEach((v, i) => {
      expect(listed(x.grad!)[i]).toBeCloseTo(v, 14);
    });
    const images = between(0.1, 2, [1, 2, 4, 4]);
    const sums = images
      .pow(3)
      .avgPool2d(2)
      .mul(4)
      .pow(1 / 3);
    expect(new nn.LPPool2D(3, 2).forward(images).sub(sums).abs().amax().item()).toBeLessThan(1e-14);
  });

  it('of whole channels gives one number each', () => {
    const x = between(-1, 1, [2, 3, 4, 5]);
    const flat = x.reshape([2, 3, 20]);
    const mean = flat.mean({ dim: 2 });
    expect(new nn.GlobalAvgPool2D().forward(x).sub(mean).abs().amax().item()).toBeLessThan(1e-15);
    expect(new nn.GlobalMaxPool2D().forward(x).toArray()).toEqual(flat.amax({ dim: 2 }).toArray());
    const kept = new nn.GlobalMaxPool2D({ keepDim: true }).forward(x);
    expect(kept.toArray()).toEqual(new nn.AdaptiveMaxPool2D(1).forward(x).toArray());
  });

  it('gives the gradient to the first of equals', () => {
    for (const layer of [new nn.MaxPool1D(2), new nn.AdaptiveMaxPool1D(2), new nn.GlobalMaxPool1D()]) {
      const x = Tensor.from(row(7, 7, 7, 7), { requiresGrad: true });
      layer.forward(x).sum().backward();
      expect(listed(x.grad!), layer.typeName).toEqual(
        layer instanceof nn.GlobalMaxPool1D ? [1, 0, 0, 0] : [1, 0, 1, 0],
      );
    }
  });

  it('adaptively is plain pooling where the windows come out even', () => {
    const x = between(-1, 1, [2, 3, 6, 4]);
    expect(new nn.AdaptiveAvgPool2D([3, 2]).forward(x).toArray()).toEqual(x.avgPool2d(2).toArray());
    expect(new nn.AdaptiveMaxPool2D([3, 2]).forward(x).toArray()).toEqual(x.maxPool2d(2).toArray());
    expect(x.narrow(0, 0, 0).adaptiveAvgPool2d(2).shape).toEqual([0, 3, 2, 2]);
  });
});

describe('bad input', () => {
  it('names the layer, what it got and what it takes', () => {
    const net = new nn.Sequential(new nn.ReLU(), new nn.MaxPool2D(3));
    expect(() => net.forward(Tensor.ones([3, 4, 4]))).toThrow(
      /^in 1 \(MaxPool2D\): maxPool2d: takes \[N, C, \.\.\.\] with 2 spatial dims; got shape \[3, 4, 4\]/,
    );
    expect(() => net.forward(Tensor.ones([1, 3, 2, 4]))).toThrow(/^in 1 \(MaxPool2D\): .*window is larger/);
    expect(() => new nn.GlobalAvgPool2D().forward(Tensor.ones([2, 3, 4]))).toThrow(
      /^in GlobalAvgPool2D: the input must be \[N, C, \.\.\.2 dims\].*got \[2, 3, 4\]/,
    );
    expect(() => new nn.GlobalMaxPool1D().forward(Tensor.ones([2, 3, 0]))).toThrow(ShapeError);
    expect(() => new nn.MaxPool1D(2, { padding: 2 }).forward(Tensor.ones([1, 1, 4]))).toThrow(
      /at most half the window/,
    );
  });

  it.each([
    ['window 0', () => new nn.MaxPool2D(0)],
    ['a window of another rank', () => new nn.AvgPool3D([2, 2])],
    ['stride 0', () => new nn.AvgPool1D(2, { stride: 0 })],
    ['negative padding', () => new nn.MaxPool1D(2, { padding: -1 })],
    ['dilation 0', () => new nn.MaxPool3D(2, { dilation: 0 })],
    ['no output', () => new nn.AdaptiveAvgPool1D(0)],
    ['an output of another rank', () => new nn.AdaptiveMaxPool3D([1, 2])],
    ['power 0', () => new nn.LPPool1D(0, 2)],
    ['an infinite power', () => new nn.LPPool2D(Infinity, 2)],
  ])('refuses %s', (_what, make) => {
    expect(make).toThrow(ArgumentError);
  });
});
