/** Metrics that add up over batches, as training and evaluation need them. */
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';
import { confusionMatrix, countBinary, countCorrect, countTopK, type Tally } from './classification.ts';
import type { LabelOptions } from './labels.ts';
import { type ScoreName, scoreOf } from './precision-recall.ts';
import { aucOf, type Ranked, rankedOf } from './ranking.ts';
import { joinScatters, r2Of, type Scatter, scatterOf, sumAbsolute, sumSquared } from './regression.ts';

/** A score over all samples seen since `reset`. */
export interface Metric {
  /** What history and logs call it. */
  readonly name: string;
  /** Takes in one batch: what the model gave and what was right. */
  update(output: Tensor, target: Tensor): void;
  /** The score so far, without dims; NaN where no sample was seen. */
  result(): Tensor;
  reset(): void;
}

/** A metric by name; `mae` and `mse` are `meanAbsoluteError` and `meanSquaredError` in short. */
export type MetricName =
  | 'accuracy'
  | 'binaryAccuracy'
  | 'top5Accuracy'
  | 'precision'
  | 'recall'
  | 'f1'
  | 'auc'
  | 'meanAbsoluteError'
  | 'meanSquaredError'
  | 'mae'
  | 'mse'
  | 'r2';

const makers: Readonly<Record<MetricName, (name: string, options: LabelOptions) => Metric>> = {
  accuracy: (name, options) => tallied(name, (x, y) => countCorrect(name, x, y, options)),
  binaryAccuracy: (name, options) => tallied(name, (x, y) => countBinary(name, x, y, options)),
  top5Accuracy: (name) => tallied(name, (x, y) => countTopK(name, x, y, { k: 5 })),
  precision: (name, options) => matrixScore(name, 'precision', options),
  recall: (name, options) => matrixScore(name, 'recall', options),
  f1: (name, options) => matrixScore(name, 'f1', options),
  auc: areaUnderCurve,
  meanAbsoluteError: (name) => tallied(name, sumAbsolute),
  meanSquaredError: (name) => tallied(name, sumSquared),
  mae: (name) => tallied(name, sumAbsolute),
  mse: (name) => tallied(name, sumSquared),
  r2: (name) => determination(name),
};

/** The names of all metrics. */
export const metricNames: readonly MetricName[] = Object.keys(makers).filter(isMetricName);

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(makers, name);
}

/**
 * A new metric that adds up over batches.
 *
 * @throws ArgumentError for a name that is none.
 * @example
 * const metric = metrics.metricOf('accuracy');
 * for (const { x, y } of batches) metric.update(net.forward(x), y);
 * metric.result().item();
 */
export function metricOf(name: MetricName, options: LabelOptions = {}): Metric {
  if (!isMetricName(name)) {
    throw new ArgumentError(
      `metric: no such name; got ${JSON.stringify(name)}; choose one of ${metricNames.join(', ')}`,
    );
  }
  return makers[name](name, options);
}

/** A metric that is a sum over samples divided by their count. */
export function tallied(name: string, tally: (output: Tensor, target: Tensor) => Tally): Metric {
  let sum = Tensor.zeros([], { dtype: 'float64' });
  let count = Tensor.zeros([], { dtype: 'float64' });
  return {
    name,
    update(output, target) {
      const batch = tally(output, target);
      sum = sum.add(batch.sum.float64());
      count = count.add(batch.count.float64());
    },
    result: () => sum.div(count),
    reset() {
      sum = Tensor.zeros([], { dtype: 'float64' });
      count = Tensor.zeros([], { dtype: 'float64' });
    },
  };
}

function matrixScore(name: string, score: ScoreName, options: LabelOptions): Metric {
  let matrix: Tensor | undefined;
  return {
    name,
    update(output, target) {
      const batch = confusionMatrix(output, target, options);
      matrix = matrix === undefined ? batch : matrix.add(batch);
    },
    result: () => (matrix === undefined ? Tensor.full([], Number.NaN) : scoreOf(score, matrix)),
    reset() {
      matrix = undefined;
    },
  };
}

/** Keeps all scores, since what is greater than what is known at the end. */
function areaUnderCurve(name: string, options: LabelOptions): Metric {
  let batches: Ranked[] = [];
  return {
    name,
    update(output, target) {
      batches.push(rankedOf(name, output, target, options));
    },
    result() {
      if (batches.length === 0) return Tensor.full([], Number.NaN);
      const all = (part: keyof Ranked): Tensor => Tensor.concat(batches.map((batch) => batch[part]));
      return aucOf({ scores: all('scores'), yes: all('yes'), no: all('no') });
    },
    reset() {
      batches = [];
    },
  };
}

function determination(name: string): Metric {
  let sums: Scatter | undefined;
  return {
    name,
    update(output, target) {
      const batch = scatterOf(name, output, target);
      sums = sums === undefined ? batch : joinScatters(name, sums, batch);
    },
    result: () => (sums === undefined ? Tensor.full([], Number.NaN) : r2Of(sums)),
    reset() {
      sums = undefined;
    },
  };
}
