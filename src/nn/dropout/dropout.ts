/** Dropout: elements left out at random while training. */
import { input, lt, mul, scalar, where } from '../../core/expression.ts';
import { defaultGenerator, type Generator } from '../../core/random.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { checkFraction } from '../module/argument.ts';
import { Module } from '../module/module.ts';

/** Options of Dropout. */
export interface DropoutOptions {
  /** Draws what is left out; the default generator if left out. */
  readonly generator?: Generator | undefined;
}

// (x, u) with scalars keep, 1 / keep
const dropped = where(lt(input(1), scalar(0)), mul(input(0), scalar(1)), 0);

/** In training each element is 0 with probability p, the others grow by 1/(1 − p); else the identity (Srivastava et al. 2014). */
export class Dropout extends Module {
  readonly p: number;
  private readonly generator: Generator;

  constructor(p: number = 0.5, { generator = defaultGenerator }: DropoutOptions = {}) {
    super();
    this.p = checkFraction('Dropout', 'p', p);
    this.generator = generator;
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.p === 0) return x;
    const keep = 1 - this.p;
    // float32 whatever x is, so that both float dtypes drop the same elements
    const u = Tensor.rand(x.shape, { generator: this.generator });
    return x.map(dropped, [u], [keep, 1 / keep]);
  }
}
