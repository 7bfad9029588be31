/** AUC and R² against scikit-learn and their definitions; batches equal all at once; models score by their names. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import * as metrics from '../../src/metrics/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { Model } from '../../src/train/index.ts';

// of scikit-learn 1.2: roc_auc_score(labels, scores), r2_score(goal, output)
const scores = Tensor.from([
  0.5, 0.7, 0.6, 0.5, 0.4, 0.6, 0.4, 0.9, 1.0, 0.4, 0.8, 0.5, 0.6, 0.9, 0.1, 0.1, 0.0, 0.8, 0.8, 0.9, 1.0, 0.8, 0.5,
  0.8,
]);
const labels = Tensor.from(Int32Array.of(1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1));
const goal = Tensor.from([
  [-1.05, -1.42],
  [-1.71, 1.95],
  [-0.51, -0.44],
  [-1.25, 0.78],
  [-1.61, -0.21],
  [-0.9, 0.39],
  [-0.51, -1.18],
  [-0.03, 0.43],
  [0.07, 0.3],
  [-0.63, -0.36],
  [-0.67, -0.36],
  [-0.81, -1.73],
]);
const output = Tensor.from([
  [-0.96, -1.62],
  [-2.53, 2.18],
  [-0.96, -0.41],
  [-0.89, 0.84],
  [-1.04, -0.83],
  [-0.7, 0.05],
  [-0.95, -1.47],
  [-0.19, 0.46],
  [-0.51, 0.75],
  [-0.4, -1.13],
  [0.07, 0.59],
  [-0.22, -1.82],
]);

const inBatches = (name: metrics.MetricName, x: Tensor, y: Tensor, sizes: readonly number[]): number => {
  const metric = metrics.metricOf(name);
  metric.update(x, y);
  metric.reset();
  let at = 0;
  for (const size of sizes) {
    metric.update(x.narrow(0, at, size), y.narrow(0, at, size));
    at += size;
  }
  return metric.result().item();
};

describe('auc', () => {
  it('is scikit-learn’s, with equal scores', () => {
    expect(metrics.auc(scores, labels).item()).toBeCloseTo(0.421875, 7);
    expect(metrics.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).item()).toBe(0.75);
    expect(inBatches('auc', scores, labels, [5, 1, 18])).toBeCloseTo(0.421875, 12);
  });

  it('counts the pairs that stand right', () => {
    const generator = new Generator(3);
    const x = Tensor.randint(0, 6, [40], { generator });
    const y = Tensor.randint(0, 2, [40], { generator });
    const [a, b] = [Array.from(x.dataSync()), Array.from(y.dataSync())];
    let [won, pairs] = [0, 0];
    for (const [i, yes] of b.entries()) {
      for (const [j, no] of b.entries()) {
        if (yes !== 1 || no !== 0) continue;
        pairs += 1;
        won += a[i]! > a[j]! ? 1 : a[i] === a[j] ? 0.5 : 0;
      }
    }
    expect(metrics.auc(x, y).item()).toBeCloseTo(won / pairs, 6);
    expect(metrics.auc(x.float32().unsqueeze(1), y.float32()).item()).toBeCloseTo(won / pairs, 6);
  });

  it('leaves ignored labels out, and is NaN where there is nothing to compare', () => {
    expect(metrics.auc([0.1, 0.4, 9.5, 0.35, 0.8], [0, 0, -100, 1, 1]).item()).toBe(0.75);
    expect(metrics.auc([0.2, 0.4], [1, 1]).item()).toBeNaN();
    expect(metrics.auc(Tensor.zeros([0]), Tensor.zeros([0])).item()).toBeNaN();
    expect(metrics.auc([0.2, Number.NaN, 0.4], [1, 0, 0]).item()).toBeNaN();
    expect(metrics.metricOf('auc').result().item()).toBeNaN();
  });

  it('refuses what does not fit', () => {
    expect(() => metrics.auc(Tensor.zeros([3, 2]), [0, 1, 1])).toThrow(ShapeError);
    expect(() => metrics.auc(Tensor.zeros([3, 2]), [0, 1, 1])).toThrow(/give scores\.select\(1, 1\)$/);
    expect(() => metrics.auc([0.5, 0.1], [1])).toThrow(ShapeError);
    expect(() => metrics.auc([0.5, 0.1], [1, 2])).toThrow(IndexError);
    expect(() => metrics.auc([0.5, 0.1], Tensor.from([1, 0.3]))).toThrow(/labels must be 0 or 1; got 0\.3/);
  });
});

describe('r2', () => {
  it('is scikit-learn’s', () => {
    expect(metrics.r2(output, goal).item()).toBeCloseTo(0.46212762444650146, 6);
    expect(metrics.r2(output.select(1, 0), goal.select(1, 0)).item()).toBeCloseTo(0.13282560667651355, 6);
    expect(inBatches('r2', output, goal, [1, 7, 4])).toBeCloseTo(0.46212762444650146, 6);
    expect(metrics.r2([1, 1, 1], [1, 1, 1]).item()).toBe(1);
    expect(metrics.r2([1, 2, 1], [1, 1, 1]).item()).toBe(0);
    const half = [
      [1, 1],
      [1, 2],
      [1, 3.5],
    ];
    expect(
      metrics
        .r2(half, [
          [1, 1],
          [1, 2],
          [1, 3],
        ])
        .item(),
    ).toBeCloseTo(0.9375, 6);
  });

  it('loses no digits far from 0', () => {
    const near = metrics.r2(output.float64(), goal.float64()).item();
    const far = inBatches('r2', output.float64().add(1e6), goal.float64().add(1e6), [5, 7]);
    expect(far).toBeCloseTo(near, 6);
  });

  it('is NaN for one sample, and refuses what does not fit', () => {
    expect(metrics.r2([1], [1]).item()).toBeNaN();
    expect(metrics.metricOf('r2').result().item()).toBeNaN();
    expect(() => metrics.r2([1, 2], [[1], [2]])).toThrow(ShapeError);
    expect(() => metrics.r2(1, 1)).toThrow(ShapeError);
    const metric = metrics.metricOf('r2');
    metric.update(output, goal);
    expect(() => metric.update(goal.select(1, 0), goal.select(1, 0))).toThrow(ShapeError);
  });
});

describe('a model', () => {
  it('scores by the short names', async () => {
    const names = ['mae', 'mse', 'r2'] as const;
    const model = new Model(new nn.Dense(2), { loss: 'mse', metrics: names });
    model.module.build([1, 2]);
    const found = await model.evaluate({ x: output, y: goal }, { batchSize: 5 });
    const y = model.module.forward(output).detach();
    expect(found.mae).toBeCloseTo(metrics.meanAbsoluteError(y, goal).item(), 5);
    expect(found.mse).toBeCloseTo(metrics.meanSquaredError(y, goal).item(), 5);
    expect(found.r2).toBeCloseTo(metrics.r2(y, goal).item(), 5);
  });

  it('scores logits by auc, and keeps the name in its file', async () => {
    const module = new nn.Sequential(new nn.Dense(1, { inFeatures: 1 }));
    const model = new Model(module, { loss: 'bceWithLogits', metrics: ['auc'] });
    const data = { x: scores.unsqueeze(1), y: labels.float32().unsqueeze(1) };
    const expected = metrics.auc(module.forward(data.x), labels).item();
    expect((await model.evaluate(data, { batchSize: 7 })).auc).toBeCloseTo(expected, 6);
    const again = await Model.load(await model.toBytes());
    expect((await again.evaluate(data)).auc).toBeCloseTo(expected, 6);
    // @ts-expect-error no such name
    expect(() => new Model(module, { metrics: ['roc'] })).toThrow(ArgumentError);
  });
});
