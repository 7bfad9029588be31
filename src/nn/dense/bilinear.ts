/** The layer of all products of two inputs. */
import { ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Initializer, symmetric } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';
import type { WeightRules } from '../parametrize/weight-rules.ts';

/** Options of Bilinear. */
export interface BilinearOptions extends ParameterOptions, WeightRules {
  /** The sizes of both inputs' last dims; taken from the first inputs unless both are given. */
  readonly inFeatures?: readonly [first: number, second: number];
  readonly bias?: boolean;
  /** Uniform in ±1/√(first size) if left out, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Uniform in ±1/√(first size) if left out, as in PyTorch. */
  readonly biasInitializer?: Initializer | undefined;
}

/**
 * x₁ᵀ·Wₖ·x₂ + bₖ for each feature k: [.., in1] and [.., in2] → [.., out].
 * @example new nn.Bilinear(16).forward(question, answer)
 */
export class Bilinear extends LazyModule {
  readonly outFeatures: number;
  private readonly useBias: boolean;
  private readonly kernelInitializer: Initializer | undefined;
  private readonly biasInitializer: Initializer | undefined;

  constructor(outFeatures: number, options: BilinearOptions = {}) {
    super(options);
    const { inFeatures, bias = true, kernelInitializer, biasInitializer } = options;
    this.outFeatures = checkCount('Bilinear', 'outFeatures', outFeatures);
    this.useBias = bias;
    this.kernelInitializer = kernelInitializer;
    this.biasInitializer = biasInitializer;
    if (inFeatures) this.sizeTo(...inFeatures);
  }

  /** [out, in1, in2] */
  get weight(): Tensor {
    return this.cell('weight');
  }

  /** [out] */
  get bias(): Tensor | undefined {
    return this.useBias ? this.cell('bias') : undefined;
  }

  /** @internal */
  protected create(first: number, second: number): void {
    checkCount('Bilinear', 'the first of inFeatures', first);
    checkCount('Bilinear', 'the second of inFeatures', second);
    const standard: Initializer = (shape, options) => symmetric(shape, 1 / Math.sqrt(first), options);
    this.addParameter('weight', [this.outFeatures, first, second], this.kernelInitializer ?? standard);
    if (this.useBias) this.addParameter('bias', [this.outFeatures], this.biasInitializer ?? standard);
  }

  forward(first: Tensor, second: Tensor): Tensor {
    if (first.rank === 0 || second.rank === 0) {
      throw new ShapeError(
        `both inputs must be [.., features]; got ${shapeText(first.shape)} and ${shapeText(second.shape)}`,
      );
    }
    this.sizeTo(first.shape.at(-1)!, second.shape.at(-1)!);
    return first.cast(this.dtype).bilinear(second.cast(this.dtype), this.weight, this.bias);
  }
}
