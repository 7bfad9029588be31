/** Layers that move numbers: where they go, and what is refused. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, ShapeError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { describeModule, moduleOf } from '../../src/nn/structure/structure.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { between, numbers, whole } from '../tensor/samples.ts';

const row = (...values: number[]): Tensor => numbers(values, [1, 1, values.length]);
const listed = (x: Tensor): number[] => x.flatten().toArray() as number[];

describe('shapes', () => {
  const x = between(-1, 1, [2, 3, 4]);

  it('change per sample', () => {
    expect(new nn.Reshape([2, -1]).forward(x).toArray()).toEqual(x.reshape([2, 2, 6]).toArray());
    expect(new nn.Reshape([12]).forward(x).shape).toEqual([2, 12]);
    expect(new nn.Permute([2, 1]).forward(x).toArray()).toEqual(x.transpose(1, 2).toArray());
    expect(new nn.Unflatten(2, [2, 2]).forward(x).toArray()).toEqual(x.reshape([2, 3, 2, 2]).toArray());
  });

  it('work on an empty batch', () => {
    const none = Tensor.zeros([0, 3, 4]);
    expect(new nn.Reshape([2, -1]).forward(none).shape).toEqual([0, 2, 6]);
    expect(new nn.Permute([2, 1]).forward(none).shape).toEqual([0, 4, 3]);
    expect(new nn.Unflatten(1, [-1, 3]).forward(none).shape).toEqual([0, 1, 3, 4]);
  });

  it('that do not fit say what they got', () => {
    expect(() => new nn.Reshape([5, -1]).forward(x)).toThrow(/^in Reshape: .*fit \[5, -1\]; got \[2, 3, 4\]/);
    expect(() => new nn.Reshape([11]).forward(x)).toThrow(ShapeError);
    expect(() => new nn.Permute([1, 3, 2]).forward(x)).toThrow(/^in Permute: .*3 dims behind it; got \[2, 3, 4\]/);
    expect(() => new nn.Unflatten(1, [2, -1]).forward(x)).toThrow(/multiply to dim 1 .*got \[2, -1\] for 3 elements/);
    expect(() => new nn.Unflatten(3, [2]).forward(x)).toThrow(ShapeError);
    expect(() => x.unflatten(1, [-1, -1])).toThrow(ShapeError);
    expect(() => x.unflatten(1, [])).toThrow(ShapeError);
    expect(() => x.unflatten(1, [-1, 0])).toThrow(ShapeError);
  });
});

describe('borders', () => {
  it('hold a value, a mirror image, the last element or the other end', () => {
    const x = row(1, 2, 3);
    expect(listed(new nn.ZeroPad1D(1).forward(x))).toEqual([0, 1, 2, 3, 0]);
    expect(listed(new nn.ConstantPad1D([[0, 2]], -Infinity).forward(x))).toEqual([1, 2, 3, -Infinity, -Infinity]);
    expect(listed(new nn.ReflectionPad1D(2).forward(x))).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(listed(new nn.ReplicationPad1D([[1, 2]]).forward(x))).toEqual([1, 1, 2, 3, 3, 3]);
    expect(listed(new nn.CircularPad1D([[2, 1]]).forward(x))).toEqual([2, 3, 1, 2, 3, 1]);
    expect(listed(new nn.Cropping1D([[1, 0]]).forward(x))).toEqual([2, 3]);
  });

  it('are given in the order of the dims', () => {
    const x = Tensor.ones([1, 1, 1, 1]);
    expect(new nn.ZeroPad2D([1, [0, 2]]).forward(x).shape).toEqual([1, 1, 3, 3]);
    expect(listed(new nn.ZeroPad2D([1, [0, 2]]).forward(x))).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0]);
  });

  it('undo each other', () => {
    const x = between(-1, 1, [2, 2, 3, 4]);
    const size: nn.BorderSize = [[1, 2], 3];
    expect(new nn.Cropping2D(size).forward(new nn.ZeroPad2D(size).forward(x)).toArray()).toEqual(x.toArray());
  });

  it('that do not fit say what they got', () => {
    expect(() => new nn.ReflectionPad1D(3).forward(row(1, 2, 3))).toThrow(/^in ReflectionPad1D: pad: reflect padding/);
    expect(() => new nn.Cropping1D(2).forward(row(1, 2, 3, 4))).toThrow(/^in Cropping1D: nothing would be left; got/);
    expect(() => new nn.ZeroPad2D(1).forward(row(1))).toThrow(
      /^in ZeroPad2D: the input must be \[N, C, \.\.\.2 dims\]/,
    );
  });
});

describe('resolutions', () => {
  it('grow and shrink', () => {
    const x = between(-1, 1, [1, 2, 4, 6]);
    const up = new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' });
    expect(up.forward(x).toArray()).toEqual(x.interpolate({ scaleFactor: 2, mode: 'bilinear' }).toArray());
    expect(new nn.Resize(3).forward(x).shape).toEqual([1, 2, 3, 3]);
    expect(new nn.Resize([2, 3], { mode: 'area' }).forward(x).toArray()).toEqual(x.avgPool2d(2).toArray());
    expect(new nn.PixelUnshuffle(2).forward(new nn.PixelShuffle(1).forward(x)).shape).toEqual([1, 8, 2, 3]);
  });

  it('refuse what they cannot blend', () => {
    const net = new nn.Sequential(new nn.ReLU(), new nn.Upsample({ size: 2, mode: 'bilinear' }));
    expect(() => net.forward(row(1, 2))).toThrow(
      /^in 1 \(Upsample\): interpolate: mode bilinear takes .*got \[1, 1, 2\]/,
    );
    expect(() => new nn.Resize(2).forward(whole(0, 255, [1, 1, 3, 3]))).toThrow(DtypeError);
    expect(() => new nn.PixelShuffle(2).forward(row(1, 2))).toThrow(/^in PixelShuffle: /);
  });
});

describe('options that make no layer', () => {
  it.each([
    ['no repeats', () => new nn.RepeatVector(0)],
    ['two open sizes', () => new nn.Reshape([-1, -1])],
    ['size 0', () => new nn.Reshape([0, 2])],
    ['a dim left out', () => new nn.Permute([1, 3])],
    ['the batch moved', () => new nn.Permute([1, 0])],
    ['no dims', () => new nn.Permute([])],
    ['a negative border', () => new nn.ZeroPad2D(-1)],
    ['borders of another rank', () => new nn.ZeroPad2D([1, 1, 1])],
    ['half a side', () => new nn.ReflectionPad1D([[1] as unknown as [number, number]])],
    ['no value', () => new nn.ConstantPad1D(1, undefined as unknown as number)],
    ['no resolution', () => new nn.Upsample({})],
    ['corners of nothing', () => new nn.Upsample({ size: 2, alignCorners: true })],
    ['three sizes', () => new nn.Resize([1, 2, 3])],
    ['half a pixel', () => new nn.Resize(1.5)],
    ['an unknown mode', () => new nn.Resize(2, { mode: 'lanczos' as 'area' })],
    ['factor 0', () => new nn.PixelShuffle(0)],
    ['half a factor', () => new nn.PixelUnshuffle(1.5)],
    ['window 0', () => new nn.Unfold(0)],
    ['an output of another rank', () => new nn.Fold([3], 2)],
  ])('%s', (_what, make) => {
    expect(make).toThrow(ArgumentError);
  });

  it('are found in files too', () => {
    const pad = describeModule(new nn.ConstantPad1D(1, -Infinity));
    if (!('structure' in pad)) throw new Error('ConstantPad1D has no description');
    expect(pad.structure).toEqual({ type: 'ConstantPad1D', border: [[1, 1]], value: '-Infinity' });
    expect(() => moduleOf({ type: 'ZeroPad1D', border: [[1]] }, 'structure', 0)).toThrow(/border: must be pairs/);
    expect(() => moduleOf({ type: 'ZeroPad1D', border: [[1, -1]] }, 'structure', 0)).toThrow(/makes no layer/);
    expect(() => moduleOf({ type: 'Upsample', scaleFactor: ['2'] }, 'structure', 0)).toThrow(/must be numbers/);
  });
});
