/** Activation functions, each one formula. */
import { ShapeError } from '../core/errors.ts';
import { normalizeDim, shapeText } from '../core/shape.ts';
import { Elementwise } from './elementwise.ts';

/** How `gelu` is computed: with erf, or by tanh. */
export interface GeluOptions {
  readonly approximate?: 'none' | 'tanh';
}

export abstract class Activations extends Elementwise {
  /** 1/(1 + e⁻ˣ). */
  sigmoid(): this {
    return this.map1('sigmoid');
  }
  /** max(x, 0), with derivative 0 at 0. */
  relu(): this {
    return this.map1('relu');
  }
  /** x between 0 and 6. */
  relu6(): this {
    return this.map1('relu6');
  }
  /** The self-normalising unit (Klambauer et al. 2017). */
  selu(): this {
    return this.map1('selu');
  }
  /** log(1 + eˣ). */
  softplus(): this {
    return this.map1('softplus');
  }
  /** x·sigmoid(x), also called swish. */
  silu(): this {
    return this.map1('silu');
  }
  /** x·tanh(softplus(x)) (Misra 2019). */
  mish(): this {
    return this.map1('mish');
  }
  /** x/6 + ½ between 0 and 1. */
  hardsigmoid(): this {
    return this.map1('hardsigmoid');
  }
  /** x·hardsigmoid(x) (Howard et al. 2019). */
  hardswish(): this {
    return this.map1('hardswish');
  }
  /** x/(1 + |x|). */
  softsign(): this {
    return this.map1('softsign');
  }
  /** log(sigmoid(x)). */
  logSigmoid(): this {
    return this.map1('logSigmoid');
  }
  /** x − tanh(x). */
  tanhshrink(): this {
    return this.map1('tanhshrink');
  }
  /** x if above 0, else negativeSlope·x. */
  leakyRelu(negativeSlope: number = 0.01): this {
    return this.map1('leakyRelu', [negativeSlope]);
  }
  /** The first half of a dim times the sigmoid of the second (Dauphin et al. 2017): that dim becomes half as long. */
  glu(dim: number = -1): this {
    const d = normalizeDim('glu', dim, this.rank);
    if (this.shape[d]! % 2 === 1) {
      throw new ShapeError(`glu: dim ${dim} must have an even size; got ${shapeText(this.shape)}`);
    }
    const half = this.shape[d]! / 2;
    const [a, b] = this.split(half, d);
    return a!.mul(b!.sigmoid());
  }
  /** x if above `threshold`, else `value`; the derivative is 0 at the threshold. */
  threshold(threshold: number, value: number): this {
    return this.map1('threshold', [threshold, value]);
  }
  /** x if above 0, else alpha·(eˣ − 1) (Clevert et al. 2015). */
  elu(alpha: number = 1): this {
    return this.map1('elu', [alpha]);
  }
  /** x if above 0, else alpha·(e^(x/alpha) − 1) (Barron 2017). */
  celu(alpha: number = 1): this {
    return this.map1('celu', [alpha]);
  }
  /** x·Φ(x) (Hendrycks and Gimpel 2016), or its approximation by tanh. */
  gelu({ approximate = 'none' }: GeluOptions = {}): this {
    return this.map1(approximate === 'tanh' ? 'geluTanh' : 'gelu');
  }
  /** x between `min` and `max`; unlike `clamp` the derivative is 0 at the bounds, as in PyTorch. */
  hardtanh(min: number = -1, max: number = 1): this {
    return this.map1('hardtanh', [min, max]);
  }
  /** x where |x| > lambda, else 0. */
  hardshrink(lambda: number = 0.5): this {
    return this.map1('hardshrink', [lambda]);
  }
  /** x moved by lambda towards 0, and 0 in between. */
  softshrink(lambda: number = 0.5): this {
    return this.map1('softshrink', [lambda]);
  }
}
