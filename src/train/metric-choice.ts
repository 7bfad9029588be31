/** The metrics of a model: names, functions or accumulators, all as accumulators. */
import { ArgumentError } from '../core/errors.ts';
import { type Metric, type MetricName, metricOf } from '../metrics/metric.ts';
import { Tensor } from '../tensor/tensor.ts';
import { reservedNames } from './history.ts';

/** A score of one batch, a mean over its samples; its own name is what history calls it. */
export type MetricFunction = (output: Tensor, target: Tensor) => Tensor | number;

/** A metric by name, as a function, or as an accumulator. */
export type MetricChoice = MetricName | MetricFunction | Metric;

/** Metrics of the only output, or in lists those of each output. */
export type MetricsOption = readonly MetricChoice[] | readonly (readonly MetricChoice[])[];

/** The metrics of a model. */
export interface Metrics {
  readonly perOutput: readonly (readonly Metric[])[];
  /** Whether they were given for a list of outputs. */
  readonly listed: boolean;
}

/**
 * Those of several outputs are named after them: `accuracy.0`, `mae.1`.
 * @param thresholdOf above which an output means yes, output by output.
 * @throws ArgumentError for a choice that is none, or two of one name.
 */
export function metricsOf(choices: MetricsOption, thresholdOf: (output: number) => number): Metrics {
  if (!isListed(choices)) return { perOutput: [makeMetrics(choices, thresholdOf(0))], listed: false };
  const perOutput = choices.map((own, k) => {
    return makeMetrics(own, thresholdOf(k)).map((metric) => renamed(metric, `${metric.name}.${k}`));
  });
  return { perOutput, listed: true };
}

/** Whether there is a list for each output. */
export function isListed(choices: MetricsOption): choices is readonly (readonly MetricChoice[])[] {
  const lists = choices.filter((choice) => Array.isArray(choice)).length;
  if (lists === 0 || lists === choices.length) return lists > 0;
  throw new ArgumentError('Model: metrics must all be lists, one for each output, or none of them; got some of each');
}

/** Takes in a batch. @throws ArgumentError where the metrics are not those of so many outputs. */
export function updateMetrics(
  { perOutput, listed }: Metrics,
  outputs: readonly Tensor[],
  targets: readonly Tensor[],
): void {
  const count = perOutput.flat().length;
  if (count > 0 && perOutput.length !== outputs.length) {
    throw new ArgumentError(
      `the model has ${outputs.length} outputs; got metrics of ${listed ? perOutput.length : 'one'}; give a list for each: [['accuracy'], []]`,
    );
  }
  perOutput.forEach((metrics, k) => {
    for (const metric of metrics) metric.update(outputs[k]!.detach(), targets[k]!);
  });
}

function renamed(metric: Metric, name: string): Metric {
  return {
    name,
    update: (output, target) => metric.update(output, target),
    result: () => metric.result(),
    reset: () => metric.reset(),
  };
}

function makeMetrics(choices: readonly MetricChoice[], threshold: number): Metric[] {
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
