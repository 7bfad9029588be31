/** Optimizers and the clipping of gradients. */
export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.ts';
export type { GroupInput, Hyper, HyperValue, ParameterGroup, ParametersOrGroups } from './group.ts';
export { type GroupState, Optimizer, type OptimizerState, type ParameterState, type RateOptions } from './optimizer.ts';
export { RMSprop, type RMSpropOptions } from './rmsprop.ts';
export { SGD, type SGDOptions } from './sgd.ts';
