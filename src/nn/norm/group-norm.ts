/** Group normalisation: each group of channels of a sample by its own mean and variance. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { ones, zeros } from '../init.ts';
import { checkCount, checkEps } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';

/** Options of GroupNorm. */
export interface GroupNormOptions extends Pick<ParameterOptions, 'dtype'> {
  /** The input's channels; taken from the first input if left out. */
  readonly features?: number;
  /** Added to the variance. */
  readonly eps?: number;
  /** Whether a learned weight and bias per channel follow. */
  readonly affine?: boolean;
}

/**
 * (x − mean) / √(variance + eps)·weight + bias, the statistics over each group of neighbouring channels of [N, C, ..] and
 * all that lies in them (Wu and He 2018). One group is a LayerNorm over channels and space, as many groups as channels an
 * InstanceNorm.
 * @example new nn.GroupNorm(8)
 */
export class GroupNorm extends LazyModule {
  readonly groups: number;
  readonly eps: number;
  readonly affine: boolean;
  private known: number | undefined;

  constructor(groups: number, options: GroupNormOptions = {}) {
    super(options);
    const { features, eps = 1e-5, affine = true } = options;
    this.groups = checkCount('GroupNorm', 'groups', groups);
    this.eps = checkEps('GroupNorm', eps);
    this.affine = affine;
    if (features === undefined) return;
    checkCount('GroupNorm', 'features', features);
    if (features % groups !== 0) {
      throw new ArgumentError(`GroupNorm: groups must divide features; got ${groups} groups and ${features} features`);
    }
    this.sizeTo(features);
  }

  /** The input's channels; undefined until the first input. */
  get features(): number | undefined {
    return this.ready ? this.known : undefined;
  }

  /** [C], 1 at first. */
  get weight(): Tensor | undefined {
    return this.affine ? this.cell('weight') : undefined;
  }

  /** [C], 0 at first. */
  get bias(): Tensor | undefined {
    return this.affine ? this.cell('bias') : undefined;
  }

  /** @internal */
  protected create(features: number): void {
    this.known = features;
    if (!this.affine) return;
    this.addParameter('weight', [features], ones);
    this.addParameter('bias', [features], zeros);
  }

  forward(input: Tensor): Tensor {
    const { groups, features } = this;
    const channels = input.shape[1];
    if (!channels || (features === undefined ? channels % groups !== 0 : channels !== features)) {
      const takes = features ?? (groups === 1 ? 'at least 1' : `a multiple of ${groups}`);
      throw new ShapeError(`the input must be [N, C, ..] with ${takes} channels; got ${shapeText(input.shape)}`);
    }
    this.sizeTo(channels);
    const [batch, , ...space] = input.shape;
    const x = input.cast(this.dtype).reshape([batch!, groups, channels / groups, ...space]);
    const dim = x.shape.map((_, d) => d).slice(2);
    const centered = x.sub(x.mean({ dim, keepDim: true }));
    const variance = centered.square().mean({ dim, keepDim: true });
    const normal = centered.mul(variance.add(this.eps).rsqrt()).reshape(input.shape);
    const { weight, bias } = this;
    if (!weight || !bias) return normal;
    const perChannel = input.shape.map((_, d) => (d === 1 ? channels : 1));
    return normal.mul(weight.reshape(perChannel)).add(bias.reshape(perChannel));
  }
}
