/** Convolutions: kernels slid over sequences, images and volumes. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';
import { type ConvPadding, type PerDim, paddingOf } from '../../tensor/convolution.ts';
import type { Padding } from '../../tensor/indexing.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { KernelLayer, type KernelOptions } from './kernel-layer.ts';

/** What stands around an input: zeros, its mirror image, its border repeated, or its other end. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** All padding modes. */
export const paddingModes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** Options of convolutions whose groups are given by the layer. */
export interface PaddedOptions extends KernelOptions {
  /**
   * Elements added on both sides; 'same' keeps the size (stride 1), 'valid' is 0, 'causal' (one spatial dim) puts all of
   * them in front, so that no result sees what comes after it.
   */
  readonly padding?: ConvPadding;
  /** What is added. */
  readonly paddingMode?: PaddingMode;
}

/** Options of the convolutions. */
export interface ConvOptions extends PaddedOptions {
  /** Channels are split into so many groups that do not see each other. */
  readonly groups?: number;
}

/** A convolution of any number of spatial dims and groups. */
export abstract class PaddedConvolution extends KernelLayer {
  readonly padding: ConvPadding;
  readonly paddingMode: PaddingMode;
  private readonly around: readonly Padding[];

  protected constructor(title: string, spatial: number, kernel: PerDim, options: PaddedOptions) {
    super(title, spatial, kernel, options);
    const { padding = 0, paddingMode = 'zeros' } = options;
    if (!paddingModes.includes(paddingMode)) {
      throw new ArgumentError(
        `${title}: paddingMode must be one of ${paddingModes.join(', ')}; got ${String(paddingMode)}`,
      );
    }
    this.padding = padding;
    this.paddingMode = paddingMode;
    this.around = paddingOf(title, padding, this.kernel, this.stride, this.dilation);
  }

  /** @internal */
  protected abstract get groupCount(): number;

  /** @internal */
  protected convolve(x: Tensor, bias: Tensor | undefined): Tensor {
    const { stride, dilation, paddingMode, weight } = this;
    const zeros = paddingMode === 'zeros';
    const padded = zeros ? x : x.pad(this.around, { mode: paddingMode });
    const padding = zeros ? this.padding : 0;
    const options = { stride, padding, dilation, groups: this.groupCount, ...(bias && { bias }) };
    if (this.kernel.length === 1) return padded.conv1d(weight, options);
    return this.kernel.length === 2 ? padded.conv2d(weight, options) : padded.conv3d(weight, options);
  }
}

/** A convolution with a number of channels and groups of its own. */
abstract class Convolution extends PaddedConvolution {
  readonly outChannels: number;
  readonly groups: number;

  protected constructor(title: string, spatial: number, outChannels: number, kernel: PerDim, options: ConvOptions) {
    super(title, spatial, kernel, options);
    this.outChannels = checkCount(title, 'outChannels', outChannels);
    this.groups = checkCount(title, 'groups', options.groups ?? 1);
    if (outChannels % this.groups !== 0) {
      throw new ArgumentError(`${title}: groups must divide outChannels; got ${this.groups} groups and ${outChannels}`);
    }
    if (options.inChannels !== undefined) this.sizeTo(options.inChannels);
  }

  get inChannels(): number {
    return this.shapeOf('weight')[1]! * this.groups;
  }

  /** @internal */
  protected get groupCount(): number {
    return this.groups;
  }

  /** @internal */
  protected sizesFor(inChannels: number): { readonly weight: Shape; readonly outChannels: number } {
    if (inChannels % this.groups !== 0) {
      throw new ShapeError(
        `${this.title}: the groups must divide the input's channels; got ${this.groups} groups and ${inChannels} channels`,
      );
    }
    const { outChannels } = this;
    return { weight: [outChannels, inChannels / this.groups, ...this.kernel], outChannels };
  }
}

/**
 * A convolution over sequences: [N, C, L] → [N, out, L'].
 * @example new nn.Conv1D(32, 3, { padding: 'causal', dilation: 2 })
 */
export class Conv1D extends Convolution {
  constructor(outChannels: number, kernel: PerDim, options: ConvOptions = {}) {
    super('Conv1D', 1, outChannels, kernel, options);
  }
}

/**
 * A convolution over images: [N, C, H, W] → [N, out, H', W'].
 * @example new nn.Conv2D(16, 3, { padding: 'same', activation: 'relu' })
 */
export class Conv2D extends Convolution {
  constructor(outChannels: number, kernel: PerDim, options: ConvOptions = {}) {
    super('Conv2D', 2, outChannels, kernel, options);
  }
}

/**
 * A convolution over volumes: [N, C, D, H, W] → [N, out, D', H', W'].
 * @example new nn.Conv3D(8, 3, { stride: [1, 2, 2] })
 */
export class Conv3D extends Convolution {
  constructor(outChannels: number, kernel: PerDim, options: ConvOptions = {}) {
    super('Conv3D', 3, outChannels, kernel, options);
  }
}
