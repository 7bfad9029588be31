/** Layers, losses and initial weights. */
export * from './activation/activation.ts';
export { GLU, PReLU, type PReLUOptions } from './activation/gated.ts';
export * from './attention/index.ts';
export { clone } from './clone.ts';
export { type ArgumentsOf, Graph, type GraphValues, graph, type TensorsOf } from './container/graph.ts';
export { GraphValue, type InputOptions, input } from './container/graph-value.ts';
export { Add, Average, Concat, Lambda, Maximum, Minimum, Multiply, Subtract } from './container/merge.ts';
export { Sequential } from './container/sequential.ts';
export { TimeDistributed } from './container/time-distributed.ts';
export {
  Conv1D,
  Conv2D,
  Conv3D,
  type ConvOptions,
  type PaddedOptions,
  type PaddingMode,
} from './convolution/convolution.ts';
export {
  DepthwiseConv1D,
  DepthwiseConv2D,
  type DepthwiseOptions,
  SeparableConv1D,
  SeparableConv2D,
  type SeparableOptions,
} from './convolution/depthwise.ts';
export type { KernelOptions } from './convolution/kernel-layer.ts';
export {
  ConvTranspose1D,
  ConvTranspose2D,
  ConvTranspose3D,
  type TransposedOptions,
} from './convolution/transposed.ts';
export * from './decoding/index.ts';
export { Bilinear, type BilinearOptions } from './dense/bilinear.ts';
export { Dense, type DenseOptions } from './dense/dense.ts';
export { AlphaDropout } from './dropout/alpha-dropout.ts';
export { Dropout, SpatialDropout, StochasticDepth, type StochasticDepthOptions } from './dropout/dropout.ts';
export { GaussianDropout, GaussianNoise } from './dropout/gaussian.ts';
export type { DropoutOptions } from './dropout/random-layer.ts';
export type { BagMode } from './embedding/bag.ts';
export { Embedding, type PretrainedOptions } from './embedding/embedding.ts';
export { type BagOptions, EmbeddingBag, type EmbeddingBagOptions } from './embedding/embedding-bag.ts';
export type { EmbeddingOptions } from './embedding/table.ts';
export type { Initializer, InitOptions } from './init.ts';
export * as init from './init.ts';
export { type InitializeOptions, type InitializeRule, initialize } from './initialize.ts';
export * from './loss/index.ts';
export { buffer, parameter } from './module/cell.ts';
export { functionalCall } from './module/functional-call.ts';
export type { ParameterOptions } from './module/lazy.ts';
export { type LoadOptions, LoadReport, type Mismatch, type StateDict } from './module/loading.ts';
export { type BuildOptions, type Layer, Module, type SummaryOptions } from './module/module.ts';
export { type NameMap, onlyUnder, withoutPrefix } from './module/name-map.ts';
export { outputsOf } from './module/outputs.ts';
export { tie } from './module/tie.ts';
export { BatchNorm, type BatchNormOptions } from './norm/batch-norm.ts';
export { GroupNorm, type GroupNormOptions } from './norm/group-norm.ts';
export { InstanceNorm, type InstanceNormOptions } from './norm/instance-norm.ts';
export { LayerNorm, type LayerNormOptions } from './norm/layer-norm.ts';
export { LocalResponseNorm, type LocalResponseNormOptions } from './norm/local-response-norm.ts';
export { RMSNorm, type RMSNormOptions } from './norm/rms-norm.ts';
export type { RunningNormOptions } from './norm/running-norm.ts';
export { ActivityRegularization } from './parametrize/activity-regularization.ts';
export * as constraint from './parametrize/constraint.ts';
export { removeParametrization } from './parametrize/parametrization.ts';
export * as regularizer from './parametrize/regularizer.ts';
export { type SpectralNormOptions, spectralNorm } from './parametrize/spectral-norm.ts';
export { type WeightNormOptions, weightNorm } from './parametrize/weight-norm.ts';
export {
  type Constraint,
  constrain,
  type RecurrentWeightRules,
  type Regularizer,
  regularize,
  type WeightRules,
} from './parametrize/weight-rules.ts';
export {
  AdaptiveAvgPool1D,
  AdaptiveAvgPool2D,
  AdaptiveAvgPool3D,
  AdaptiveMaxPool1D,
  AdaptiveMaxPool2D,
  AdaptiveMaxPool3D,
} from './pooling/adaptive.ts';
export { AvgPool1D, AvgPool2D, AvgPool3D, LPPool1D, LPPool2D } from './pooling/average.ts';
export {
  GlobalAvgPool1D,
  GlobalAvgPool2D,
  GlobalAvgPool3D,
  GlobalMaxPool1D,
  GlobalMaxPool2D,
  GlobalMaxPool3D,
  type GlobalPoolOptions,
} from './pooling/global.ts';
export { MaxPool1D, MaxPool2D, MaxPool3D } from './pooling/max.ts';
export {
  GRUCell,
  LSTMCell,
  type RecurrentCell,
  SimpleRNNCell,
  type SimpleRNNCellOptions,
} from './recurrent/cell.ts';
export { GRU } from './recurrent/gru.ts';
export { LSTM, type LSTMState } from './recurrent/lstm.ts';
export type { Padded } from './recurrent/padding.ts';
export type {
  DirectionMerge,
  Recurrence,
  Recurrent,
  RecurrentCellOptions,
  RecurrentOptions,
  SequenceOptions,
} from './recurrent/recurrent.ts';
export { SimpleRNN, type SimpleRNNOptions } from './recurrent/simple-rnn.ts';
export type { RecurrentActivation } from './recurrent/step.ts';
export { Fold, Unfold } from './shape/columns.ts';
export { Flatten } from './shape/flatten.ts';
export {
  type BorderSize,
  CircularPad1D,
  CircularPad2D,
  CircularPad3D,
  ConstantPad1D,
  ConstantPad2D,
  ConstantPad3D,
  Cropping1D,
  Cropping2D,
  Cropping3D,
  ReflectionPad1D,
  ReflectionPad2D,
  ReflectionPad3D,
  ReplicationPad1D,
  ReplicationPad2D,
  ReplicationPad3D,
  ZeroPad1D,
  ZeroPad2D,
  ZeroPad3D,
} from './shape/padding.ts';
export { Identity, Permute, RepeatVector, Reshape, Unflatten } from './shape/reshape.ts';
export { PixelShuffle, PixelUnshuffle, Resize, type ResizeOptions, Upsample } from './shape/resolution.ts';
