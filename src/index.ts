/** The public face of tsgrad: re-exports only. */

export {
  Gpu,
  type GpuMode,
  type GpuOptions,
  type GpuRefusal,
  type GpuUsage,
  gpu,
} from './backend/gpu/gpu.ts';
export { getThreads, setThreads } from './backend/threads.ts';
export type { Dtype, TypedArray } from './core/dtype.ts';
export * from './core/errors.ts';
export * as expression from './core/expression.ts';
export { type Draw, defaultGenerator, Generator, type GeneratorState, manualSeed } from './core/random.ts';
export type { BinaryFunction, ScalarFunction, UnaryFunction } from './core/scalar-maths.ts';
export type { Shape } from './core/shape.ts';
export * as data from './data/index.ts';
export * as io from './io/index.ts';
export { type Compiled, type JitOptions, jit } from './jit/index.ts';
export * as metrics from './metrics/index.ts';
export * as nn from './nn/index.ts';
export * as optim from './optim/index.ts';
export type { GeluOptions } from './tensor/activation.ts';
export { type AnomalyOptions, detectAnomaly } from './tensor/anomaly.ts';
export type { BackwardOptions } from './tensor/autograd.ts';
export { checkpoint } from './tensor/checkpoint.ts';
export type { ConvOptions, ConvPadding, ConvTransposeOptions, PerDim } from './tensor/convolution.ts';
export { customGrad, type WithSaved } from './tensor/custom.ts';
export type { NanToNumOptions, ToleranceOptions } from './tensor/elementwise.ts';
export { explainGrad, type GradExplanation, type GradReason } from './tensor/explain-grad.ts';
export { enableGrad, type GradOptions, grad, noGrad } from './tensor/grad.ts';
export { type GradcheckOptions, gradcheck } from './tensor/gradcheck.ts';
export type { Padding, PadOptions, SortOptions, TopKOptions } from './tensor/indexing.ts';
export { hessian, hvp, type JacobianOptions, jacobian } from './tensor/jacobian.ts';
export type { Randomness } from './tensor/level.ts';
export type { Literal, Nested, NumericArray } from './tensor/literal.ts';
export type { Device } from './tensor/located.ts';
export type { MeshgridOptions } from './tensor/meshgrid.ts';
export type { DiagonalOptions, Range } from './tensor/movement.ts';
export type { SearchOptions } from './tensor/order.ts';
export { traceGrad } from './tensor/origin.ts';
export type {
  AvgPoolOptions,
  LPPoolOptions,
  MaxPoolOptions,
  UnfoldOptions,
  WithIndices,
} from './tensor/pooling.ts';
export type {
  DimOptions,
  Extremes,
  NormalizeOptions,
  NormOptions,
  ReduceOptions,
  VarianceOptions,
} from './tensor/reduce.ts';
export type { InterpolateOptions } from './tensor/resize.ts';
export type { InterpolationMode } from './tensor/sampling.ts';
export type { HistogramOptions } from './tensor/scatter.ts';
export { maskedSelect, nonZero, type Unique, unique } from './tensor/select.ts';
export {
  type DrawOptions,
  type FromOptions,
  type NestedArray,
  type RandomOptions,
  Tensor,
  type TensorLike,
  type TensorOptions,
} from './tensor/tensor.ts';
export { tidy } from './tensor/tidy.ts';
export {
  type Arguments,
  jvp,
  type PerArgument,
  valueAndGrad,
  vjp,
} from './tensor/transform.ts';
export { type VmapOptions, vmap } from './tensor/vmap.ts';
export * from './train/index.ts';
