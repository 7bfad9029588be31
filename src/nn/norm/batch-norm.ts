/** Batch normalisation: each channel by the mean and variance of the batch, or of all batches so far. */
import { ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { RunningNorm, type RunningNormOptions } from './running-norm.ts';

/** Options of BatchNorm. */
export type BatchNormOptions = RunningNormOptions;

/**
 * (x − mean) / √(variance + eps)·weight + bias per channel of [N, C, ..] (Ioffe and Szegedy 2015). In training the batch's
 * own statistics are used, and taken into the running ones (the variance unbiased); in evaluation the running ones.
 * One class serves any number of dims: PyTorch's BatchNorm1d to 3d.
 */
export class BatchNorm extends RunningNorm {
  constructor(options: BatchNormOptions = {}) {
    super('BatchNorm', options, true, true);
  }

  forward(input: Tensor): Tensor {
    if (input.rank < 2) {
      throw new ShapeError(`the input must be [N, C, ..]; got ${shapeText(input.shape)}`);
    }
    this.admit(input);
    const x = input.cast(this.dtype);
    const evaluated = this.byRunning(x);
    if (evaluated) return evaluated;
    if (this.training && !(x.size / x.shape[1]! > 1)) {
      throw new ShapeError(
        `training needs more than one value per channel; got ${shapeText(x.shape)}; use a larger batch or eval()`,
      );
    }
    const dims = x.shape.map((_, d) => d).filter((d) => d !== 1);
    return this.byOwn(x, dims);
  }
}
