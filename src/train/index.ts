/** The public face of the train room: the model, and what takes part in its training. */
export { type UpdateBatchNormOptions, updateBatchNorm } from './batch-norm-statistics.ts';
export type { Callback, Training } from './callback.ts';
export { EarlyStopping, type EarlyStoppingOptions } from './early-stopping.ts';
export type { Signal } from './evaluate.ts';
export type { BatchLike, BatchStream, TrainingData } from './feed.ts';
export type { FitOptions } from './fit.ts';
export { type EpochRecord, History, type Scores } from './history.ts';
export type { LossFunction, LossName } from './loss-choice.ts';
export type { MetricChoice, MetricFunction, MetricsOption } from './metric-choice.ts';
export {
  type EvaluateOptions,
  type LoadModelOptions,
  Model,
  type ModelOptions,
  type PredictOptions,
  type SaveOptions,
} from './model.ts';
export { ModelCheckpoint, type ModelCheckpointOptions } from './model-checkpoint.ts';
export type { MonitorOptions } from './monitor.ts';
export type { OutputOf } from './network.ts';
export type { LossOption } from './objective.ts';
export type { OptimizerChoice, OptimizerName } from './optimizer-choice.ts';
export type { DeviceChoice } from './place.ts';
export type { ClipOptions, StepOptions } from './train-step.ts';
