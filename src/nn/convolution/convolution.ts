/** Convolutions: kernels slid over images. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText, sizeOf } from '../../core/shape.ts';
import { type ConvOptions as MethodOptions, type PerDim, perDim } from '../../tensor/convolution.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type ActivationName, activationOf } from '../activation/activation.ts';
import { type Initializer, symmetric } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';

/** Options of the convolutions. */
export interface ConvOptions extends ParameterOptions {
  /** The input's channels; taken from the first input if left out. */
  readonly inChannels?: number;
  readonly stride?: PerDim;
  /** Zeros on both sides; 'same' keeps the size (stride 1), 'valid' is 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  readonly dilation?: PerDim;
  /** Channels are split into so many groups that do not see each other. */
  readonly groups?: number;
  readonly bias?: boolean;
  /** Applied to the result. */
  readonly activation?: ActivationName | undefined;
  /** Uniform in ±1/√fanIn if left out, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Uniform in ±1/√fanIn if left out, as in PyTorch. */
  readonly biasInitializer?: Initializer | undefined;
}

/** What the convolutions of any number of dims share. */
abstract class Convolution extends LazyModule {
  readonly outChannels: number;
  readonly kernel: readonly number[];
  readonly stride: PerDim;
  readonly padding: PerDim | 'same' | 'valid';
  readonly dilation: PerDim;
  readonly groups: number;
  readonly activation: ActivationName | undefined;
  private readonly useBias: boolean;
  private readonly kernelInitializer: Initializer | undefined;
  private readonly biasInitializer: Initializer | undefined;
  private readonly activate: (x: Tensor) => Tensor;

  protected constructor(spatial: number, outChannels: number, kernel: PerDim, options: ConvOptions) {
    super(options);
    const name = `Conv${spatial}D`;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, activation } = options;
    this.outChannels = checkCount(name, 'outChannels', outChannels);
    this.kernel = perDim(name, 'kernel', kernel, spatial, 1);
    this.stride = perDim(name, 'stride', stride, spatial, 1);
    this.padding = typeof padding === 'string' ? padding : perDim(name, 'padding', padding, spatial, 0);
    this.dilation = perDim(name, 'dilation', dilation, spatial, 1);
    this.groups = checkCount(name, 'groups', groups);
    if (outChannels % groups !== 0) {
      throw new ArgumentError(`${name}: groups must divide outChannels; got ${groups} groups and ${outChannels}`);
    }
    this.activation = activation;
    this.activate = activationOf(name, activation);
    this.useBias = bias;
    this.kernelInitializer = options.kernelInitializer;
    this.biasInitializer = options.biasInitializer;
    if (options.inChannels !== undefined) this.sizeTo(options.inChannels);
  }

  /** [out, in / groups, ...kernel] */
  get weight(): Tensor {
    return this.cell('weight');
  }

  /** [out] */
  get bias(): Tensor | undefined {
    return this.useBias ? this.cell('bias') : undefined;
  }

  /** @internal */
  protected create(inChannels: number): void {
    const name = `Conv${this.kernel.length}D`;
    checkCount(name, 'inChannels', inChannels);
    if (inChannels % this.groups !== 0) {
      throw new ShapeError(
        `${name}: the groups must divide the input's channels; got ${this.groups} groups and ${inChannels} channels`,
      );
    }
    const shape = [this.outChannels, inChannels / this.groups, ...this.kernel];
    const bound = 1 / Math.sqrt(sizeOf(shape.slice(1)));
    const standard: Initializer = (of, options) => symmetric(of, bound, options);
    this.addParameter('weight', shape, this.kernelInitializer ?? standard);
    if (this.useBias) this.addParameter('bias', [this.outChannels], this.biasInitializer ?? standard);
  }

  protected abstract convolve(x: Tensor, weight: Tensor, options: MethodOptions<Tensor>): Tensor;

  forward(x: Tensor): Tensor {
    const { kernel, stride, padding, dilation, groups } = this;
    if (x.rank !== kernel.length + 2) {
      throw new ShapeError(
        `the input must be [N, C, ...${kernel.length} dims]; got ${shapeText(x.shape)}; add the missing dims by unsqueeze`,
      );
    }
    this.sizeTo(x.shape[1]!);
    const bias = this.bias;
    const options = { stride, padding, dilation, groups, ...(bias && { bias }) };
    return this.activate(this.convolve(x.cast(this.dtype), this.weight, options));
  }
}

/**
 * A convolution over images: [N, C, H, W] → [N, out, H', W'].
 * @example new nn.Conv2D(16, 3, { padding: 'same', activation: 'relu' })
 */
export class Conv2D extends Convolution {
  constructor(outChannels: number, kernel: PerDim, options: ConvOptions = {}) {
    super(2, outChannels, kernel, options);
  }

  /** @internal */
  protected convolve(x: Tensor, weight: Tensor, options: MethodOptions<Tensor>): Tensor {
    return x.conv2d(weight, options);
  }
}
