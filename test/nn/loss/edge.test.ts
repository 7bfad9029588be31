/** Losses at their edges: what is ignored, impossible, saturated or refused; and what they come to in plain cases. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../../src/core/errors.ts';
import * as nn from '../../../src/nn/loss/index.ts';
import { grad } from '../../../src/tensor/grad.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { indices, numbers, signed } from '../../tensor/samples.ts';

const none = { reduction: 'none' } as const;
const leaf = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  Tensor.from(Float64Array.from(values), { shape, requiresGrad: true });
const close = (got: Tensor, expected: readonly number[]): void => {
  const found = [...got.dataSync()];
  expect(found.length).toBe(expected.length);
  found.forEach((n, i) => {
    expect(n, `element ${i}`).toBeCloseTo(expected[i]!, 10);
  });
};

describe('a batch of nothing but ignored labels', () => {
  const x = leaf([1, 2, 3, 4], [2, 2]);
  const ignored = indices([-100, -100]);

  it.each([
    ['crossEntropy', nn.crossEntropy],
    ['nll', nn.nll],
    ['focal', nn.focal],
  ])('has the mean NaN and the sum 0 in %s', (_name, loss) => {
    expect(loss(x, ignored).item()).toBeNaN();
    const sum = loss(x, ignored, { reduction: 'sum' });
    expect(sum.item()).toBe(0);
    expect(grad(sum, [x])[0]!.abs().sum().item()).toBe(0);
    expect(loss(x, ignored, none).toArray()).toEqual([0, 0]);
  });
});

describe('weights of classes', () => {
  it.each([
    ['crossEntropy', nn.crossEntropy],
    ['nll', nn.nll],
    ['focal', nn.focal],
    ['multiMargin', nn.multiMargin],
  ])('of the wrong length are named by %s', (name, loss) => {
    expect(() => loss(signed([2, 3]), [0, 1], { weight: [1, 2] })).toThrow(
      new RegExp(`^${name}: weight must be \\[3\\], a factor per class; got \\[2\\]`),
    );
  });

  it('of the wrong length are named by multiLabelSoftMargin', () => {
    const of = (weight: number[]): Tensor => nn.multiLabelSoftMargin(signed([2, 3]), Tensor.ones([2, 3]), { weight });
    expect(() => of([1])).toThrow(/weight must be \[3\], a factor per class; got \[1\]/);
  });
});

describe('divergences', () => {
  it('cost nothing where the target has no probability, whatever the input says', () => {
    const x = leaf([-1, -Infinity, -2]);
    const y = leaf([0, 0, 0.5]);
    const losses = nn.klDiv(x, y, none);
    close(losses, [0, 0, 0.5 * (Math.log(0.5) + 2)]);
    const [gx, gy] = grad(losses.sum(), [x, y]);
    close(gx!, [0, 0, -0.5]);
    expect(gy!.isFinite().all().item()).toBe(1);
    const logs = leaf([-Infinity, -0.5]);
    const ofLogs = nn.klDiv(leaf([-1, -2]), logs, { logTarget: true, ...none });
    close(ofLogs, [0, Math.exp(-0.5) * 1.5]);
    expect(grad(ofLogs.sum(), [logs])[0]!.isFinite().all().item()).toBe(1);
  });

  it('of equal Gaussians are 0, also close to it', () => {
    const zeros = Tensor.zeros([2, 3]);
    expect(nn.gaussianKl(zeros, zeros, none).toArray()).toEqual([0, 0]);
    const near = nn.gaussianKl(Tensor.zeros([1, 1]), Tensor.full([1, 1], 1e-3)).item(); // ≈ logVar²/4
    expect(near / 2.5e-7).toBeCloseTo(1, 2);
    const two = { priorMean: 1, priorLogVar: Math.log(4) };
    // log(2/1) + (1 + 1)/(2·4) − ½
    close(nn.gaussianKl(numbers([0], [1, 1]), numbers([0], [1, 1]), two), [Math.log(2) + 0.25 - 0.5]);
  });

  it('refuse what does not fit', () => {
    expect(() => nn.klDiv(signed([2, 3]), signed([3]))).toThrow(/^klDiv: .*one shape/);
    expect(() => nn.klDiv(Tensor.from(1), 1, { reduction: 'batchmean' })).toThrow(ArgumentError);
    expect(() => nn.gaussianKl(signed([2, 3]), signed([2, 3]), { priorMean: [1, 2] })).toThrow(
      /priorMean must broadcast to \[2, 3\]; got \[2\]/,
    );
  });
});

describe('likelihoods', () => {
  it('of a count of 0 have a finite gradient with Stirling', () => {
    const y = leaf([0, 1, 2]);
    const losses = nn.poissonNll(numbers([0.5, 0.5, 0.5]), y, { full: true, ...none });
    expect(grad(losses.sum(), [y])[0]!.isFinite().all().item()).toBe(1);
  });

  it('are NaN for a negative variance, and bounded for a small one', () => {
    const losses = nn.gaussianNll(numbers([1, 1]), numbers([0, 0]), numbers([-1, 0]), { eps: 0.5, ...none });
    expect(losses.toArray()).toEqual([Number.NaN, 0.5 * (Math.log(0.5) + 2)]);
    expect(() => nn.gaussianNll(signed([2, 3]), signed([2, 3]), signed([3]))).toThrow(/or one a row; got \[3\]/);
    expect(() => nn.gaussianNll(signed([2]), signed([2]), 1, { eps: 0 })).toThrow(ArgumentError);
    close(nn.gaussianNll(numbers([2, 0], [1, 2]), [[1, 0]], 1, none), [0.5, 0]);
  });
});

describe('losses of numbers', () => {
  it('keep their digits near 0 and do not overflow far from it', () => {
    const found = nn.logCosh(Tensor.from([1e-4, 1, 500, -500]), 0, none).toArray() as number[];
    expect(found[0]! / 5e-9).toBeCloseTo(1, 4);
    expect(found[1]).toBeCloseTo(Math.log(Math.cosh(1)), 6);
    expect(found[2]).toBeCloseTo(500 - Math.LN2, 3);
    expect(found[3]).toBe(found[2]);
    close(nn.mape(numbers([90, 1]), [100, 0], { eps: 0.5, ...none }), [10, 200]);
    close(nn.msle(numbers([Math.E - 1, -3]), [0, 0], none), [1, 0]);
  });
});

describe('focal losses', () => {
  it('are the cross-entropies at gamma 0', () => {
    const [x, y] = [signed([4, 3]), indices([2, 0, 1, 1])];
    const weight = [1, 2, 0.5];
    expect(nn.focal(x, y, { gamma: 0, weight }).item()).toBeCloseTo(nn.crossEntropy(x, y, { weight }).item(), 12);
    const bits = Tensor.from([[1, 0, 1]]).expand([4, 3]);
    const plain = nn.binaryFocal(x, bits, { gamma: 0, alpha: null }).item();
    expect(plain).toBeCloseTo(nn.bceWithLogits(x, bits).item(), 12);
  });

  it('are their definitions', () => {
    const p = 1 / (1 + Math.exp(-0.8));
    close(nn.binaryFocal(numbers([0.8, 0.8]), [1, 0], none), [
      -0.25 * (1 - p) ** 2 * Math.log(p),
      -0.75 * p ** 2 * Math.log(1 - p),
    ]);
    close(nn.focal(numbers([0.8, 0], [1, 2]), [0], { gamma: 1.5, ...none }), [-((1 - p) ** 1.5) * Math.log(p)]);
  });

  it('have finite gradients where the answer is certain', () => {
    for (const gamma of [0.5, 2]) {
      const x = Tensor.from([200, -200, -200, 200], { requiresGrad: true });
      const losses = nn.binaryFocal(x, [1, 0, 1, 0], { gamma, ...none });
      expect(losses.abs().toArray()).toEqual([0, 0, 50, 150]);
      expect(grad(losses.sum(), [x])[0]!.isFinite().all().item()).toBe(1);
      const logits = Tensor.from([[500, 0]], { requiresGrad: true });
      expect(grad(nn.focal(logits, [0], { gamma }), [logits])[0]!.toArray()).toEqual([[0, 0]]);
    }
  });

  it('refuse impossible options', () => {
    expect(() => nn.focal(signed([2, 3]), [0, 1], { gamma: -1 })).toThrow(ArgumentError);
    expect(() => nn.binaryFocal(signed([2]), [0, 1], { alpha: 2 })).toThrow(ArgumentError);
    expect(() => nn.focal(signed([2, 3]), [0, 3])).toThrow(IndexError);
  });
});

describe('dice', () => {
  it('is 0 for equal masks and nearly 1 for masks that do not touch', () => {
    const mask = Tensor.from([[[1, 1, 0, 0]]]);
    expect(nn.dice(mask, mask).item()).toBe(0);
    expect(nn.dice(mask, mask.neg().add(1)).item()).toBeCloseTo(1 - 1 / 5, 6);
    expect(nn.dice(Tensor.zeros([1, 1, 4]), Tensor.zeros([1, 1, 4])).item()).toBe(0);
    close(nn.dice(numbers([1, 0.5], [1, 2]), [[1, 0]], { smooth: 0 }), [1 - 2 / 2.5]);
  });

  it('takes class indices as masks', () => {
    const p = signed([2, 3, 2, 2]).softmax(1);
    const labels = indices([0, 1, 2, 0, 1, 1, 2, 2], [2, 2, 2]);
    const masks = labels.oneHot(3).permute([0, 3, 1, 2]);
    expect(nn.dice(p, labels, none).toArray()).toEqual(nn.dice(p, masks, none).toArray());
    expect(nn.dice(p, labels, none).shape).toEqual([2, 3]);
    expect(() => nn.dice(p, labels.add(1))).toThrow(IndexError);
    expect(() => nn.dice(p, labels.float32())).toThrow(ShapeError);
    expect(() => nn.dice(signed([3]), [0, 1, 1])).toThrow(ShapeError);
  });
});

describe('margins', () => {
  it('have the derivative of the wrong side where they are just met', () => {
    const x = leaf([1]);
    expect(grad(nn.hingeEmbedding(x, [-1]), [x])[0]!.item()).toBe(-1);
    expect(grad(nn.hinge(x, [1]), [x])[0]!.item()).toBe(-1);
    const [a, b] = [leaf([2]), leaf([2])];
    expect(grad(nn.marginRanking(a, b, [1]), [a, b]).map((g) => g.item())).toEqual([-1, 1]);
  });

  it('refuse what does not fit', () => {
    expect(() => nn.multiMargin(signed([2, 3]), [0, -1])).toThrow(/^multiMargin: label -1 is outside/);
    expect(() => nn.multiMargin(signed([2, 3]), [0, 1], { p: 3 as 2 })).toThrow(ArgumentError);
    expect(() => nn.multiLabelMargin(signed([2, 3]), [0, 1])).toThrow(ShapeError);
    expect(() => nn.multiLabelMargin(signed([3]), [0, 7, -1])).toThrow(IndexError);
    expect(() => nn.multiLabelMargin(signed([3]), Tensor.from([0, -1, -1]))).toThrow(DtypeError);
    expect(() => nn.tripletMargin(signed([2, 3]), signed([2, 3]), signed([2, 3]), { margin: 0 })).toThrow(
      ArgumentError,
    );
    expect(() => nn.cosineEmbedding(signed([2, 3]), signed([2, 3]), [1])).toThrow(/must be \[2\], one sign a vector/);
    expect(() => nn.cosineEmbedding(signed([2, 3]), signed([2, 3]), [1, 1], { margin: 2 })).toThrow(ArgumentError);
    expect(() => nn.hinge(signed([2]), [1, 1], { margin: Number.NaN })).toThrow(ArgumentError);
    expect(nn.multiLabelMargin(signed([3]), [-1, 0, 1]).item()).toBe(0);
  });

  it('of vectors of length 0 have finite gradients', () => {
    const [a, b] = [leaf([0, 0, 1, 1], [2, 2]), leaf([0, 0, 1, 1], [2, 2])];
    const parts = [
      nn.cosineEmbedding(a, b, [1, -1]),
      nn.cosineSimilarity(a, b).sum(),
      nn.pairwiseDistance(a, b, { eps: 0 }).sum(),
      nn.infoNce(a, b),
    ];
    for (const part of parts) {
      for (const g of grad(part, [a, b])) expect(g.isFinite().all().item()).toBe(1);
    }
  });
});

describe('contrastive losses', () => {
  const [a, b] = [signed([3, 4]), signed([3, 4], 5)];
  const rows = (x: Tensor): number[][] => x.normalize().toArray() as number[][];
  const dot = (u: readonly number[], v: readonly number[]): number => u.reduce((sum, n, i) => sum + n * v[i]!, 0);
  const lost = (all: readonly number[], own: number): number =>
    Math.log(all.reduce((sum, n) => sum + Math.exp(n), 0)) - own;

  it('infoNce is its definition in both directions', () => {
    const [p, q] = [rows(a), rows(b)];
    const there = p.map((u, i) =>
      lost(
        q.map((v) => dot(u, v) / 0.2),
        dot(u, q[i]!) / 0.2,
      ),
    );
    const back = q.map((v, i) =>
      lost(
        p.map((u) => dot(u, v) / 0.2),
        dot(v, p[i]!) / 0.2,
      ),
    );
    close(nn.infoNce(a, b, { temperature: 0.2, ...none }), there);
    const both = there.map((n, i) => (n + back[i]!) / 2);
    close(nn.infoNce(a, b, { temperature: 0.2, symmetric: true, ...none }), both);
  });

  it('ntXent is its definition', () => {
    const views = [...rows(a), ...rows(b)];
    const each = views.map((u, i) =>
      lost(
        views.filter((_, j) => j !== i).map((v) => dot(u, v) / 0.5),
        dot(u, views[(i + 3) % 6]!) / 0.5,
      ),
    );
    close(nn.ntXent(a, b, none), each);
  });

  it('refuse what does not fit', () => {
    expect(() => nn.infoNce(a, b, { temperature: 0 })).toThrow(ArgumentError);
    expect(() => nn.infoNce(a, b, { symmetric: true, negatives: b })).toThrow(/cannot be symmetric/);
    expect(() => nn.infoNce(a, b, { negatives: signed([2, 3]) })).toThrow(/negatives must be \[M, 4\]/);
    expect(() => nn.ntXent(signed([3]), signed([3]))).toThrow(ShapeError);
    expect(() => nn.ntXent(a, signed([2, 4]))).toThrow(ShapeError);
  });
});
