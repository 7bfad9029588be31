/** Local response normalisation: each element by the squares of its neighbours in other channels. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { Module } from '../module/module.ts';

/** Options of LocalResponseNorm. */
export interface LocalResponseNormOptions {
  /** The weight of the neighbours' mean square. */
  readonly alpha?: number;
  readonly beta?: number;
  /** Added to the mean square. */
  readonly k?: number;
}

/**
 * x / (k + alpha·mean(x²))^beta over [N, C, ..], the mean over `size` neighbouring channels, zeros beyond the first and
 * the last (Krizhevsky et al. 2012, in PyTorch's form).
 */
export class LocalResponseNorm extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(size: number, { alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions = {}) {
    super();
    this.size = checkCount('LocalResponseNorm', 'size', size);
    for (const [name, value] of Object.entries({ alpha, beta, k })) {
      if (!Number.isFinite(value)) throw new ArgumentError(`LocalResponseNorm: ${name} must be a number; got ${value}`);
    }
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }

  forward(x: Tensor): Tensor {
    const { size, alpha, beta, k } = this;
    if (x.rank < 3) {
      throw new ShapeError(`the input must be [N, C, ..] with at least one spatial dim; got ${shapeText(x.shape)}`);
    }
    const [batch, channels, ...space] = x.shape;
    // windows along the channels are those of an image of one channel: [N, 1, C, everything else]
    const squares = x.square().reshape([batch!, 1, channels!, space.reduce((n, s) => n * s, 1)]);
    const before = Math.floor(size / 2);
    const means = squares
      .pad([
        [before, size - 1 - before],
        [0, 0],
      ])
      .avgPool2d([size, 1], { stride: 1 });
    return x.div(means.reshape(x.shape).mul(alpha).add(k).pow(beta));
  }
}
