/** The schedules, and what they are set by. */
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from './cosine.ts';
export { Curve, type PerGroup } from './curve.ts';
export {
  type CycleMomentumOptions,
  CyclicLR,
  type CyclicLROptions,
  OneCycleLR,
  type OneCycleLROptions,
} from './cycle.ts';
export {
  ExponentialLR,
  type ExponentialLROptions,
  InverseTimeLR,
  type InverseTimeLROptions,
  MultiStepLR,
  type MultiStepLROptions,
  PolynomialLR,
  type PolynomialLROptions,
  StepLR,
  type StepLROptions,
} from './decay.ts';
export { LambdaLR, type LambdaLROptions, MultiplicativeLR, type StepFactor } from './lambda.ts';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './plateau.ts';
export { ConstantLR, type ConstantLROptions, LinearLR, type LinearLROptions } from './ramp.ts';
export {
  type OptionalScheduleArguments,
  Schedule,
  type ScheduleArguments,
  type ScheduleState,
} from './schedule.ts';
export {
  ChainedScheduler,
  type ChainedSchedulerOptions,
  SequentialLR,
  type SequentialLROptions,
  WarmupLR,
  type WarmupLROptions,
} from './sequence.ts';
