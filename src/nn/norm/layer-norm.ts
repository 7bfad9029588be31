/** Layer normalisation: each sample by its own mean and variance. */
import { ShapeError } from '../../core/errors.ts';
import { checkShape, type Shape, sameShape, shapeText, sizeOf } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { checkEps } from '../module/argument.ts';
import { parameter } from '../module/cell.ts';
import type { ParameterOptions } from '../module/lazy.ts';
import { Module } from '../module/module.ts';

/** Options of LayerNorm. */
export interface LayerNormOptions extends Pick<ParameterOptions, 'dtype'> {
  /** Added to the variance. */
  readonly eps?: number;
  /** Whether a learned weight and bias follow. */
  readonly affine?: boolean;
}

/** (x − mean) / √(variance + eps)·weight + bias over the last dims (Ba et al. 2016). */
export class LayerNorm extends Module {
  /** The sizes of the dims that are normalised together. */
  readonly normalizedShape: Shape;
  readonly eps: number;
  /** Of the normalised shape, 1 at first. */
  readonly weight: Tensor | undefined;
  /** Of the normalised shape, 0 at first. */
  readonly bias: Tensor | undefined;

  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = true, dtype = 'float32' } = options;
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    if (shape.length === 0 || sizeOf(checkShape('LayerNorm', shape)) === 0) {
      throw new ShapeError(`LayerNorm: needs at least one dim, each of at least 1; got ${shapeText(shape)}`);
    }
    this.normalizedShape = shape;
    this.eps = checkEps('LayerNorm', eps);
    this.weight = affine ? parameter(Tensor.ones(shape, { dtype })) : undefined;
    this.bias = affine ? parameter(Tensor.zeros(shape, { dtype })) : undefined;
  }

  forward(x: Tensor): Tensor {
    const { normalizedShape: shape, weight, bias } = this;
    if (!sameShape(x.shape.slice(-shape.length), shape)) {
      throw new ShapeError(`the last dims of the input must be ${shapeText(shape)}; got ${shapeText(x.shape)}`);
    }
    const own = weight ? x.cast(weight.dtype) : x;
    const dim = shape.map((_, d) => d - shape.length);
    const centered = own.sub(own.mean({ dim, keepDim: true }));
    const variance = centered.square().mean({ dim, keepDim: true });
    const normal = centered.mul(variance.add(this.eps).rsqrt());
    return weight && bias ? normal.mul(weight).add(bias) : normal;
  }
}
