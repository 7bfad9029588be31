/** Layers, losses and initial weights. */
export * from './activation.ts';
export { buffer, parameter } from './cell.ts';
export { Dense, type DenseOptions } from './dense.ts';
export { Dropout, type DropoutOptions } from './dropout.ts';
export { Flatten } from './flatten.ts';
export type { Initializer, InitOptions } from './init.ts';
export * as init from './init.ts';
export type { ParameterOptions } from './lazy.ts';
export { type BceOptions, type BceWithLogitsOptions, bce, bceWithLogits } from './loss/binary.ts';
export { type CrossEntropyOptions, crossEntropy, type NllOptions, nll } from './loss/cross-entropy.ts';
export type { LossOptions, Reduction } from './loss/reduction.ts';
export { type HuberOptions, huber, l1, mse, type SmoothL1Options, smoothL1 } from './loss/regression.ts';
export { type BuildOptions, type Layer, type LoadOptions, type LoadReport, Module, type StateDict } from './module.ts';
export { Sequential } from './sequential.ts';
