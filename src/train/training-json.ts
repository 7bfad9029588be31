/** How far training has come, as JSON in a checkpoint. */
import { Fields, type Json, numberJson } from '../core/json.ts';
import { type MetricName, metricNames } from '../metrics/metric.ts';
import type { EpochRecord } from './history.ts';
import { type LossName, lossNames } from './loss-choice.ts';
import type { ModelState } from './model-state.ts';

/** What a checkpoint says of the training. */
export interface TrainingRecord {
  readonly loss: LossName | undefined;
  /** Whether the loss was a function, which no file can hold. */
  readonly customLoss: boolean;
  readonly metrics: readonly MetricName[];
  /** Whether some metrics were functions or objects. */
  readonly customMetrics: boolean;
  readonly epochs: readonly EpochRecord[];
}

/** As JSON; functions leave only a note that they are missing. */
export function trainingJson({ loss, metricChoices, epochs }: ModelState): Json {
  const names = metricChoices.filter((choice) => typeof choice === 'string');
  return {
    loss: loss?.name ?? null,
    customLoss: loss !== undefined && loss.name === undefined,
    metrics: names,
    customMetrics: names.length < metricChoices.length,
    epochs: epochs.map((record) =>
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, numberJson(value)])),
    ),
  };
}

/** From JSON. @throws FormatError that names the field which is wrong. */
export function readTraining(fields: Fields): TrainingRecord {
  return {
    loss: fields.raw('loss') === null ? undefined : fields.oneOf('loss', lossNames),
    customLoss: fields.flag('customLoss'),
    metrics: fields.list('metrics', (name) => {
      const known = metricNames.find((one) => one === name);
      if (known !== undefined) return known;
      throw fields.fault('metrics', `must be of ${metricNames.join(', ')}`);
    }),
    customMetrics: fields.flag('customMetrics'),
    epochs: fields.list('epochs', (item, path) => readEpoch(new Fields(item, path))),
  };
}

function readEpoch(fields: Fields): EpochRecord {
  const scores = Object.fromEntries(fields.names.map((name) => [name, fields.number(name)]));
  return {
    ...scores,
    epoch: fields.whole('epoch', 1),
    loss: fields.number('loss'),
    lr: fields.number('lr'),
    seconds: fields.number('seconds'),
  };
}
