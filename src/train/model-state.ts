/** What a model is made of: its module, how it is trained, and how far training has come. */
import { StateError } from '../core/errors.ts';
import type { GeneratorState } from '../core/random.ts';
import type { InputSpec } from '../io/checkpoint.ts';
import type { RandomStates } from '../io/random-states.ts';
import type { Module } from '../nn/module/module.ts';
import type { AverageState, WeightAverage } from '../optim/averaging.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule, ScheduleState } from '../optim/schedule/schedule.ts';
import type { Forward } from './forward.ts';
import type { EpochRecord } from './history.ts';
import type { Metrics, MetricsOption } from './metric-choice.ts';
import type { Objective } from './objective.ts';
import type { OptimizerChoice } from './optimizer-choice.ts';
import type { DeviceChoice } from './place.ts';
import type { TrainStep } from './train-step.ts';

/** One model. */
export interface ModelState {
  readonly module: Module;
  readonly loss: Objective | undefined;
  readonly metricChoices: MetricsOption;
  readonly metrics: Metrics;
  readonly optimizerChoice: OptimizerChoice | undefined;
  /** Made with the first batch, when all parameters exist. */
  optimizer: Optimizer | undefined;
  /** All epochs trained so far. */
  epochs: readonly EpochRecord[];
  /** What a batch looks like, known from the first; of several inputs each. */
  input: InputSpec | readonly InputSpec[] | undefined;
  /** The random state of a checkpoint, until training goes on from it. */
  resume: RandomStates | undefined;
  /** What has set the learning rate since the last `fit` began. */
  schedule: Schedule | undefined;
  /** The schedule's state in a checkpoint, until training goes on from it. */
  resumeSchedule: ScheduleState | undefined;
  /** What has averaged the weights since the last `fit` began. */
  average: WeightAverage | undefined;
  /** The averages in a checkpoint, until training goes on from it. */
  resumeAverage: AverageState | undefined;
  /** The state of the generator that orders the samples, if it is one of its own. */
  order: () => GeneratorState | undefined;
  /** Whether it is being trained. */
  busy: boolean;
  /** Where it computes; where the module is, if left open. */
  device: DeviceChoice | undefined;
  /** Whether what it does is compiled. */
  readonly jit: boolean;
  /** Told why something could not be compiled. */
  readonly refused: (reason: string) => void;
  /** The step of the last `fit`. */
  trainStep: TrainStep | undefined;
  /** What `evaluate` and `predict` do to a batch. */
  readonly forward: Forward;
  /** What the model had when it was saved, but no file can hold and nobody has passed yet. */
  absent: readonly string[];
}

/** The loss of the model. @throws StateError where it has none, or came out of a file without something it needs. */
export function lossOfModel(where: string, { loss, absent }: ModelState): Objective {
  if (absent.length > 0) {
    throw new StateError(
      `${where}: the model was saved with its own ${absent.join(' and ')}, which a file cannot hold; pass them to Model.load(path, { … })`,
    );
  }
  if (loss) return loss;
  throw new StateError(`${where}: the model has no loss; pass one: new Model(module, { loss: 'crossEntropy' })`);
}
