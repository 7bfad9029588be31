/** What the normalisations with running statistics share: cells per channel, and how each batch is taken into them. */
import { ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { ones, zeros } from '../init.ts';
import { checkCount, checkEps, checkFraction } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';

/** Options of BatchNorm and InstanceNorm. */
export interface RunningNormOptions extends Pick<ParameterOptions, 'dtype'> {
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

/** Inputs [N, C, ..] by mean and variance: of the input itself in training, else of all inputs so far. */
export abstract class RunningNorm extends LazyModule {
  readonly momentum: number | null;
  readonly eps: number;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;

  protected constructor(where: string, options: RunningNormOptions, affine: boolean, trackRunningStats: boolean) {
    super(options);
    const { features, momentum = 0.1, eps = 1e-5 } = options;
    this.momentum = momentum === null ? null : checkFraction(where, 'momentum', momentum);
    this.eps = checkEps(where, eps);
    this.affine = options.affine ?? affine;
    this.trackRunningStats = options.trackRunningStats ?? trackRunningStats;
    if (features !== undefined) this.sizeTo(checkCount(where, 'features', features));
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
    checkCount(this.typeName, 'features', features);
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

  /** @internal Makes the cells, or refuses an input of other channels. */
  protected admit(input: Tensor): void {
    this.sizeTo(input.shape[1]!);
    const known = this.affine ? this.weight : this.runningMean;
    if (known && input.shape[1] !== known.size) {
      throw new ShapeError(
        `the input must have ${known.size} channels; got ${shapeText(input.shape)}; dim 1 holds the channels`,
      );
    }
  }

  /** @internal One product and one sum per element, the rest is done per channel; undefined where there are no statistics. */
  protected byRunning(x: Tensor): Tensor | undefined {
    const { weight, bias, runningMean, runningVar } = this;
    if (this.training || !runningMean || !runningVar) return undefined;
    const perChannel = channelsOf(x);
    const root = runningVar.add(this.eps).rsqrt();
    const scale = weight ? root.mul(weight) : root;
    const shift = runningMean.mul(scale).neg();
    return x.mul(scale.reshape(perChannel)).add((bias ? shift.add(bias) : shift).reshape(perChannel));
  }

  /** @internal By mean and variance over these dims, which are kept. */
  protected byOwn(x: Tensor, dim: readonly number[]): Tensor {
    const mean = x.mean({ dim, keepDim: true });
    const centered = x.sub(mean);
    const variance = centered.square().mean({ dim, keepDim: true });
    if (this.training) this.learn(mean, variance, x.size / mean.size);
    const normal = centered.mul(variance.add(this.eps).rsqrt());
    const { weight, bias } = this;
    if (!weight || !bias) return normal;
    const perChannel = channelsOf(x);
    return normal.mul(weight.reshape(perChannel)).add(bias.reshape(perChannel));
  }

  /** @param count how many elements each variance is of: the running one is unbiased. */
  private learn(mean: Tensor, variance: Tensor, count: number): void {
    const { runningMean, runningVar, numBatchesTracked, momentum } = this;
    if (!runningMean || !runningVar || !numBatchesTracked) return;
    noGrad(() => {
      numBatchesTracked.assign(numBatchesTracked.add(1));
      const share = momentum ?? numBatchesTracked.cast(this.dtype).reciprocal();
      const blend = (known: Tensor, found: Tensor): Tensor => {
        const [rows, channels] = [found.shape[0]!, found.shape[1]!];
        const own = found.detach().reshape([rows, channels]);
        const one = rows === 1 ? own.reshape([channels]) : own.mean({ dim: 0 });
        return known.assign(known.add(one.sub(known).mul(share)));
      };
      blend(runningMean, mean);
      blend(runningVar, variance.mul(count / (count - 1)));
    });
  }
}

function channelsOf(x: Tensor): number[] {
  return x.shape.map((_, d) => (d === 1 ? -1 : 1));
}
