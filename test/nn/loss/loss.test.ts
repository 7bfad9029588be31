/** Losses: gradients, reductions, definitions, extremes and refused targets. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../../src/core/errors.ts';
import * as nn from '../../../src/nn/loss/index.ts';
import { gradcheck } from '../../../src/tensor/gradcheck.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { indices, numbers, signed } from '../../tensor/samples.ts';
import { lossTable } from './loss-table.ts';

/** What is no loss: measures that losses are made of. */
const notReducing: ReadonlySet<string> = new Set(['cosineSimilarity', 'pairwiseDistance']);

describe.each(lossTable)('$name', ({ loss, inputs }) => {
  it.each(['mean', 'sum', 'none'] as const)('has the gradients that differences give, reduced by %s', (reduction) => {
    gradcheck((...xs) => loss(xs, { reduction }), inputs());
  });

  it('sums what it gives one by one, and means by default', () => {
    const xs = inputs();
    const each = loss(xs, { reduction: 'none' });
    expect(loss(xs, { reduction: 'sum' }).item()).toBeCloseTo(each.sum().item(), 12);
    expect(loss(xs, {}).item()).toBe(loss(xs, { reduction: 'mean' }).item());
  });

  it('refuses an unknown reduction', () => {
    expect(() => loss(inputs(), { reduction: 'average' as 'mean' })).toThrow(ArgumentError);
  });
});

it('has a row for every loss', () => {
  const rows = new Set(lossTable.map(({ name }) => name.split(',')[0]));
  const exported = Object.keys(nn).filter((name) => !notReducing.has(name));
  expect(exported.filter((name) => !rows.has(name))).toEqual([]);
});

describe('crossEntropy', () => {
  const x = signed([4, 3]);
  const labels = [2, 0, 1, 1];
  const logP = x.logSoftmax(1).toArray() as number[][];

  it('is the mean of −log softmax at the labels', () => {
    const each = labels.map((label, i) => -logP[i]![label]!);
    const found = nn.crossEntropy(x, indices(labels), { reduction: 'none' }).toArray() as number[];
    for (const [i, loss] of found.entries()) expect(loss).toBeCloseTo(each[i]!, 12);
    expect(nn.crossEntropy(x, indices(labels)).item()).toBeCloseTo(each.reduce((a, b) => a + b) / 4, 12);
  });

  it('weights classes, and divides by the weights of the targets', () => {
    const weight = [0.5, 2, 3];
    const [sum, total] = labels.reduce(
      ([s, t], label, i) => [s - weight[label]! * logP[i]![label]!, t + weight[label]!],
      [0, 0] as [number, number],
    );
    expect(nn.crossEntropy(x, labels, { weight }).item()).toBeCloseTo(sum / total, 12);
  });

  it('leaves ignored labels out of sum and count, whatever their logits', () => {
    const wild = x.slice([0, 3]).sub(
      Tensor.from([
        [0, 0, 0],
        [0, 0, 0],
        [Infinity, 0, 0],
      ]),
    );
    const kept = nn.crossEntropy(x.slice([0, 2]), labels.slice(0, 2)).item();
    expect(nn.crossEntropy(wild, [2, 0, -100]).item()).toBeCloseTo(kept, 12);
    expect(nn.crossEntropy(x.slice([0, 3]), [2, 0, 1], { ignoreIndex: 1 }).item()).toBeCloseTo(kept, 12);
    expect(nn.crossEntropy(x, [-100, -100, -100, -100]).item()).toBeNaN();
    expect(nn.crossEntropy(x, [-100, -100, -100, -100], { reduction: 'sum' }).item()).toBe(0);
  });

  it('of smoothed labels is that of the smoothed probabilities', () => {
    const smooth = Tensor.from(indices(labels)).oneHot(3).float64().mul(0.7).add(0.1);
    const found = nn.crossEntropy(x, labels, { labelSmoothing: 0.3 }).item();
    expect(found).toBeCloseTo(nn.crossEntropy(x, smooth).item(), 12);
    const oneHot = Tensor.from(indices(labels)).oneHot(3).float64();
    expect(nn.crossEntropy(x, oneHot, { labelSmoothing: 0.3 }).item()).toBeCloseTo(found, 12);
  });

  it('is right where exponentials overflow', () => {
    const wild = Tensor.from([[1000, -1000, 0]]);
    expect(nn.crossEntropy(wild, [0]).item()).toBe(0);
    expect(nn.crossEntropy(wild, [1]).item()).toBe(2000);
  });

  it('takes one sample without a batch', () => {
    expect(nn.crossEntropy(x.select(0, 0), 2).item()).toBeCloseTo(-logP[0]![2]!, 12);
  });

  it('names a label outside the classes', () => {
    expect(() => nn.crossEntropy(x, [0, 1, 3, 2])).toThrow(
      /^crossEntropy: label 3 is outside the 3 classes of the input; labels go from 0 to 2/,
    );
    expect(() => nn.crossEntropy(x, [0, 1, -1, 2])).toThrow(IndexError);
    expect(() => nn.nll(x, [0, 1, -1, 2])).toThrow(/^nll: label -1/);
    expect(() => nn.crossEntropy(x, [0, 1, 3, 2], { weight: [1, 1, 1] })).toThrow(IndexError);
  });

  it('refuses targets of other shapes and dtypes, and says what to do', () => {
    expect(() => nn.crossEntropy(x, Tensor.from([0, 1, 2, 0]))).toThrow(/must be int32; got float32; use \.int32\(\)/);
    expect(() => nn.crossEntropy(x, [0.5, 1, 2, 0])).toThrow(/whole numbers; got 0\.5/);
    expect(() => nn.crossEntropy(x, indices([0, 1, 2]))).toThrow(
      /does not fit input \[4, 3\]; got \[3\]; give .* \[4\]/,
    );
    expect(() => nn.crossEntropy(x, indices([0, 1, 2, 0], [4, 1]))).toThrow(ShapeError);
    expect(() => nn.crossEntropy(x, Tensor.zeros([4, 3], { dtype: 'int32' }))).toThrow(/probabilities.*use \.float32/);
    expect(() => nn.crossEntropy(x, Tensor.zeros([4], { dtype: 'bool' }))).toThrow(DtypeError);
    expect(() => nn.crossEntropy(x, labels, { weight: [1, 2] })).toThrow(/weight must be \[3\]/);
    expect(() => nn.crossEntropy(x, labels, { labelSmoothing: 1.5 })).toThrow(ArgumentError);
    expect(() => nn.crossEntropy(x, x.softmax(), { ignoreIndex: 1 })).toThrow(ArgumentError);
    expect(() => nn.crossEntropy(Tensor.from(1), 0)).toThrow(ShapeError);
    expect(() => nn.crossEntropy(Tensor.zeros([2, 0]), [0, 0])).toThrow(ShapeError);
    expect(() => nn.nll(Tensor.zeros([2, 3], { dtype: 'int32' }), [0, 0])).toThrow(DtypeError);
  });

  it('refuses the mean of an empty batch, and gives its sum', () => {
    const [nothing, none] = [Tensor.zeros([0, 3]), Tensor.zeros([0], { dtype: 'int32' })];
    expect(() => nn.crossEntropy(nothing, none)).toThrow(/an empty batch has no mean; got shape \[0, 3\]/);
    expect(nn.crossEntropy(nothing, none, { reduction: 'sum' }).item()).toBe(0);
    expect(() => nn.mse(nothing, nothing)).toThrow(ShapeError);
  });
});

describe('losses of numbers', () => {
  it('are their definitions on both sides of the bound', () => {
    const [x, y] = [numbers([0, 0.5, 3]), numbers([0.2, 0, 0])];
    const of = (loss: Tensor): unknown => (loss.toArray() as number[]).map((n) => Number(n.toFixed(12)));
    expect(of(nn.mse(x, y, { reduction: 'none' }))).toEqual([0.04, 0.25, 9]);
    expect(of(nn.l1(x, y, { reduction: 'none' }))).toEqual([0.2, 0.5, 3]);
    expect(of(nn.huber(x, y, { delta: 0.5, reduction: 'none' }))).toEqual([0.02, 0.125, 1.375]);
    expect(of(nn.smoothL1(x, y, { beta: 0.5, reduction: 'none' }))).toEqual([0.04, 0.25, 2.75]);
  });

  it('refuse shapes that would broadcast, but take a number for all', () => {
    expect(() => nn.mse(Tensor.zeros([4, 1]), Tensor.zeros([4]))).toThrow(/one shape; got \[4, 1\] and \[4\]/);
    expect(nn.mse(Tensor.from([1, 3]), 1).item()).toBe(2);
    expect(nn.mse(Tensor.from([1, 3]), [1, 1]).item()).toBe(2);
    expect(nn.mse(Tensor.from([1, 0]), Tensor.from([true, false])).item()).toBe(0);
  });

  it('refuse impossible bounds', () => {
    expect(() => nn.huber(Tensor.zeros([1]), 0, { delta: 0 })).toThrow(ArgumentError);
    expect(() => nn.smoothL1(Tensor.zeros([1]), 0, { beta: -1 })).toThrow(ArgumentError);
  });
});

describe('binary cross-entropy', () => {
  it('of logits is that of their sigmoids', () => {
    const [x, y] = [signed([5]), numbers([0, 1, 0.3, 1, 0])];
    expect(nn.bceWithLogits(x, y).item()).toBeCloseTo(nn.bce(x.sigmoid(), y).item(), 12);
  });

  it('of logits keeps its digits where the other has none left', () => {
    const x = Tensor.from([-40, 40, 1e4], { dtype: 'float64' });
    const found = nn.bceWithLogits(x, [0, 1, 0], { reduction: 'none' }).toArray() as number[];
    expect(found[0]! / Math.exp(-40)).toBeCloseTo(1, 9);
    expect(found[1]! / Math.exp(-40)).toBeCloseTo(1, 9);
    expect(found[2]).toBe(1e4);
  });

  it('of probabilities 0 and 1 stays finite, and so does its gradient', () => {
    const x = Tensor.from([0, 1, 0, 1], { requiresGrad: true });
    const losses = nn.bce(x, [0, 1, 1, 0], { reduction: 'none' });
    expect(losses.abs().toArray()).toEqual([0, 0, 100, 100]);
    losses.sum().backward();
    expect(x.grad!.isFinite().all().item()).toBe(1);
    expect((x.grad!.toArray() as number[]).slice(2).map(Math.sign)).toEqual([-1, 1]);
  });

  it('outside 0 to 1 is NaN', () => {
    expect(nn.bce(Tensor.from([1.5]), [1]).item()).toBeNaN();
    expect(() => nn.bce(Tensor.from([true]), [1])).toThrow(DtypeError);
  });
});
