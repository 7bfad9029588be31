/** Batch normalisation: each channel by the mean and variance of the batch, or of all batches so far. */
import { ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { ones, zeros } from '../init.ts';
import { checkCount, checkEps, checkFraction } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';

/** Options of BatchNorm. */
export interface BatchNormOptions extends Pick<ParameterOptions, 'dtype'> {
  /** The input's channels; taken from the first input if left out. */
  readonly features?: number;
  /** How much of the running statistics each batch replaces; null makes them the mean of all batches. */
  readonly momentum?: number | null;
  /** Added to the variance. */
  readonly eps?: number;
  /** Whether a learned weight and bias follow. */
  readonly affine?: boolean;
  /** Whether statistics of all batches are kept and used in evaluation; else those of the batch always are. */
  readonly trackRunningStats?: boolean;
}

/**
 * (x − mean) / √(variance + eps)·weight + bias per channel of [N, C, ..] (Ioffe and Szegedy 2015). In training the batch's
 * own statistics are used, and taken into the running ones (the variance unbiased); in evaluation the running ones.
 */
export class BatchNorm extends LazyModule {
  readonly momentum: number | null;
  readonly eps: number;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;

  constructor(options: BatchNormOptions = {}) {
    super(options);
    const { features, momentum = 0.1, eps = 1e-5, affine = true, trackRunningStats = true } = options;
    this.momentum = momentum === null ? null : checkFraction('BatchNorm', 'momentum', momentum);
    this.eps = checkEps('BatchNorm', eps);
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    if (features !== undefined) this.sizeTo(features);
  }

  /** [C], 1 at first. */
  get weight(): Tensor | undefined {
    return this.affine ? this.cell('weight') : undefined;
  }

  /** [C], 0 at first. */
  get bias(): Tensor | undefined {
    return this.affine ? this.cell('bias') : undefined;
  }

  /** [C], 0 at first. */
  get runningMean(): Tensor | undefined {
    return this.trackRunningStats ? this.cell('runningMean') : undefined;
  }

  /** [C], 1 at first. */
  get runningVar(): Tensor | undefined {
    return this.trackRunningStats ? this.cell('runningVar') : undefined;
  }

  /** How many batches the running statistics have seen, int32. */
  get numBatchesTracked(): Tensor | undefined {
    return this.trackRunningStats ? this.cell('numBatchesTracked') : undefined;
  }

  /** @internal */
  protected create(features: number): void {
    checkCount('BatchNorm', 'features', features);
    const { dtype } = this;
    if (this.affine) {
      this.addParameter('weight', [features], ones);
      this.addParameter('bias', [features], zeros);
    }
    if (this.trackRunningStats) {
      this.addBuffer('runningMean', Tensor.zeros([features], { dtype }));
      this.addBuffer('runningVar', Tensor.ones([features], { dtype }));
      this.addBuffer('numBatchesTracked', Tensor.zeros([], { dtype: 'int32' }));
    }
  }

  forward(input: Tensor): Tensor {
    if (input.rank < 2) {
      throw new ShapeError(`the input must be [N, C, ..]; got ${shapeText(input.shape)}`);
    }
    this.sizeTo(input.shape[1]!);
    const known = this.weight ?? this.runningMean;
    if (known && input.shape[1] !== known.size) {
      throw new ShapeError(
        `the input must have ${known.size} channels; got ${shapeText(input.shape)}; dim 1 holds the channels`,
      );
    }
    const x = input.cast(this.dtype);
    const perChannel = x.shape.map((_, d) => (d === 1 ? -1 : 1));
    const { runningMean, runningVar } = this;
    if (!this.training && runningMean && runningVar) return this.byRunning(x, runningMean, runningVar, perChannel);
    const count = x.size / x.shape[1]!;
    if (this.training && !(count > 1)) {
      throw new ShapeError(
        `training needs more than one value per channel; got ${shapeText(x.shape)}; use a larger batch or eval()`,
      );
    }
    const dim = x.shape.map((_, d) => d).filter((d) => d !== 1);
    const mean = x.mean({ dim, keepDim: true });
    const centered = x.sub(mean);
    const variance = centered.square().mean({ dim, keepDim: true });
    if (this.training) this.learn(mean, variance, count);
    const normal = centered.mul(variance.add(this.eps).rsqrt());
    const { weight, bias } = this;
    return weight && bias ? normal.mul(weight.reshape(perChannel)).add(bias.reshape(perChannel)) : normal;
  }

  /** One product and one sum per element: the rest is done per channel. */
  private byRunning(x: Tensor, mean: Tensor, variance: Tensor, perChannel: readonly number[]): Tensor {
    const { weight, bias } = this;
    const root = variance.add(this.eps).rsqrt();
    const scale = weight ? root.mul(weight) : root;
    const shift = mean.mul(scale).neg();
    return x.mul(scale.reshape(perChannel)).add((bias ? shift.add(bias) : shift).reshape(perChannel));
  }

  private learn(mean: Tensor, variance: Tensor, count: number): void {
    const { runningMean, runningVar, numBatchesTracked, momentum } = this;
    if (!runningMean || !runningVar || !numBatchesTracked) return;
    noGrad(() => {
      numBatchesTracked.assign(numBatchesTracked.add(1));
      const share = momentum ?? numBatchesTracked.cast(this.dtype).reciprocal();
      const blend = (known: Tensor, found: Tensor): Tensor => {
        return known.assign(known.add(found.detach().reshape([-1]).sub(known).mul(share)));
      };
      blend(runningMean, mean);
      blend(runningVar, variance.mul(count / (count - 1)));
    });
  }
}
