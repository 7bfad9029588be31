/** How convolution layers are described. */
import type { Fields, Json } from '../../../core/json.ts';
import type { ConvPadding } from '../../../tensor/convolution.ts';
import { Conv1D, Conv2D, Conv3D, type ConvOptions, paddingModes } from '../../convolution/convolution.ts';
import {
  DepthwiseConv1D,
  DepthwiseConv2D,
  type DepthwiseOptions,
  SeparableConv1D,
  SeparableConv2D,
  type SeparableOptions,
} from '../../convolution/depthwise.ts';
import type { KernelOptions } from '../../convolution/kernel-layer.ts';
import {
  ConvTranspose1D,
  ConvTranspose2D,
  ConvTranspose3D,
  type TransposedOptions,
} from '../../convolution/transposed.ts';
import {
  activationIn,
  floatIn,
  type Hold,
  hollow,
  hollowOptions,
  kind,
  type LayerKind,
  perDimIn,
} from '../layer-kind.ts';

export const convolutionKinds: readonly LayerKind[] = [
  convolution('Conv1D', Conv1D),
  convolution('Conv2D', Conv2D),
  convolution('Conv3D', Conv3D),
  transposed('ConvTranspose1D', ConvTranspose1D),
  transposed('ConvTranspose2D', ConvTranspose2D),
  transposed('ConvTranspose3D', ConvTranspose3D),
  depthwise('DepthwiseConv1D', DepthwiseConv1D),
  depthwise('DepthwiseConv2D', DepthwiseConv2D),
  separable('SeparableConv1D', SeparableConv1D),
  separable('SeparableConv2D', SeparableConv2D),
];

type Described = Readonly<Record<string, Json>>;
type Of<M, Options> = new (outChannels: number, kernel: readonly number[], options: Options) => M;

/** What every layer with a kernel is described by. */
function kernelFields(layer: Conv1D | ConvTranspose1D | DepthwiseConv1D): Described {
  const { kernel, inChannels, stride, dilation, bias, activation, dtype } = layer;
  return { kernel, inChannels, stride, dilation, bias: bias !== undefined, activation: activation ?? null, dtype };
}

function kernelOptionsIn(f: Fields): KernelOptions {
  return {
    inChannels: f.whole('inChannels', 1),
    stride: perDimIn(f, 'stride'),
    dilation: perDimIn(f, 'dilation'),
    bias: f.flag('bias'),
    activation: activationIn(f),
    dtype: floatIn(f),
  };
}

/** The kernel, of a layer whose weight is of this size for each of its elements. */
function kernelIn(f: Fields, hold: Hold, field: string, ...channels: readonly number[]): number[] {
  const kernel = f.wholes('kernel', 1);
  hold(field, ...channels, ...kernel);
  return kernel;
}

function paddingIn(f: Fields): Pick<ConvOptions, 'padding' | 'paddingMode'> {
  const padding = f.raw('padding');
  const named: readonly ConvPadding[] = ['same', 'valid', 'causal'];
  return {
    padding: named.find((name) => name === padding) ?? perDimIn(f, 'padding'),
    ...(f.has('paddingMode') && { paddingMode: f.oneOf('paddingMode', paddingModes) }),
  };
}

function convolution<M extends Conv1D>(type: string, made: Of<M, ConvOptions>): LayerKind {
  return kind(
    type,
    made,
    (layer) => {
      const { outChannels, padding, paddingMode, groups } = layer;
      return { outChannels, ...kernelFields(layer), padding, paddingMode, groups };
    },
    (f, hold) => {
      const outChannels = f.whole('outChannels', 1);
      const groups = f.whole('groups', 1);
      const options = kernelOptionsIn(f);
      const kernel = kernelIn(f, hold, 'outChannels', outChannels, options.inChannels! / groups);
      return new made(outChannels, kernel, { ...options, ...paddingIn(f), groups, ...hollowOptions });
    },
  );
}

function transposed<M extends ConvTranspose1D>(type: string, made: Of<M, TransposedOptions>): LayerKind {
  return kind(
    type,
    made,
    (layer) => {
      const { outChannels, padding, outputPadding, groups } = layer;
      return { outChannels, ...kernelFields(layer), padding, outputPadding, groups };
    },
    (f, hold) => {
      const outChannels = f.whole('outChannels', 1);
      const groups = f.whole('groups', 1);
      const options = kernelOptionsIn(f);
      const kernel = kernelIn(f, hold, 'outChannels', outChannels, options.inChannels! / groups);
      const [padding, outputPadding] = [perDimIn(f, 'padding'), perDimIn(f, 'outputPadding')];
      return new made(outChannels, kernel, { ...options, padding, outputPadding, groups, ...hollowOptions });
    },
  );
}

function depthwise<M extends DepthwiseConv1D>(
  type: string,
  made: new (kernel: readonly number[], options: DepthwiseOptions) => M,
): LayerKind {
  return kind(
    type,
    made,
    (layer) => {
      const { depthMultiplier, padding, paddingMode } = layer;
      return { depthMultiplier, ...kernelFields(layer), padding, paddingMode };
    },
    (f, hold) => {
      const depthMultiplier = f.whole('depthMultiplier', 1);
      const options = kernelOptionsIn(f);
      const kernel = kernelIn(f, hold, 'depthMultiplier', depthMultiplier, options.inChannels!);
      return new made(kernel, { ...options, ...paddingIn(f), depthMultiplier, ...hollowOptions });
    },
  );
}

function separable<M extends SeparableConv1D>(type: string, made: Of<M, SeparableOptions>): LayerKind {
  return kind(
    type,
    made,
    ({ depthwise, pointwise }) => {
      const { depthMultiplier, padding, paddingMode } = depthwise;
      const { outChannels, bias, activation } = pointwise;
      const last = { bias: bias !== undefined, activation: activation ?? null };
      return { outChannels, depthMultiplier, ...kernelFields(depthwise), padding, paddingMode, ...last };
    },
    (f, hold) => {
      const outChannels = f.whole('outChannels', 1);
      const depthMultiplier = f.whole('depthMultiplier', 1);
      const options = kernelOptionsIn(f);
      const kernel = kernelIn(f, hold, 'depthMultiplier', depthMultiplier, options.inChannels!);
      hold('outChannels', outChannels, depthMultiplier, options.inChannels!);
      return new made(outChannels, kernel, {
        ...options,
        ...paddingIn(f),
        depthMultiplier,
        depthwiseInitializer: hollow,
        pointwiseInitializer: hollow,
        biasInitializer: hollow,
      });
    },
  );
}
