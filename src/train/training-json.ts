/** How far training has come, as JSON in a checkpoint. */
import { Fields, type Json, numberJson } from '../core/json.ts';
import { type MetricName, metricNames } from '../metrics/metric.ts';
import type { AverageState } from '../optim/averaging.ts';
import type { ScheduleState } from '../optim/schedule/schedule.ts';
import type { EpochRecord } from './history.ts';
import { type LossName, lossNames } from './loss-choice.ts';
import { isListed, type MetricChoice } from './metric-choice.ts';
import type { ModelState } from './model-state.ts';

/** What a checkpoint says of the training. */
export interface TrainingRecord {
  readonly loss: LossName | readonly LossName[] | undefined;
  readonly lossWeights: readonly number[] | undefined;
  /** Whether the loss was a function, which no file can hold. */
  readonly customLoss: boolean;
  readonly metrics: readonly MetricName[] | readonly (readonly MetricName[])[];
  /** Whether some metrics were functions or objects. */
  readonly customMetrics: boolean;
  readonly epochs: readonly EpochRecord[];
  readonly schedule: ScheduleState | undefined;
  /** The averages themselves are among the tensors. */
  readonly average: Omit<AverageState, 'tensors'> | undefined;
}

/** As JSON; functions leave only a note that they are missing. @param withSchedule whether the schedule goes with it. */
export function trainingJson(state: ModelState, withSchedule: boolean, average: AverageState | undefined): Json {
  const { loss, metricChoices, epochs } = state;
  const schedule = withSchedule ? (state.schedule?.stateDict() ?? state.resumeSchedule) : undefined;
  const losses = loss?.choices.map(({ name }) => name) ?? [];
  const customLoss = losses.includes(undefined);
  const named = losses.filter((name) => name !== undefined);
  const namesOf = (choices: readonly MetricChoice[]): Json[] => choices.filter((choice) => typeof choice === 'string');
  const metrics = isListed(metricChoices) ? metricChoices.map(namesOf) : namesOf(metricChoices);
  return {
    loss: customLoss || !loss ? null : loss.listed ? named : named[0]!,
    customLoss,
    ...(loss?.weights && { lossWeights: loss.weights }),
    metrics,
    customMetrics: metrics.flat().length < metricChoices.flat().length,
    epochs: epochs.map((record) =>
      Object.fromEntries(Object.entries(record).map(([name, value]) => [name, numberJson(value)])),
    ),
    ...(schedule && { schedule: scheduleJson(schedule) }),
    ...(average && { average: { type: average.type, updates: average.updates } }),
  };
}

function scheduleJson({ type, values, parts }: ScheduleState): Json {
  const numbers = Object.entries(values).map(([name, value]): [string, Json] => [
    name,
    typeof value === 'number' ? numberJson(value) : value.map(numberJson),
  ]);
  return { type, values: Object.fromEntries(numbers), parts: parts.map(scheduleJson) };
}

function readSchedule(fields: Fields): ScheduleState {
  const values = fields.object('values');
  const numbers = values.names.map((name): [string, number | number[]] => {
    const value = values.raw(name);
    if (!Array.isArray(value)) return [name, values.number(name)];
    return [name, values.list(name, (item, path) => new Fields({ item }, path).number('item'))];
  });
  return {
    type: fields.text('type'),
    values: Object.fromEntries(numbers),
    parts: fields.list('parts', (item, path) => readSchedule(new Fields(item, path))),
  };
}

/** From JSON. @throws FormatError that names the field which is wrong. */
export function readTraining(fields: Fields): TrainingRecord {
  return {
    loss: readLoss(fields),
    customLoss: fields.flag('customLoss'),
    lossWeights: fields.has('lossWeights') ? fields.list('lossWeights', (w) => weightIn(fields, w)) : undefined,
    metrics: readMetrics(fields),
    customMetrics: fields.flag('customMetrics'),
    schedule: fields.has('schedule') ? readSchedule(fields.object('schedule')) : undefined,
    average: fields.has('average') ? readAverage(fields.object('average')) : undefined,
    epochs: fields.list('epochs', (item, path) => readEpoch(new Fields(item, path))),
  };
}

function readLoss(fields: Fields): LossName | readonly LossName[] | undefined {
  const value = fields.raw('loss');
  if (value === null) return undefined;
  if (!Array.isArray(value)) return fields.oneOf('loss', lossNames);
  return fields.list('loss', (name) => {
    const known = lossNames.find((one) => one === name);
    if (known !== undefined) return known;
    throw fields.fault('loss', `must be of ${lossNames.join(', ')}`);
  });
}

function weightIn(fields: Fields, weight: unknown): number {
  if (typeof weight === 'number' && weight >= 0) return weight;
  throw fields.fault('lossWeights', 'must be numbers of at least 0');
}

function readMetrics(fields: Fields): readonly MetricName[] | readonly (readonly MetricName[])[] {
  const known = (name: unknown): MetricName => {
    const found = metricNames.find((one) => one === name);
    if (found !== undefined) return found;
    throw fields.fault('metrics', `must be of ${metricNames.join(', ')}`);
  };
  const value = fields.raw('metrics');
  if (!Array.isArray(value) || !value.some((item) => Array.isArray(item))) return fields.list('metrics', known);
  return fields.list('metrics', (item) => {
    if (Array.isArray(item)) return item.map(known);
    throw fields.fault('metrics', 'must all be lists, one for each output, or none of them');
  });
}

function readAverage(fields: Fields): Omit<AverageState, 'tensors'> {
  return { type: fields.text('type'), updates: fields.whole('updates') };
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
