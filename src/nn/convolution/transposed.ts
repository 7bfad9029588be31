/** Transposed convolutions: the adjoints of convolutions, which make images larger. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type Shape, shapeText } from '../../core/shape.ts';
import { type PerDim, perDim } from '../../tensor/convolution.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { KernelLayer, type KernelOptions } from './kernel-layer.ts';

/** Options of the transposed convolutions. */
export interface TransposedOptions extends KernelOptions {
  /** Elements cut off on both sides. */
  readonly padding?: PerDim;
  /** Elements added at the far side; fewer than the stride or the dilation. */
  readonly outputPadding?: PerDim;
  /** Channels are split into so many groups that do not see each other. */
  readonly groups?: number;
}

/** What the transposed convolutions of any number of dims share. */
abstract class TransposedConvolution extends KernelLayer {
  readonly outChannels: number;
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
  readonly groups: number;

  protected constructor(
    title: string,
    spatial: number,
    outChannels: number,
    kernel: PerDim,
    options: TransposedOptions,
  ) {
    super(title, spatial, kernel, options);
    const { padding = 0, outputPadding = 0, groups = 1 } = options;
    this.outChannels = checkCount(title, 'outChannels', outChannels);
    this.padding = perDim(title, 'padding', padding, spatial, 0);
    this.outputPadding = perDim(title, 'outputPadding', outputPadding, spatial, 0);
    this.groups = checkCount(title, 'groups', groups);
    if (outChannels % groups !== 0) {
      throw new ArgumentError(`${title}: groups must divide outChannels; got ${groups} groups and ${outChannels}`);
    }
    if (this.outputPadding.some((n, d) => n >= Math.max(this.stride[d]!, this.dilation[d]!))) {
      throw new ArgumentError(
        `${title}: outputPadding must be smaller than stride or dilation; got ${shapeText(this.outputPadding)}`,
      );
    }
    if (options.inChannels !== undefined) this.sizeTo(options.inChannels);
  }

  get inChannels(): number {
    return this.shapeOf('weight')[0]!;
  }

  /** @internal */
  protected sizesFor(inChannels: number): { readonly weight: Shape; readonly outChannels: number } {
    const { groups, outChannels } = this;
    if (inChannels % groups !== 0) {
      throw new ShapeError(
        `${this.title}: the groups must divide the input's channels; got ${groups} groups and ${inChannels} channels`,
      );
    }
    return { weight: [inChannels, outChannels / groups, ...this.kernel], outChannels };
  }

  /** @internal */
  protected convolve(x: Tensor, bias: Tensor | undefined): Tensor {
    const { stride, padding, outputPadding, dilation, groups, weight } = this;
    const options = { stride, padding, outputPadding, dilation, groups, ...(bias && { bias }) };
    if (this.kernel.length === 1) return x.convTranspose1d(weight, options);
    return this.kernel.length === 2 ? x.convTranspose2d(weight, options) : x.convTranspose3d(weight, options);
  }
}

/** The adjoint of a convolution over sequences: [N, C, L] → [N, out, (L − 1)·stride + kernel] without padding. */
export class ConvTranspose1D extends TransposedConvolution {
  constructor(outChannels: number, kernel: PerDim, options: TransposedOptions = {}) {
    super('ConvTranspose1D', 1, outChannels, kernel, options);
  }
}

/**
 * The adjoint of a convolution over images: [N, C, H, W] → [N, out, (H − 1)·stride + kernel, …] without padding.
 * @example new nn.ConvTranspose2D(16, 4, { stride: 2, padding: 1 }) // twice the height and width
 */
export class ConvTranspose2D extends TransposedConvolution {
  constructor(outChannels: number, kernel: PerDim, options: TransposedOptions = {}) {
    super('ConvTranspose2D', 2, outChannels, kernel, options);
  }
}

/** The adjoint of a convolution over volumes: [N, C, D, H, W] → [N, out, (D − 1)·stride + kernel, …] without padding. */
export class ConvTranspose3D extends TransposedConvolution {
  constructor(outChannels: number, kernel: PerDim, options: TransposedOptions = {}) {
    super('ConvTranspose3D', 3, outChannels, kernel, options);
  }
}
