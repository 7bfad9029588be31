/** Root-mean-square normalisation: each sample by its own length. */
import type { Dtype } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { checkShape, type Shape, sameShape, shapeText, sizeOf } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { checkEps } from '../module/argument.ts';
import { parameter } from '../module/cell.ts';
import type { ParameterOptions } from '../module/lazy.ts';
import { Module } from '../module/module.ts';

/** Options of RMSNorm. */
export interface RMSNormOptions extends Pick<ParameterOptions, 'dtype'> {
  /** Added to the mean square; the distance from 1 to the next number of the dtype if left out, as in PyTorch. */
  readonly eps?: number | undefined;
  /** Whether a learned weight follows. */
  readonly affine?: boolean;
}

const float32Epsilon = 2 ** -23;

/**
 * x / √(mean(x²) + eps)·weight over the last dims (Zhang and Sennrich 2019).
 * @example new nn.RMSNorm(512, { eps: 1e-6 })
 */
export class RMSNorm extends Module {
  /** The sizes of the dims that are normalised together. */
  readonly normalizedShape: Shape;
  /** Undefined for the dtype's own. */
  readonly eps: number | undefined;
  readonly dtype: Dtype;
  /** Of the normalised shape, 1 at first. */
  readonly weight: Tensor | undefined;

  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    super();
    const { eps, affine = true, dtype = 'float32' } = options;
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    if (shape.length === 0 || sizeOf(checkShape('RMSNorm', shape)) === 0) {
      throw new ShapeError(`RMSNorm: needs at least one dim, each of at least 1; got ${shapeText(shape)}`);
    }
    this.normalizedShape = shape;
    this.eps = eps === undefined ? undefined : checkEps('RMSNorm', eps);
    this.dtype = dtype;
    this.weight = affine ? parameter(Tensor.ones(shape, { dtype })) : undefined;
  }

  forward(input: Tensor): Tensor {
    const { normalizedShape: shape, weight, dtype } = this;
    if (!sameShape(input.shape.slice(-shape.length), shape)) {
      throw new ShapeError(`the last dims of the input must be ${shapeText(shape)}; got ${shapeText(input.shape)}`);
    }
    const x = input.cast(dtype);
    const dim = shape.map((_, d) => d - shape.length);
    const eps = this.eps ?? (dtype === 'float64' ? Number.EPSILON : float32Epsilon);
    const normal = x.mul(x.square().mean({ dim, keepDim: true }).add(eps).rsqrt());
    return weight ? normal.mul(weight) : normal;
  }
}
