/** What each kind of layer makes of Keras' weights: other names, transposed kernels, gates in another order. */
import { FormatError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { MultiHeadAttention } from '../../nn/attention/multi-head-attention.ts';
import { Conv1D, Conv2D, Conv3D } from '../../nn/convolution/convolution.ts';
import { DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D } from '../../nn/convolution/depthwise.ts';
import { ConvTranspose1D, ConvTranspose2D, ConvTranspose3D } from '../../nn/convolution/transposed.ts';
import { Dense } from '../../nn/dense/dense.ts';
import { Embedding } from '../../nn/embedding/embedding.ts';
import type { Module } from '../../nn/module/module.ts';
import { BatchNorm } from '../../nn/norm/batch-norm.ts';
import { GroupNorm } from '../../nn/norm/group-norm.ts';
import { LayerNorm } from '../../nn/norm/layer-norm.ts';
import { RMSNorm } from '../../nn/norm/rms-norm.ts';
import { GRU } from '../../nn/recurrent/gru.ts';
import { LSTM } from '../../nn/recurrent/lstm.ts';
import { SimpleRNN } from '../../nn/recurrent/simple-rnn.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** The weights of one Keras layer by what they are: `kernel`, `query/kernel`, `backward/bias`. */
export interface Weights {
  /** @throws FormatError where there is none. */
  take(role: string): Tensor;
  find(role: string): Tensor | undefined;
}

/** The sizes of channels and space that a Flatten made one dim of, channels first. */
export type Flattened = readonly number[] | undefined;

/** How one kind of layer takes its weights over. */
export interface LayerRule {
  /** Whether the module is of this kind. */
  readonly takes: (module: Module) => boolean;
  /** What Keras calls its weights, in Keras' order; those with a `?` may be absent. */
  readonly roles: readonly string[];
  /** Other names for some of them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Into which parts they are divided. */
  readonly parts: (module: Module) => readonly string[];
  /** The dims of its kernel, where other kinds have kernels too. */
  readonly rank: (module: Module) => number | undefined;
  /** What an automatic name of such a layer looks like; other rules do not take it. */
  readonly hint?: RegExp;
  /** Of how many Keras layers it is made. */
  readonly count: (module: Module) => number;
  /** The channels that come out, of layers over space. */
  readonly channels: (module: Module) => number | undefined;
  /** The features that come in, where their order matters: behind a Flatten Keras has another. */
  readonly width: (module: Module) => number | undefined;
  /** Whether what comes out has the channels of what comes in. */
  readonly keepsChannels: boolean;
  /** Our tensors by the end of their names. @param l which of the `count`. */
  readonly convert: (module: Module, weights: Weights, flattened: Flattened, l: number) => Record<string, Tensor>;
}

/** A rule for modules of one type; what is left out is the usual. */
interface RuleOf<M> {
  readonly roles: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly parts?: (module: M) => readonly string[];
  readonly rank?: (module: M) => number;
  readonly hint?: RegExp;
  readonly count?: (module: M) => number;
  readonly channels?: (module: M) => number;
  readonly width?: (module: M) => number | undefined;
  readonly keepsChannels?: boolean;
  readonly convert: (module: M, weights: Weights, flattened: Flattened, l: number) => Record<string, Tensor>;
}

function of<M extends Module>(classes: readonly (new (...options: never[]) => M)[], rule: RuleOf<M>): LayerRule {
  const isOne = (module: Module): module is M => classes.some((made) => module instanceof made);
  const { roles, aliases, hint } = rule;
  return {
    roles,
    ...(aliases && { aliases }),
    ...(hint && { hint }),
    takes: isOne,
    parts: (module) => (isOne(module) && rule.parts?.(module)) || [''],
    rank: (module) => (isOne(module) ? rule.rank?.(module) : undefined),
    count: (module) => (isOne(module) && rule.count ? rule.count(module) : 1),
    channels: (module) => (isOne(module) ? rule.channels?.(module) : undefined),
    width: (module) => (isOne(module) ? rule.width?.(module) : undefined),
    keepsChannels: rule.keepsChannels ?? false,
    convert: (module, weights, flattened, l) => (isOne(module) ? rule.convert(module, weights, flattened, l) : {}),
  };
}

/** [in, out] → [out, in]; behind a Flatten Keras' inputs are in the order of space and channels. */
function denseKernel(kernel: Tensor, flattened: Flattened): Tensor {
  return (flattened ? channelsFirst(kernel, flattened) : kernel).transpose();
}

/** Rows that go through space and channels [H·W·C, ..] as rows that go through channels and space [C·H·W, ..]. */
function channelsFirst(rows: Tensor, [channels, ...space]: readonly number[]): Tensor {
  const dims = space.length;
  const spread = rows.reshape([...space, channels!, ...rows.shape.slice(1)]);
  const order = spread.shape.map((_, d) => d);
  return spread.permute([dims, ...order.slice(0, dims), ...order.slice(dims + 1)]).reshape(rows.shape);
}

/** [...k, a, b] → [b, a, ...k] */
function kernelFirst(kernel: Tensor): Tensor {
  const dims = kernel.rank;
  const space = Array.from({ length: dims - 2 }, (_, d) => d);
  return kernel.permute([dims - 1, dims - 2, ...space]);
}

/** [...k, in, multiplier] → [in·multiplier, 1, ...k] */
function depthwiseKernel(kernel: Tensor): Tensor {
  const space = kernel.shape.slice(0, -2);
  const flat = kernel.reshape([...space, kernel.shape.at(-1)! * kernel.shape.at(-2)!]);
  return flat.permute([space.length, ...space.map((_, d) => d)]).unsqueeze(1);
}

/** The bias, or zeros where Keras has none and the module does. */
function biasFor(module: { readonly bias: Tensor | undefined }, weights: Weights): Record<string, Tensor> {
  const found = weights.find('bias');
  if (found) return { bias: found };
  return module.bias ? { bias: Tensor.zerosLike(module.bias) } : {};
}

/** Blocks of rows in another order. */
function reordered(x: Tensor, gates: number, order: readonly number[] | undefined): Tensor {
  if (!order) return x;
  const blocks = x.chunk(gates, 0);
  return Tensor.concat(
    order.map((gate) => blocks[gate]!),
    0,
  );
}

type RecurrentLayer = SimpleRNN | LSTM | GRU;

/** Keras has one bias, and GRU (reset_after) two; ours always has two. */
function recurrent(module: RecurrentLayer, weights: Weights, l: number): Record<string, Tensor> {
  const gates = module instanceof LSTM ? 4 : module instanceof GRU ? 3 : 1;
  const order = module instanceof GRU ? [1, 0, 2] : undefined; // Keras: z, r, h
  const out: Record<string, Tensor> = {};
  for (const way of module.bidirectional ? (['forward', 'backward'] as const) : ([''] as const)) {
    const part = way && `${way}/`;
    const end = `l${l}${way === 'backward' ? '_reverse' : ''}`;
    out[`weight_ih_${end}`] = reordered(weights.take(`${part}kernel`).transpose(), gates, order);
    out[`weight_hh_${end}`] = reordered(weights.take(`${part}recurrent_kernel`).transpose(), gates, order);
    const bias = weights.find(`${part}bias`);
    if (!bias && !module.useBias) continue;
    const zeros = Tensor.zeros([gates * module.hidden]);
    if (module instanceof GRU && bias?.rank === 1) {
      throw new FormatError(
        `fromKeras: a GRU with reset_after=False computes something else than nn.GRU; got a bias of shape ${shapeText(bias.shape)}; train it with reset_after=True`,
      );
    }
    const [input, hidden] = bias?.rank === 2 ? bias.unbind(0) : [bias ?? zeros, zeros];
    out[`bias_ih_${end}`] = reordered(input!, gates, order);
    out[`bias_hh_${end}`] = reordered(hidden!, gates, order);
  }
  return out;
}

/** Per head, [D, heads, size] and [heads, size, D], to all heads in one. */
function attention(module: MultiHeadAttention, weights: Weights): Record<string, Tensor> {
  const three = ['query', 'key', 'value'] as const;
  const kernels = three.map((name) => weights.take(`${name}/kernel`).flatten(1).transpose());
  const biases = three.map((name) => weights.find(`${name}/bias`)?.flatten());
  const out: Record<string, Tensor> = {};
  if (module.inProjWeight) out.in_proj_weight = Tensor.concat(kernels, 0);
  else for (const [i, name] of ['q', 'k', 'v'].entries()) out[`${name}_proj_weight`] = kernels[i]!;
  const known = biases.filter((bias) => bias !== undefined);
  if (known.length === 3) out.in_proj_bias = Tensor.concat(known, 0);
  else if (module.inProjBias) out.in_proj_bias = Tensor.zerosLike(module.inProjBias);
  out['out_proj.weight'] = weights.take('output/kernel').flatten(0, 1).transpose();
  const bias = weights.find('output/bias');
  if (bias) out['out_proj.bias'] = bias;
  else if (module.outProj.bias) out['out_proj.bias'] = Tensor.zerosLike(module.outProj.bias);
  return out;
}

/** Gamma and beta, or 1 and 0 where Keras has none and the module does, in the module's shape. */
function affine(
  module: { readonly weight: Tensor | undefined; readonly bias?: Tensor | undefined },
  weights: Weights,
  flattened: Flattened,
): Record<string, Tensor> {
  const out: Record<string, Tensor> = {};
  for (const [name, role, own, rest] of [
    ['weight', 'gamma', module.weight, 1],
    ['bias', 'beta', module.bias, 0],
  ] as const) {
    const found = weights.find(role);
    if (found) out[name] = spread(found, flattened, own?.shape ?? found.shape);
    else if (own) out[name] = Tensor.full(own.shape, rest, { dtype: own.dtype });
  }
  return out;
}

function spread(values: Tensor, flattened: Flattened, shape: readonly number[]): Tensor {
  return flattened ? channelsFirst(values.flatten(), flattened).reshape(shape) : values;
}

/** The rules; the first that takes a module is its own. */
export const layerRules: readonly LayerRule[] = [
  of([Dense], {
    roles: ['kernel', 'bias?'],
    rank: () => 2,
    width: ({ weight }) => weight.shape[1],
    hint: /^dense(?:_\d+)?$/,
    convert: (m, w, flattened) => ({ weight: denseKernel(w.take('kernel'), flattened), ...biasFor(m, w) }),
  }),
  of([ConvTranspose1D, ConvTranspose2D, ConvTranspose3D], {
    roles: ['kernel', 'bias?'],
    rank: ({ kernel }) => kernel.length + 2,
    hint: /transpose/,
    channels: ({ outChannels }) => outChannels,
    convert: (m, w) => ({ weight: kernelFirst(w.take('kernel')), ...biasFor(m, w) }),
  }),
  of([DepthwiseConv1D, DepthwiseConv2D], {
    roles: ['depthwise_kernel', 'bias?'],
    aliases: { kernel: 'depthwise_kernel' }, // in Keras 3
    rank: ({ kernel }) => kernel.length + 2,
    hint: /depthwise/,
    channels: ({ weight }) => weight.shape[0]!,
    convert: (m, w) => ({ weight: depthwiseKernel(w.take('depthwise_kernel')), ...biasFor(m, w) }),
  }),
  of([SeparableConv1D, SeparableConv2D], {
    roles: ['depthwise_kernel', 'pointwise_kernel', 'bias?'],
    hint: /separable/,
    channels: ({ pointwise }) => pointwise.outChannels,
    convert: (m, w) => {
      const bias = biasFor(m.pointwise, w).bias;
      return {
        'depthwise.weight': depthwiseKernel(w.take('depthwise_kernel')),
        'pointwise.weight': kernelFirst(w.take('pointwise_kernel')),
        ...(bias && { 'pointwise.bias': bias }),
      };
    },
  }),
  of([Conv1D, Conv2D, Conv3D], {
    roles: ['kernel', 'bias?'],
    rank: ({ kernel }) => kernel.length + 2,
    hint: /^conv[123]d(?:_\d+)?$/,
    channels: ({ outChannels }) => outChannels,
    convert: (m, w) => ({ weight: kernelFirst(w.take('kernel')), ...biasFor(m, w) }),
  }),
  of([BatchNorm], {
    roles: ['gamma?', 'beta?', 'moving_mean', 'moving_variance'],
    hint: /batch_normalization/,
    width: ({ weight, runningMean }) => (weight ?? runningMean)?.size,
    keepsChannels: true,
    convert: (m, w, flattened) => {
      const [mean, variance] = [w.take('moving_mean'), w.take('moving_variance')];
      return {
        ...affine(m, w, flattened),
        running_mean: spread(mean, flattened, mean.shape),
        running_var: spread(variance, flattened, variance.shape),
        // Keras does not count; what the module has stays
        ...(m.numBatchesTracked && { num_batches_tracked: m.numBatchesTracked.detach() }),
      };
    },
  }),
  of([LayerNorm], {
    roles: ['gamma?', 'beta?'],
    hint: /layer_normalization/,
    width: ({ weight }) => weight?.size,
    keepsChannels: true,
    convert: (m, w, flattened) => affine(m, w, flattened),
  }),
  of([GroupNorm], {
    roles: ['gamma?', 'beta?'],
    hint: /group_normalization/,
    width: ({ weight }) => weight?.size,
    keepsChannels: true,
    convert: (m, w, flattened) => affine(m, w, flattened),
  }),
  of([RMSNorm], {
    roles: ['scale'],
    hint: /rms_?norm/,
    width: ({ weight }) => weight?.size,
    keepsChannels: true,
    convert: (m, w) => ({ weight: spread(w.take('scale'), undefined, m.weight?.shape ?? []) }),
  }),
  of([Embedding], {
    roles: ['embeddings'],
    convert: (_, w) => ({ weight: w.take('embeddings') }),
  }),
  of<RecurrentLayer>([SimpleRNN, LSTM, GRU], {
    roles: ['kernel', 'recurrent_kernel', 'bias?'],
    parts: ({ bidirectional }) => (bidirectional ? ['forward/', 'backward/'] : ['']),
    count: ({ layers }) => layers,
    convert: (m, w, _, l) => recurrent(m, w, l),
  }),
  of([MultiHeadAttention], {
    roles: ['kernel', 'bias?'],
    parts: () => ['query/', 'key/', 'value/', 'output/'],
    convert: (m, w) => attention(m, w),
  }),
];
