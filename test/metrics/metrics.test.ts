/** Scores against their definitions, counted by hand; streaming equals all at once; what does not fit is refused. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import * as metrics from '../../src/metrics/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const generator = new Generator(5);
const scores = Tensor.randn([40, 4], { generator });
const labels = Tensor.randint(0, 4, [40], { generator });
const rows = scores.toArray() as number[][];
const wanted = Array.from(labels.dataSync());
const named = rows.map((row) => row.indexOf(Math.max(...row)));

describe('accuracy', () => {
  it('counts the classes named right', () => {
    const right = named.filter((c, i) => c === wanted[i]).length;
    expect(metrics.accuracy(scores, labels).item()).toBeCloseTo(right / 40, 6);
    expect(metrics.accuracy(Tensor.from(Int32Array.from(named)), labels).item()).toBeCloseTo(right / 40, 6);
    expect(metrics.accuracy(scores, labels.oneHot(4).float32()).item()).toBeCloseTo(right / 40, 6);
  });

  it('takes plain arrays', () => {
    expect(
      metrics
        .accuracy(
          [
            [0.1, 0.9],
            [0.8, 0.2],
          ],
          [1, 1],
        )
        .item(),
    ).toBe(0.5);
    expect(metrics.accuracy([2, 0, 3], [2, 1, 3]).item()).toBeCloseTo(2 / 3, 6);
  });

  it('finds the classes in dim 1 of pictures', () => {
    const x = Tensor.from([
      [
        [1, 5],
        [2, 3],
        [9, 4],
      ],
    ]); // [1, C 3, L 2]
    expect(metrics.accuracy(x, [[2, 0]]).item()).toBe(1);
    expect(metrics.accuracy(x, [[2, 1]]).item()).toBe(0.5);
  });

  it('thresholds one score a sample', () => {
    expect(metrics.accuracy([0.2, 0.7, 0.9, 0.4], [0, 1, 0, 1]).item()).toBe(0.5);
    expect(metrics.accuracy(Tensor.from([[0.2], [0.7]]), Tensor.from([[0], [1]])).item()).toBe(1);
    expect(metrics.accuracy(Tensor.from([[-1.5], [0.3]]), [0, 1], { threshold: 0 }).item()).toBe(1);
    expect(metrics.accuracy([0.3, 0.6], [1, 1], { threshold: 0 }).item()).toBe(1);
    expect(
      metrics
        .binaryAccuracy(
          [
            [0.2, 0.7],
            [0.9, 0.4],
          ],
          [
            [0, 1],
            [0, 1],
          ],
        )
        .item(),
    ).toBe(0.5);
  });

  it('leaves ignored labels out, and is NaN where nothing counts', () => {
    expect(
      metrics
        .accuracy(
          [
            [1.5, 0],
            [0, 1],
            [0, 1],
          ],
          [0, -100, 0],
        )
        .item(),
    ).toBe(0.5);
    expect(metrics.accuracy([[1.5, 0]], [7], { ignoreIndex: 7 }).item()).toBeNaN();
    expect(metrics.accuracy(Tensor.zeros([0, 3]), Tensor.zeros([0], { dtype: 'int32' })).item()).toBeNaN();
  });

  it('refuses what does not fit', () => {
    expect(() => metrics.accuracy(scores, labels.slice([0, 39]))).toThrow(ShapeError);
    expect(() => metrics.accuracy(Tensor.zeros([2, 3, 4]), Tensor.zeros([2, 3], { dtype: 'int32' }))).toThrow(
      ShapeError,
    );
    expect(() => metrics.accuracy(scores, labels.float32())).toThrow(DtypeError);
    expect(() => metrics.accuracy(scores, labels.add(1))).toThrow(IndexError);
    expect(() => metrics.accuracy([[0.5, 1]], [-1])).toThrow(/outside its 2 classes; got -1 at 0/);
  });
});

describe('top-k accuracy', () => {
  it('counts the classes among the best', () => {
    for (const k of [1, 2, 4]) {
      const right = rows.filter((row, i) => row.filter((s) => s > row[wanted[i]!]!).length < k).length;
      expect(metrics.topKAccuracy(scores, labels, { k }).item()).toBeCloseTo(right / 40, 6);
    }
  });

  it('refuses more classes than there are', () => {
    expect(() => metrics.topKAccuracy(scores, labels)).toThrow(ArgumentError);
    expect(() => metrics.topKAccuracy(labels, labels, { k: 1 })).toThrow(ShapeError);
  });
});

describe('the confusion matrix', () => {
  it('has the right classes in rows and the named ones in columns', () => {
    const counts = [0, 1, 2, 3].map((a) =>
      [0, 1, 2, 3].map((p) => named.filter((c, i) => c === p && wanted[i] === a).length),
    );
    const matrix = metrics.confusionMatrix(scores, labels);
    expect(matrix.dtype).toBe('int32');
    expect(matrix.toArray()).toEqual(counts);
  });

  it('knows the classes from the labels or by option, and leaves ignored ones out', () => {
    expect(metrics.confusionMatrix([0, 1, 1], [0, 0, 1]).toArray()).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect(metrics.confusionMatrix([0], [0], { classes: 2 }).toArray()).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect(metrics.confusionMatrix([1, 1], [-100, 1]).toArray()).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(() => metrics.confusionMatrix([3], [0], { classes: 2 })).toThrow(IndexError);
    expect(() => metrics.confusionMatrix([0], [0], { classes: 0 })).toThrow(ArgumentError);
  });
});

describe('precision, recall and F1', () => {
  const count = (f: (p: number, a: number) => boolean): number => named.filter((p, i) => f(p, wanted[i]!)).length;
  const perClass = [0, 1, 2, 3].map((c) => {
    const hits = count((p, a) => p === c && a === c);
    const precision = hits / count((p) => p === c);
    const recall = hits / count((_, a) => a === c);
    return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
  });

  const functions = [
    ['precision', metrics.precision],
    ['recall', metrics.recall],
    ['f1', metrics.f1],
  ] as const;

  it.each(functions)('%s follows its definition', (score, of) => {
    const each = of(scores, labels, { average: 'none' });
    perClass.forEach((expected, c) => {
      expect(each.select(0, c).item()).toBeCloseTo(expected[score], 6);
    });
    const mean = perClass.reduce((sum, expected) => sum + expected[score], 0) / 4;
    expect(of(scores, labels).item()).toBeCloseTo(mean, 6);
    const all = metrics.accuracy(scores, labels).item();
    expect(of(scores, labels, { average: 'micro' }).item()).toBeCloseTo(all, 6);
  });

  it('are 0 where nothing was named or there', () => {
    expect(metrics.precision([0, 0], [1, 0], { average: 'none' }).toArray()).toEqual([0.5, 0]);
    expect(metrics.recall([1, 0], [0, 0], { average: 'none' }).toArray()).toEqual([0.5, 0]);
    expect(metrics.f1([1], [0], { average: 'none' }).toArray()).toEqual([0, 0]);
  });

  it('refuse another average', () => {
    // @ts-expect-error no such average
    expect(() => metrics.f1([1], [0], { average: 'median' })).toThrow(ArgumentError);
  });
});

describe('errors of numbers', () => {
  it('are means of distances', () => {
    expect(metrics.meanAbsoluteError([1, 2.5, -1], [0, 2, 1]).item()).toBeCloseTo(3.5 / 3, 6);
    expect(
      metrics
        .meanSquaredError(
          [
            [1, 2.5],
            [-1, 0],
          ],
          [
            [0, 2],
            [1, 0],
          ],
        )
        .item(),
    ).toBeCloseTo(5.25 / 4, 6);
    expect(() => metrics.meanSquaredError([1, 2], [[1], [2]])).toThrow(ShapeError);
  });
});

describe('metrics over batches', () => {
  const parts = (
    [
      [0, 10],
      [10, 35],
      [35, 40],
    ] as const
  ).map((range): [Tensor, Tensor] => [scores.slice(range), labels.slice(range)]);

  it.each([
    ['accuracy', metrics.accuracy(scores, labels)],
    ['precision', metrics.precision(scores, labels)],
    ['recall', metrics.recall(scores, labels)],
    ['f1', metrics.f1(scores, labels)],
  ] as const)('%s equals that of all samples at once', (name, whole) => {
    const metric = metrics.metricOf(name);
    expect(metric.result().item()).toBeNaN();
    for (let pass = 0; pass < 2; pass++) {
      metric.reset();
      for (const [output, target] of parts) metric.update(output, target);
      expect(metric.result().item()).toBeCloseTo(whole.item(), 6);
    }
  });

  it.each([
    ['meanAbsoluteError', metrics.meanAbsoluteError],
    ['meanSquaredError', metrics.meanSquaredError],
    ['binaryAccuracy', metrics.binaryAccuracy],
  ] as const)('%s equals that of all numbers at once', (name, all) => {
    const metric = metrics.metricOf(name);
    const goal = scores.gt(0.3).float32();
    for (const range of [
      [0, 7],
      [7, 40],
    ] as const)
      metric.update(scores.slice(range), goal.slice(range));
    expect(metric.result().item()).toBeCloseTo(all(scores, goal).item(), 6);
  });

  it('top5Accuracy takes the five best', () => {
    const wide = Tensor.randn([30, 9], { generator });
    const metric = metrics.metricOf('top5Accuracy');
    const goal = Tensor.randint(0, 9, [30], { generator });
    metric.update(wide, goal);
    expect(metric.result().item()).toBeCloseTo(metrics.topKAccuracy(wide, goal, { k: 5 }).item(), 6);
  });

  it('refuses other names', () => {
    // @ts-expect-error no such metric
    expect(() => metrics.metricOf('toString')).toThrow(/no such name; got "toString"; choose one of accuracy, /);
  });
});
