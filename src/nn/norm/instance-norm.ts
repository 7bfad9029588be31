/** Instance normalisation: each channel of each sample by its own mean and variance. */
import { ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { RunningNorm, type RunningNormOptions } from './running-norm.ts';

/** Options of InstanceNorm: `affine` and `trackRunningStats` are false if left out, as in PyTorch. */
export type InstanceNormOptions = RunningNormOptions;

/**
 * (x − mean) / √(variance + eps) per sample and channel of [N, C, ..] (Ulyanov et al. 2016); `affine` adds a weight and a
 * bias per channel. With `trackRunningStats` evaluation uses the statistics of training. One class serves sequences,
 * images and volumes: PyTorch's InstanceNorm1d to 3d.
 */
export class InstanceNorm extends RunningNorm {
  constructor(options: InstanceNormOptions = {}) {
    super('InstanceNorm', options, false, false);
  }

  forward(input: Tensor): Tensor {
    if (input.rank < 3) {
      throw new ShapeError(
        `the input must be [N, C, .., ..] with at least one spatial dim; got ${shapeText(input.shape)}`,
      );
    }
    this.admit(input);
    const x = input.cast(this.dtype);
    const evaluated = this.byRunning(x);
    if (evaluated) return evaluated;
    if (!(x.size / (x.shape[0]! * x.shape[1]!) > 1)) {
      throw new ShapeError(
        `needs more than one value per sample and channel; got ${shapeText(x.shape)}; use BatchNorm or LayerNorm`,
      );
    }
    const dims = x.shape.map((_, d) => d).slice(2);
    return this.byOwn(x, dims);
  }
}
