/** Bounds of weights, which hold after each update. */
import { ArgumentError } from '../../core/errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Constraint, described } from './weight-rules.ts';

/** Which vectors the norms are of. */
export interface UnitOptions {
  /**
   * The dims of a vector. If left out all but the first: one vector for each output of a Dense layer, a convolution or a
   * gate, and for each row of an Embedding; the whole of a bias.
   */
  readonly dim?: number | readonly number[] | undefined;
}

/** Options of `minMaxNorm`. */
export interface MinMaxNormOptions extends UnitOptions {
  readonly min?: number;
  readonly max?: number;
  /** How much of the way to the bounds each update goes. */
  readonly rate?: number;
}

/** What is divided by is at least this, so that a vector of zeros stays one. */
const least = 1e-7;

/** Vectors longer than `max` are shortened to it. */
export function maxNorm(max: number = 2, { dim }: UnitOptions = {}): Constraint {
  if (!(max > 0 && max < Infinity)) throw new ArgumentError(`constraint.maxNorm: max must be above 0; got ${max}`);
  return described({ type: 'maxNorm', max, dim: dimJson(dim) }, (w) => {
    // a factor of exactly 1 where nothing is to do
    return w.mul(norms(w, dim).clamp(max).reciprocal().mul(max).clamp(0, 1));
  });
}

/** Numbers below 0 become 0. */
export function nonNegative(): Constraint {
  return described({ type: 'nonNegative' }, (w) => w.relu());
}

/** Vectors get length 1. */
export function unitNorm({ dim }: UnitOptions = {}): Constraint {
  return described({ type: 'unitNorm', dim: dimJson(dim) }, (w) => w.div(norms(w, dim).clamp(least)));
}

/** Vectors get a length between `min` and `max`. */
export function minMaxNorm({ min = 0, max = 1, rate = 1, dim }: MinMaxNormOptions = {}): Constraint {
  if (!(min >= 0 && min <= max && max < Infinity)) {
    throw new ArgumentError(`constraint.minMaxNorm: needs 0 ≤ min ≤ max; got ${min} and ${max}`);
  }
  if (!(rate >= 0 && rate <= 1)) {
    throw new ArgumentError(`constraint.minMaxNorm: rate must be from 0 to 1; got ${rate}`);
  }
  return described({ type: 'minMaxNorm', min, max, rate, dim: dimJson(dim) }, (w) => {
    const found = norms(w, dim);
    const wanted = found.clamp(min, max).sub(found).mul(rate).add(found);
    return w.mul(wanted.div(found.clamp(least)));
  });
}

function norms(w: Tensor, dim: UnitOptions['dim']): Tensor {
  const rest = w.shape.map((_, d) => d).slice(w.rank > 1 ? 1 : 0);
  return w.norm({ dim: dim ?? rest, keepDim: true });
}

function dimJson(dim: UnitOptions['dim']): readonly number[] | null {
  return dim === undefined ? null : typeof dim === 'number' ? [dim] : [...dim];
}
