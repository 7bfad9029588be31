/** Dropout for self-normalising networks: what is left out takes SELU's lowest value. */
import { add, input, lt, mul, scalar, where } from '../../core/expression.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkFraction } from '../module/argument.ts';
import { type DropoutOptions, RandomLayer } from './random-layer.ts';

/** −scale·alpha of SELU, which it tends to. */
const lowest = -1.7580993408473766;

// (x, u) with scalars keep, factor, shift, value of what is left out
const dropped = where(lt(input(1), scalar(0)), add(mul(input(0), scalar(1)), scalar(2)), scalar(3));

/**
 * In training each element is SELU's lowest value with probability p; then all are scaled and moved so that mean 0 and
 * variance 1 stay; else the identity (Klambauer et al. 2017). For use after SELU.
 */
export class AlphaDropout extends RandomLayer {
  readonly p: number;

  constructor(p: number = 0.5, options: DropoutOptions = {}) {
    super(options);
    this.p = checkFraction('AlphaDropout', 'p', p);
  }

  /** @internal */
  protected get idle(): boolean {
    return this.p === 0;
  }

  /** @internal */
  protected disturb(x: Tensor): Tensor {
    const keep = 1 - this.p;
    // where nothing stays there is nothing to scale: all is 0, as in PyTorch
    const factor = keep === 0 ? 0 : 1 / Math.sqrt(keep * (1 + this.p * lowest ** 2));
    const shift = -factor * lowest * this.p;
    return x.map(dropped, [this.uniform(x.shape, x)], [keep, factor, shift, factor * lowest + shift]);
  }
}
