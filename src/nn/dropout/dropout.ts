/** Dropout: elements, channels or samples left out at random while training. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { input, lt, mul, scalar, where } from '../../core/expression.ts';
import { type Shape, shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkFraction } from '../module/argument.ts';
import { type DropoutOptions, RandomLayer } from './random-layer.ts';

// (x, u) with scalars keep, 1 / keep
const dropped = where(lt(input(1), scalar(0)), mul(input(0), scalar(1)), 0);

/** Leaves out whole regions of the input, each with probability p; what stays grows by 1/(1 − p). */
abstract class RegionDropout extends RandomLayer {
  readonly p: number;

  protected constructor(where: string, p: number, options: DropoutOptions) {
    super(options);
    this.p = checkFraction(where, 'p', p);
  }

  /** @internal The input's shape with 1 for dims that stay or go as one. */
  protected abstract regions(x: Tensor): Shape;

  /** @internal */
  protected get idle(): boolean {
    return this.p === 0;
  }

  /** @internal */
  protected disturb(x: Tensor): Tensor {
    const keep = 1 - this.p;
    const u = this.uniform(this.regions(x), x);
    return x.map(dropped, [u.expand(x.shape)], [keep, 1 / keep]);
  }
}

/** In training each element is 0 with probability p, the others grow by 1/(1 − p); else the identity (Srivastava et al. 2014). */
export class Dropout extends RegionDropout {
  constructor(p: number = 0.5, options: DropoutOptions = {}) {
    super('Dropout', p, options);
  }

  /** @internal */
  protected regions(x: Tensor): Shape {
    return x.shape;
  }
}

/**
 * In training each channel of each sample of [N, C, ..] is 0 as a whole with probability p, the others grow by 1/(1 − p);
 * else the identity (Tompson et al. 2015). One class serves sequences, images and volumes: Keras' SpatialDropout1D to 3D
 * and PyTorch's Dropout1d to 3d.
 */
export class SpatialDropout extends RegionDropout {
  constructor(p: number = 0.5, options: DropoutOptions = {}) {
    super('SpatialDropout', p, options);
  }

  /** @internal */
  protected regions(x: Tensor): Shape {
    if (x.rank < 3) {
      throw new ShapeError(`the input must be [N, C, ..] with at least one spatial dim; got ${shapeText(x.shape)}`);
    }
    return x.shape.map((size, d) => (d < 2 ? size : 1));
  }
}

/** Options of StochasticDepth. */
export interface StochasticDepthOptions extends DropoutOptions {
  /** What is left out as one: a sample ('row'), or the whole batch. */
  readonly mode?: 'row' | 'batch';
}

/**
 * In training each sample of [N, ..] is 0 as a whole with probability p, the others grow by 1/(1 − p); else the identity
 * (Huang et al. 2016). It stands at the end of a residual branch: `x.add(depth.forward(branch.forward(x)))`. Also known
 * as DropPath.
 */
export class StochasticDepth extends RegionDropout {
  readonly mode: 'row' | 'batch';

  constructor(p: number = 0.5, { mode = 'row', ...options }: StochasticDepthOptions = {}) {
    super('StochasticDepth', p, options);
    if (mode !== 'row' && mode !== 'batch') {
      throw new ArgumentError(`StochasticDepth: mode must be 'row' or 'batch'; got ${String(mode)}`);
    }
    this.mode = mode;
  }

  /** @internal */
  protected regions(x: Tensor): Shape {
    if (x.rank === 0) throw new ShapeError('the input must be [N, ..]; got []');
    return x.shape.map((size, d) => (d === 0 && this.mode === 'row' ? size : 1));
  }
}
