/** What layers share that slide a kernel over their input. */
import { ShapeError } from '../../core/errors.ts';
import { type Shape, shapeText, sizeOf } from '../../core/shape.ts';
import { type PerDim, perDim } from '../../tensor/convolution.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type ActivationName, activationOf } from '../activation/activation.ts';
import { type Initializer, symmetric } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';
import type { WeightRules } from '../parametrize/weight-rules.ts';

/** Options of every layer with a kernel. */
export interface KernelOptions extends ParameterOptions, WeightRules {
  /** The input's channels; taken from the first input if left out. */
  readonly inChannels?: number;
  readonly stride?: PerDim;
  readonly dilation?: PerDim;
  readonly bias?: boolean;
  /** Applied to the result. */
  readonly activation?: ActivationName | undefined;
  /** Uniform in ±1/√fanIn if left out, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Uniform in ±1/√fanIn if left out, as in PyTorch. */
  readonly biasInitializer?: Initializer | undefined;
}

export abstract class KernelLayer extends LazyModule {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly activation: ActivationName | undefined;
  /** What messages call it. */
  protected readonly title: string;
  protected readonly useBias: boolean;
  private readonly kernelInitializer: Initializer | undefined;
  private readonly biasInitializer: Initializer | undefined;
  private readonly activate: (x: Tensor) => Tensor;

  protected constructor(title: string, spatial: number, kernel: PerDim, options: KernelOptions) {
    super(options);
    const { stride = 1, dilation = 1, bias = true, activation } = options;
    this.title = title;
    this.kernel = perDim(title, 'kernel', kernel, spatial, 1);
    this.stride = perDim(title, 'stride', stride, spatial, 1);
    this.dilation = perDim(title, 'dilation', dilation, spatial, 1);
    this.activation = activation;
    this.activate = activationOf(title, activation);
    this.useBias = bias;
    this.kernelInitializer = options.kernelInitializer;
    this.biasInitializer = options.biasInitializer;
  }

  /** [out, in / groups, ...kernel], of the transposed ones [in, out / groups, ...kernel] */
  get weight(): Tensor {
    return this.cell('weight');
  }

  /** [out] */
  get bias(): Tensor | undefined {
    return this.useBias ? this.cell('bias') : undefined;
  }

  /** The channels that it takes. @throws StateError where it has seen no input yet. */
  abstract get inChannels(): number;

  /** @internal The shape of the weight, and the channels that come out. */
  protected abstract sizesFor(inChannels: number): { readonly weight: Shape; readonly outChannels: number };

  /** @internal */
  protected abstract convolve(x: Tensor, bias: Tensor | undefined): Tensor;

  /** @internal */
  protected create(inChannels: number): void {
    checkCount(this.title, 'inChannels', inChannels);
    const { weight, outChannels } = this.sizesFor(inChannels);
    const bound = 1 / Math.sqrt(sizeOf(weight.slice(1)));
    const standard: Initializer = (of, options) => symmetric(of, bound, options);
    this.addParameter('weight', weight, this.kernelInitializer ?? standard);
    if (this.useBias) this.addParameter('bias', [outChannels], this.biasInitializer ?? standard);
  }

  forward(x: Tensor): Tensor {
    const spatial = this.kernel.length;
    if (x.rank !== spatial + 2) {
      throw new ShapeError(
        `the input must be [N, C, ...${spatial} dims]; got ${shapeText(x.shape)}; add the missing dims by unsqueeze`,
      );
    }
    const channels = x.shape[1]!;
    this.sizeTo(channels);
    if (channels !== this.inChannels) {
      throw new ShapeError(`the input must have ${this.inChannels} channels in dim 1; got ${shapeText(x.shape)}`);
    }
    return this.activate(this.convolve(x.cast(this.dtype), this.bias));
  }
}
