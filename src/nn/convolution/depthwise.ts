/** Convolutions of each channel by itself, alone and followed by one over the channels. */
import type { Shape } from '../../core/shape.ts';
import type { PerDim } from '../../tensor/convolution.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Initializer } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { Module } from '../module/module.ts';
import type { Constraint, Regularizer } from '../parametrize/weight-rules.ts';
import { Conv1D, Conv2D, PaddedConvolution, type PaddedOptions } from './convolution.ts';

/** Options of the depthwise convolutions. */
export interface DepthwiseOptions extends PaddedOptions {
  /** How many channels come out of each. */
  readonly depthMultiplier?: number;
}

/** What the depthwise convolutions of any number of dims share. */
abstract class DepthwiseConvolution extends PaddedConvolution {
  readonly depthMultiplier: number;

  protected constructor(title: string, spatial: number, kernel: PerDim, options: DepthwiseOptions) {
    super(title, spatial, kernel, options);
    this.depthMultiplier = checkCount(title, 'depthMultiplier', options.depthMultiplier ?? 1);
    if (options.inChannels !== undefined) this.sizeTo(options.inChannels);
  }

  get inChannels(): number {
    return this.shapeOf('weight')[0]! / this.depthMultiplier;
  }

  /** @internal */
  protected get groupCount(): number {
    return this.inChannels;
  }

  /** @internal */
  protected sizesFor(inChannels: number): { readonly weight: Shape; readonly outChannels: number } {
    const outChannels = inChannels * this.depthMultiplier;
    return { weight: [outChannels, 1, ...this.kernel], outChannels };
  }
}

/** Each channel of sequences convolved by kernels of its own: [N, C, L] → [N, C·depthMultiplier, L']. */
export class DepthwiseConv1D extends DepthwiseConvolution {
  constructor(kernel: PerDim, options: DepthwiseOptions = {}) {
    super('DepthwiseConv1D', 1, kernel, options);
  }
}

/**
 * Each channel of images convolved by kernels of its own: [N, C, H, W] → [N, C·depthMultiplier, H', W']. The weight is
 * [C·depthMultiplier, 1, ...kernel], as of PyTorch's Conv2d with one group per channel.
 * @example new nn.DepthwiseConv2D(3, { padding: 'same' })
 */
export class DepthwiseConv2D extends DepthwiseConvolution {
  constructor(kernel: PerDim, options: DepthwiseOptions = {}) {
    super('DepthwiseConv2D', 2, kernel, options);
  }
}

/** Options of the separable convolutions. */
export interface SeparableOptions
  extends Omit<DepthwiseOptions, 'kernelInitializer' | 'kernelRegularizer' | 'kernelConstraint'> {
  /** Uniform in ±1/√fanIn if left out, as in PyTorch. */
  readonly depthwiseInitializer?: Initializer | undefined;
  /** Uniform in ±1/√fanIn if left out, as in PyTorch. */
  readonly pointwiseInitializer?: Initializer | undefined;
  readonly depthwiseRegularizer?: Regularizer | undefined;
  readonly pointwiseRegularizer?: Regularizer | undefined;
  readonly depthwiseConstraint?: Constraint | undefined;
  readonly pointwiseConstraint?: Constraint | undefined;
}

/** The options of both parts: a bias and an activation come once, at the end. */
function partsOf(options: SeparableOptions): { readonly first: DepthwiseOptions; readonly second: PaddedOptions } {
  const { depthwiseInitializer, pointwiseInitializer, biasInitializer, bias = true, activation, ...others } = options;
  const { depthwiseRegularizer, pointwiseRegularizer, biasRegularizer, ...more } = others;
  const { depthwiseConstraint, pointwiseConstraint, biasConstraint, ...rest } = more;
  const { dtype, generator, inChannels, depthMultiplier = 1 } = rest;
  return {
    first: {
      ...rest,
      bias: false,
      kernelInitializer: depthwiseInitializer,
      kernelRegularizer: depthwiseRegularizer,
      kernelConstraint: depthwiseConstraint,
    },
    second: {
      ...(dtype && { dtype }),
      ...(inChannels !== undefined && { inChannels: inChannels * depthMultiplier }),
      generator,
      bias,
      activation,
      kernelInitializer: pointwiseInitializer,
      biasInitializer,
      kernelRegularizer: pointwiseRegularizer,
      biasRegularizer,
      kernelConstraint: pointwiseConstraint,
      biasConstraint,
    },
  };
}

/** A depthwise convolution and a pointwise one: [N, C, L] → [N, C·depthMultiplier, L'] → [N, out, L']. */
export class SeparableConv1D extends Module {
  readonly depthwise: DepthwiseConv1D;
  readonly pointwise: Conv1D;

  constructor(outChannels: number, kernel: PerDim, options: SeparableOptions = {}) {
    super();
    const { first, second } = partsOf(options);
    checkCount('SeparableConv1D', 'outChannels', outChannels);
    this.depthwise = new DepthwiseConv1D(kernel, first);
    this.pointwise = new Conv1D(outChannels, 1, second);
  }

  forward(x: Tensor): Tensor {
    return this.pointwise.forward(this.depthwise.forward(x));
  }
}

/**
 * A depthwise convolution, which looks at the surroundings, and a pointwise one, which mixes the channels:
 * [N, C, H, W] → [N, C·depthMultiplier, H', W'] → [N, out, H', W'] (Chollet 2017).
 * @example new nn.SeparableConv2D(64, 3, { padding: 'same', activation: 'relu' })
 */
export class SeparableConv2D extends Module {
  readonly depthwise: DepthwiseConv2D;
  readonly pointwise: Conv2D;

  constructor(outChannels: number, kernel: PerDim, options: SeparableOptions = {}) {
    super();
    const { first, second } = partsOf(options);
    checkCount('SeparableConv2D', 'outChannels', outChannels);
    this.depthwise = new DepthwiseConv2D(kernel, first);
    this.pointwise = new Conv2D(outChannels, 1, second);
  }

  forward(x: Tensor): Tensor {
    return this.pointwise.forward(this.depthwise.forward(x));
  }
}
