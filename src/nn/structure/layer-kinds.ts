/** The layers that describe themselves: for each its options as JSON, and the layer made of them. */
import type { Dtype } from '../../core/dtype.ts';
import { type Fields, type Json, numberJson } from '../../core/json.ts';
import { defaultGenerator, Generator } from '../../core/random.ts';
import type { PerDim } from '../../tensor/convolution.ts';
import { Tensor } from '../../tensor/tensor.ts';
import {
  type ActivationName,
  activationNames,
  CELU,
  ELU,
  GELU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
} from '../activation/activation.ts';
import { Conv2D } from '../convolution/convolution.ts';
import { Dense } from '../dense/dense.ts';
import { Dropout } from '../dropout/dropout.ts';
import { Embedding } from '../embedding/embedding.ts';
import type { Initializer } from '../init.ts';
import type { Layer, Module } from '../module/module.ts';
import { BatchNorm } from '../norm/batch-norm.ts';
import { LayerNorm } from '../norm/layer-norm.ts';
import { AdaptiveAvgPool2D, AvgPool2D, MaxPool2D } from '../pooling/pooling.ts';
import { SimpleRNN } from '../recurrent/simple-rnn.ts';
import { Flatten } from '../shape/flatten.ts';

/** Refuses a layer that would hold more numbers than there are for all; `field` is named as the reason. */
export type Hold = (field: string, ...sizes: readonly number[]) => void;

/** One kind of layer. */
export interface LayerKind {
  readonly type: string;
  /** Its options; undefined where the layer is of another kind. */
  describe(layer: Module): Readonly<Record<string, Json>> | undefined;
  /** The layer with these options, its parameters without numbers of their own yet. */
  make(fields: Fields, hold: Hold): Layer;
}

type Class<M> = new (...options: never[]) => M;

function kind<M extends Layer>(
  type: string,
  made: Class<M>,
  describe: (layer: M) => Readonly<Record<string, Json>>,
  make: (fields: Fields, hold: Hold) => M,
): LayerKind {
  return {
    type,
    // The class itself: one derived from it may compute something else.
    describe: (layer) => (layer instanceof made && layer.constructor === made ? describe(layer) : undefined),
    make,
  };
}

/** Weights come from the file: until then one 0 stands for all, and nothing is drawn. */
const hollow: Initializer = (shape, { dtype = 'float32' } = {}) => Tensor.zeros([], { dtype }).expand(shape);
const hollowOptions = { kernelInitializer: hollow, biasInitializer: hollow } as const;

const withOptions: readonly LayerKind[] = [
  kind(
    'Dense',
    Dense,
    ({ outFeatures, weight, bias, activation, dtype }) => ({
      outFeatures,
      inFeatures: weight.shape[1]!,
      bias: bias !== undefined,
      activation: activation ?? null,
      dtype,
    }),
    (f, hold) => {
      const [outFeatures, inFeatures] = [f.whole('outFeatures', 1), f.whole('inFeatures', 1)];
      hold('outFeatures', outFeatures, inFeatures);
      return new Dense(outFeatures, {
        inFeatures,
        bias: f.flag('bias'),
        activation: activationIn(f),
        dtype: floatIn(f),
        ...hollowOptions,
      });
    },
  ),
  kind(
    'Conv2D',
    Conv2D,
    ({ outChannels, kernel, stride, padding, dilation, groups, weight, bias, activation, dtype }) => ({
      outChannels,
      kernel,
      inChannels: weight.shape[1]! * groups,
      stride,
      padding,
      dilation,
      groups,
      bias: bias !== undefined,
      activation: activation ?? null,
      dtype,
    }),
    (f, hold) => {
      const [outChannels, inChannels, groups] = [
        f.whole('outChannels', 1),
        f.whole('inChannels', 1),
        f.whole('groups', 1),
      ];
      const kernel = f.wholes('kernel', 1);
      hold('outChannels', outChannels, inChannels / groups, ...kernel);
      const padding = f.raw('padding');
      return new Conv2D(outChannels, kernel, {
        inChannels,
        stride: perDimIn(f, 'stride'),
        padding: padding === 'same' || padding === 'valid' ? padding : perDimIn(f, 'padding'),
        dilation: perDimIn(f, 'dilation'),
        groups,
        bias: f.flag('bias'),
        activation: activationIn(f),
        dtype: floatIn(f),
        ...hollowOptions,
      });
    },
  ),
  kind(
    'SimpleRNN',
    SimpleRNN,
    (layer) => ({
      hidden: layer.hidden,
      inFeatures: layer.stateDict().weight_ih_l0!.shape[1]!,
      layers: layer.layers,
      activation: layer.activation,
      bias: Object.hasOwn(layer.stateDict(), 'bias_ih_l0'),
      returnSequences: layer.returnSequences,
      stateful: layer.stateful,
      dtype: layer.dtype,
    }),
    (f, hold) => {
      const [hidden, inFeatures, layers] = [f.whole('hidden', 1), f.whole('inFeatures', 1), f.whole('layers', 1)];
      hold('inFeatures', hidden, inFeatures);
      hold('hidden', hidden, hidden, layers);
      return new SimpleRNN(hidden, {
        inFeatures,
        layers,
        activation: f.oneOf('activation', ['tanh', 'relu']),
        bias: f.flag('bias'),
        returnSequences: f.flag('returnSequences'),
        stateful: f.flag('stateful'),
        dtype: floatIn(f),
        recurrentInitializer: hollow,
        ...hollowOptions,
      });
    },
  ),
  kind(
    'Embedding',
    Embedding,
    ({ count, features, paddingIndex, weight }) => ({
      count,
      features,
      paddingIndex: paddingIndex ?? null,
      dtype: weight.dtype,
    }),
    (f, hold) => {
      const [count, features] = [f.whole('count', 1), f.whole('features', 1)];
      hold('count', count, features);
      const paddingIndex = f.raw('paddingIndex') === null ? undefined : f.whole('paddingIndex');
      return new Embedding(count, features, { paddingIndex, dtype: floatIn(f), initializer: hollow });
    },
  ),
  kind(
    'BatchNorm',
    BatchNorm,
    (layer) => ({
      features: Object.values(layer.stateDict())[0]?.size ?? 1,
      momentum: layer.momentum,
      eps: layer.eps,
      affine: layer.affine,
      trackRunningStats: layer.trackRunningStats,
      dtype: layer.dtype,
    }),
    (f, hold) => {
      const features = f.whole('features', 1);
      const [affine, trackRunningStats] = [f.flag('affine'), f.flag('trackRunningStats')];
      if (affine || trackRunningStats) hold('features', features);
      const momentum = f.raw('momentum') === null ? null : f.number('momentum');
      return new BatchNorm({ features, momentum, eps: f.number('eps'), affine, trackRunningStats, dtype: floatIn(f) });
    },
  ),
  kind(
    'LayerNorm',
    LayerNorm,
    ({ normalizedShape, eps, weight }) => ({
      normalizedShape,
      eps,
      affine: weight !== undefined,
      dtype: weight?.dtype ?? 'float32',
    }),
    (f, hold) => {
      const [shape, affine] = [f.wholes('normalizedShape', 1), f.flag('affine')];
      if (affine) hold('normalizedShape', ...shape);
      return new LayerNorm(shape, { eps: f.number('eps'), affine, dtype: floatIn(f) });
    },
  ),
  kind(
    'Dropout',
    Dropout,
    (layer) => ({ p: layer.p, ownGenerator: hasGenerator(layer) }),
    (f) => new Dropout(f.number('p'), f.flag('ownGenerator') ? { generator: new Generator() } : {}),
  ),
  kind(
    'Flatten',
    Flatten,
    ({ startDim, endDim }) => ({ startDim, endDim }),
    (f) => new Flatten(f.number('startDim'), f.number('endDim')),
  ),
  kind(
    'MaxPool2D',
    MaxPool2D,
    ({ kernel, options }) => ({ kernel, ...options }),
    (f) =>
      new MaxPool2D(perDimIn(f, 'kernel'), {
        ...windowsIn(f),
        ...(f.has('dilation') && { dilation: perDimIn(f, 'dilation') }),
      }),
  ),
  kind(
    'AvgPool2D',
    AvgPool2D,
    ({ kernel, options }) => ({ kernel, ...options }),
    (f) =>
      new AvgPool2D(perDimIn(f, 'kernel'), {
        ...windowsIn(f),
        ...(f.has('countIncludePad') && { countIncludePad: f.flag('countIncludePad') }),
      }),
  ),
  kind(
    'AdaptiveAvgPool2D',
    AdaptiveAvgPool2D,
    ({ outputSize }) => ({ outputSize }),
    (f) => new AdaptiveAvgPool2D(perDimIn(f, 'outputSize')),
  ),
];

const plain = {
  ReLU,
  ReLU6,
  SELU,
  SiLU,
  Mish,
  Softplus,
  Softsign,
  Sigmoid,
  LogSigmoid,
  Tanh,
  Tanhshrink,
  Hardsigmoid,
  Hardswish,
} as const;

/** All kinds. Types are texts of their own, since a minifier may rename classes. */
export const layerKinds: readonly LayerKind[] = [
  ...withOptions,
  ...Object.entries(plain).map(([type, made]) =>
    kind(
      type,
      made,
      () => ({}),
      () => new made(),
    ),
  ),
  withNumber('LeakyReLU', LeakyReLU, 'negativeSlope'),
  withNumber('ELU', ELU, 'alpha'),
  withNumber('CELU', CELU, 'alpha'),
  withNumber('Hardshrink', Hardshrink, 'lambda'),
  withNumber('Softshrink', Softshrink, 'lambda'),
  withNumber('Softmax', Softmax, 'dim'),
  withNumber('LogSoftmax', LogSoftmax, 'dim'),
  kind(
    'Hardtanh',
    Hardtanh,
    ({ min, max }) => ({ min: numberJson(min), max: numberJson(max) }),
    (f) => new Hardtanh(f.number('min'), f.number('max')),
  ),
  kind(
    'GELU',
    GELU,
    ({ approximate }) => ({ approximate }),
    (f) => new GELU({ approximate: f.oneOf('approximate', ['none', 'tanh']) }),
  ),
];

/** A layer whose one option is a number. */
function withNumber<K extends string, M extends Layer & Readonly<Record<K, number>>>(
  type: string,
  made: new (value: number) => M,
  option: K,
): LayerKind {
  return kind(
    type,
    made,
    (layer) => ({ [option]: numberJson(layer[option]) }),
    (f) => new made(f.number(option)),
  );
}

/** Whether it draws from a generator of its own, whose state checkpoints keep apart. */
function hasGenerator(layer: Module): boolean {
  return Object.values(layer).some((value) => value instanceof Generator && value !== defaultGenerator);
}

function floatIn(f: Fields): Dtype {
  return f.oneOf<Dtype>('dtype', ['float32', 'float64']);
}

function activationIn(f: Fields): ActivationName | undefined {
  return f.raw('activation') === null ? undefined : f.oneOf('activation', activationNames);
}

function perDimIn(f: Fields, name: string): PerDim {
  return Array.isArray(f.raw(name)) ? f.wholes(name) : f.whole(name);
}

/** What both kinds of pooling may have. */
function windowsIn(f: Fields): { stride?: PerDim; padding?: PerDim; ceilMode?: boolean } {
  return {
    ...(f.has('stride') && { stride: perDimIn(f, 'stride') }),
    ...(f.has('padding') && { padding: perDimIn(f, 'padding') }),
    ...(f.has('ceilMode') && { ceilMode: f.flag('ceilMode') }),
  };
}
