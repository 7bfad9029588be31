/** The metrics of a model: names, functions or accumulators, all as accumulators. */
import { ArgumentError } from '../core/errors.ts';
import { type Metric, type MetricName, metricOf } from '../metrics/metric.ts';
import { Tensor } from '../tensor/tensor.ts';
import { reservedNames } from './history.ts';

/** A score of one batch, a mean over its samples; its own name is what history calls it. */
export type MetricFunction = (output: Tensor, target: Tensor) => Tensor | number;

/** A metric by name, as a function, or as an accumulator. */
export type MetricChoice = MetricName | MetricFunction | Metric;

/** @throws ArgumentError for a choice that is none, or two of one name. */
export function makeMetrics(choices: readonly MetricChoice[], threshold: number): Metric[] {
  const metrics = choices.map((choice) => makeMetric(choice, threshold));
  metrics.forEach(({ name }, i) => {
    if (reservedNames.includes(name) || metrics.findIndex((other) => other.name === name) !== i) {
      throw new ArgumentError(`Model: the name of a metric is taken; got ${JSON.stringify(name)}; give it another`);
    }
  });
  return metrics;
}

function makeMetric(choice: MetricChoice, threshold: number): Metric {
  if (typeof choice === 'string') return metricOf(choice, { threshold });
  if (typeof choice === 'function') return batchMean(choice);
  if (typeof choice?.update === 'function' && typeof choice.name === 'string') return choice;
  throw new ArgumentError(`Model: a metric must be a name, a function or a Metric; got ${String(choice)}`);
}

/** The mean of a batch's score, weighted by the size of each batch. */
function batchMean(score: MetricFunction): Metric {
  if (score.name === '') {
    throw new ArgumentError('Model: a metric function must have a name; got one without; assign it to a constant');
  }
  let sum = Tensor.zeros([], { dtype: 'float64' });
  let count = 0;
  return {
    name: score.name,
    update(output, target) {
      const value = score(output, target);
      const number = value instanceof Tensor ? value.detach().reshape([]).float64() : value;
      sum = sum.add(Tensor.from(number, { dtype: 'float64' }).mul(target.shape[0]!));
      count += target.shape[0]!;
    },
    result: () => sum.div(count),
    reset() {
      sum = Tensor.zeros([], { dtype: 'float64' });
      count = 0;
    },
  };
}
