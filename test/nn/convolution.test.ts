/** Convolution layers: what they share with PyTorch's and Keras', and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { between } from '../tensor/samples.ts';

const seeded = (): { generator: Generator; dtype: 'float64' } => ({ generator: new Generator(5), dtype: 'float64' });
const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

describe('weights', () => {
  it.each([
    { layer: new nn.Conv1D(6, 3, { inChannels: 4, groups: 2 }), weight: [6, 2, 3], fanIn: 6 },
    { layer: new nn.Conv2D(6, [3, 2], { inChannels: 4 }), weight: [6, 4, 3, 2], fanIn: 24 },
    { layer: new nn.Conv3D(6, 2, { inChannels: 4 }), weight: [6, 4, 2, 2, 2], fanIn: 32 },
    { layer: new nn.ConvTranspose1D(6, 3, { inChannels: 4, groups: 2 }), weight: [4, 3, 3], fanIn: 9 },
    { layer: new nn.ConvTranspose2D(6, 3, { inChannels: 4 }), weight: [4, 6, 3, 3], fanIn: 54 },
    { layer: new nn.DepthwiseConv2D(3, { inChannels: 4, depthMultiplier: 2 }), weight: [8, 1, 3, 3], fanIn: 9 },
  ])('have the shape $weight and lie within 1/√$fanIn', ({ layer, weight, fanIn }) => {
    expect(layer.weight.shape).toEqual(weight);
    const bound = 1 / Math.sqrt(fanIn);
    for (const p of layer.parameters()) {
      const most = p.abs().amax().item();
      expect(most).toBeLessThanOrEqual(bound);
      expect(most).toBeGreaterThan(bound / 4);
    }
    expect(layer.inChannels).toBe(4);
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias']);
  });

  it('of separable ones are those of both parts', () => {
    const layer = new nn.SeparableConv2D(5, 3, { depthMultiplier: 2 }).build([1, 3, 8, 8]);
    const shapes = Object.entries(layer.stateDict()).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ['depthwise.weight', [6, 1, 3, 3]],
      ['pointwise.weight', [5, 6, 1, 1]],
      ['pointwise.bias', [5]],
    ]);
    const sized = new nn.SeparableConv1D(5, 3, { inChannels: 3, depthMultiplier: 2 });
    expect(sized.isBuilt).toBe(true);
  });
});

describe('layers', () => {
  it('a depthwise convolution treats each channel alone', () => {
    const x = between(-1, 1, [2, 3, 5, 4]);
    const layer = new nn.DepthwiseConv2D(2, { depthMultiplier: 2, bias: false, ...seeded() });
    const out = layer.forward(x);
    for (let c = 0; c < 3; c++) {
      const alone = x.narrow(1, c, 1).conv2d(layer.weight.narrow(0, 2 * c, 2));
      expect(distance(out.narrow(1, 2 * c, 2), alone)).toBeLessThan(1e-14);
    }
  });

  it('a transposed convolution doubles an image', () => {
    const up = new nn.ConvTranspose2D(2, 4, { stride: 2, padding: 1 });
    expect(up.forward(Tensor.ones([1, 3, 5, 7])).shape).toEqual([1, 2, 10, 14]);
    const odd = new nn.ConvTranspose2D(2, 3, { stride: 2, padding: 1, outputPadding: 1 });
    expect(odd.forward(Tensor.ones([1, 3, 5, 7])).shape).toEqual([1, 2, 10, 14]);
  });

  it.each(['reflect', 'replicate', 'circular'] as const)('padding mode %s pads first', (paddingMode) => {
    const x = between(-1, 1, [1, 2, 4, 5]);
    const layer = new nn.Conv2D(3, 3, { padding: [1, 2], paddingMode, ...seeded() });
    const padded = x.pad(
      [
        [1, 1],
        [2, 2],
      ],
      { mode: paddingMode },
    );
    expect(distance(layer.forward(x), padded.conv2d(layer.weight, { bias: layer.bias! }))).toBeLessThan(1e-14);
    const same = new nn.Conv2D(3, [2, 4], { padding: 'same', paddingMode, ...seeded() });
    expect(same.forward(x).shape).toEqual([1, 3, 4, 5]);
  });

  it('causal convolutions do not see the future', () => {
    const x = between(-1, 1, [1, 2, 6]);
    const changed = Tensor.concat([x.narrow(2, 0, 4), x.narrow(2, 4, 2).mul(9)], 2);
    for (const paddingMode of ['zeros', 'replicate'] as const) {
      const layer = new nn.Conv1D(3, 2, { padding: 'causal', dilation: 2, paddingMode, ...seeded() });
      const [before, after] = [layer.forward(x), layer.forward(changed)];
      expect(before.shape).toEqual([1, 3, 6]);
      expect(distance(before.narrow(2, 0, 4), after.narrow(2, 0, 4))).toBe(0);
      expect(distance(before, after)).toBeGreaterThan(0.1);
    }
  });
});

describe('bad input', () => {
  it('names the layer, the shape it got and what it takes', () => {
    const net = new nn.Sequential(new nn.ReLU(), new nn.Conv1D(2, 3));
    expect(() => net.forward(Tensor.ones([2, 3]))).toThrow(
      /^in 1 \(Conv1D\): the input must be \[N, C, \.\.\.1 dims\]; got \[2, 3\]/,
    );
    net.forward(Tensor.ones([1, 4, 5]));
    expect(() => net.forward(Tensor.ones([1, 3, 5]))).toThrow(
      /^in 1 \(Conv1D\): the input must have 4 channels in dim 1; got \[1, 3, 5\]/,
    );
    expect(() => net.forward(Tensor.ones([1, 4, 2]))).toThrow(/^in 1 \(Conv1D\): .*larger than the padded input/);
    expect(() => new nn.ConvTranspose2D(2, 3).forward(Tensor.ones([4, 4, 4]))).toThrow(ShapeError);
    const separable = new nn.SeparableConv2D(2, 3).build([1, 3, 4, 4]);
    expect(() => separable.forward(Tensor.ones([1, 2, 4, 4]))).toThrow(
      /^in depthwise \(DepthwiseConv2D\): .*3 channels/,
    );
  });

  it('leaves a layer unbuilt', () => {
    const layer = new nn.Conv2D(4, 3, { groups: 2 });
    expect(() => layer.forward(Tensor.ones([1, 3, 4, 4]))).toThrow(/groups must divide the input's channels/);
    expect(layer.isBuilt).toBe(false);
    expect(layer.forward(Tensor.ones([1, 4, 4, 4])).shape).toEqual([1, 4, 2, 2]);
    expect(() => new nn.ConvTranspose1D(4, 3, { groups: 2, inChannels: 3 })).toThrow(ShapeError);
  });

  it.each([
    ['no kernel', () => new nn.Conv1D(2, 0)],
    ['a kernel of another rank', () => new nn.Conv3D(2, [3, 3])],
    ['stride 0', () => new nn.Conv2D(2, 3, { stride: 0 })],
    ['negative padding', () => new nn.Conv2D(2, 3, { padding: -1 })],
    ["'same' with a stride", () => new nn.Conv2D(2, 3, { padding: 'same', stride: 2 })],
    ["'causal' images", () => new nn.Conv2D(2, 3, { padding: 'causal' })],
    ['an unknown padding mode', () => new nn.Conv2D(2, 3, { paddingMode: 'mirror' as 'reflect' })],
    ['groups that do not divide', () => new nn.ConvTranspose2D(3, 3, { groups: 2 })],
    ['much output padding', () => new nn.ConvTranspose2D(3, 3, { stride: 2, outputPadding: 2 })],
    ['no multiplier', () => new nn.DepthwiseConv2D(3, { depthMultiplier: 0 })],
    ['no outputs', () => new nn.SeparableConv2D(0, 3)],
  ])('refuses %s', (_what, make) => {
    expect(make).toThrow(ArgumentError);
  });
});
