/** The fully connected layer. */
import { ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type ActivationName, activationOf } from '../activation/activation.ts';
import { type Initializer, symmetric } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';
import type { WeightRules } from '../parametrize/weight-rules.ts';

/** Options of Dense. */
export interface DenseOptions extends ParameterOptions, WeightRules {
  /** The size of the input's last dim; taken from the first input if left out. */
  readonly inFeatures?: number;
  readonly bias?: boolean;
  /** Applied to the result. */
  readonly activation?: ActivationName | undefined;
  /** Uniform in ±1/√inFeatures if left out, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Uniform in ±1/√inFeatures if left out, as in PyTorch. */
  readonly biasInitializer?: Initializer | undefined;
}

/**
 * x·Wᵀ + b over the last dim: [.., in] → [.., out].
 * @example new nn.Dense(128, { activation: 'relu' })
 */
export class Dense extends LazyModule {
  readonly outFeatures: number;
  readonly activation: ActivationName | undefined;
  private readonly useBias: boolean;
  private readonly kernelInitializer: Initializer | undefined;
  private readonly biasInitializer: Initializer | undefined;
  private readonly activate: (x: Tensor) => Tensor;

  constructor(outFeatures: number, options: DenseOptions = {}) {
    super(options);
    const { inFeatures, bias = true, activation, kernelInitializer, biasInitializer } = options;
    this.outFeatures = checkCount('Dense', 'outFeatures', outFeatures);
    this.activation = activation;
    this.activate = activationOf('Dense', activation);
    this.useBias = bias;
    this.kernelInitializer = kernelInitializer;
    this.biasInitializer = biasInitializer;
    if (inFeatures !== undefined) this.sizeTo(inFeatures);
  }

  /** [out, in] */
  get weight(): Tensor {
    return this.cell('weight');
  }

  /** [out] */
  get bias(): Tensor | undefined {
    return this.useBias ? this.cell('bias') : undefined;
  }

  /** @internal */
  protected create(inFeatures: number): void {
    checkCount('Dense', 'inFeatures', inFeatures);
    const standard: Initializer = (shape, options) => symmetric(shape, 1 / Math.sqrt(inFeatures), options);
    this.addParameter('weight', [this.outFeatures, inFeatures], this.kernelInitializer ?? standard);
    if (this.useBias) this.addParameter('bias', [this.outFeatures], this.biasInitializer ?? standard);
  }

  forward(x: Tensor): Tensor {
    if (x.rank === 0) throw new ShapeError(`the input must be [.., features]; got ${shapeText(x.shape)}`);
    this.sizeTo(x.shape[x.rank - 1]!);
    return this.activate(x.cast(this.dtype).linear(this.weight, this.bias));
  }
}
