/** Optimizers, schedules of their learning rates, and the clipping of gradients. */
export { Adadelta, type AdadeltaOptions, Adagrad, type AdagradOptions } from './adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './adam.ts';
export type { MomentOptions } from './adam-options.ts';
export { Adamax, type AdamaxOptions } from './adamax.ts';
export {
  type Averaged,
  type AverageOptions,
  type AverageState,
  EMA,
  type EMAOptions,
  SWA,
  WeightAverage,
} from './averaging.ts';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.ts';
export type { GroupInput, Hyper, HyperValue, ParameterGroup, ParametersOrGroups } from './group.ts';
export { LAMB, type LAMBOptions } from './lamb.ts';
export { Lion, type LionOptions } from './lion.ts';
export type { Cells } from './lockstep.ts';
export { Lookahead, type LookaheadOptions } from './lookahead.ts';
export { Muon, type MuonOptions } from './muon.ts';
export { NAdam, type NAdamOptions } from './nadam.ts';
export { type GroupState, Optimizer, type OptimizerState } from './optimizer.ts';
export { RAdam, type RAdamOptions } from './radam.ts';
export { RMSprop, type RMSpropOptions } from './rmsprop.ts';
export { Rprop, type RpropOptions } from './rprop.ts';
export * from './schedule/index.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export {
  type CellStart,
  type CommonNumbers,
  type ParameterState,
  type RateOptions,
  UpdateRule,
} from './update-rule.ts';
