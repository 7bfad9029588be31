/** Noise while training: normal factors, or normal terms. */
import { ArgumentError } from '../../core/errors.ts';
import { add, input, mul, scalar } from '../../core/expression.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type DropoutOptions, RandomLayer } from './random-layer.ts';

// (x, standard normal) with the scalar std
const scaled = mul(input(0), add(mul(input(1), scalar(0)), 1));
const moved = add(input(0), mul(input(1), scalar(0)));

/**
 * In training each element is multiplied by a normal number of mean 1 and variance p/(1 − p), that of Dropout's factors;
 * else the identity (Srivastava et al. 2014, section 10).
 */
export class GaussianDropout extends RandomLayer {
  readonly p: number;

  constructor(p: number = 0.5, options: DropoutOptions = {}) {
    super(options);
    if (!(p >= 0 && p < 1)) throw new ArgumentError(`GaussianDropout: p must be from 0 to below 1; got ${p}`);
    this.p = p;
  }

  /** @internal */
  protected get idle(): boolean {
    return this.p === 0;
  }

  /** @internal */
  protected disturb(x: Tensor): Tensor {
    return x.map(scaled, [this.normal(x.shape, x)], [Math.sqrt(this.p / (1 - this.p))]);
  }
}

/** In training a normal number of mean 0 and standard deviation `std` is added to each element; else the identity. */
export class GaussianNoise extends RandomLayer {
  readonly std: number;

  constructor(std: number, options: DropoutOptions = {}) {
    super(options);
    if (!(std >= 0 && std < Infinity)) throw new ArgumentError(`GaussianNoise: std must be at least 0; got ${std}`);
    this.std = std;
  }

  /** @internal */
  protected get idle(): boolean {
    return this.std === 0;
  }

  /** @internal */
  protected disturb(x: Tensor): Tensor {
    return x.map(moved, [this.normal(x.shape, x)], [this.std]);
  }
}
