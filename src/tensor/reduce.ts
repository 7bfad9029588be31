/** Reductions: many elements to one along dims, and the running kinds. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { normalizeDim, normalizeDims, type Shape, sameShape } from '../core/shape.ts';
import { Activations } from './activation.ts';
import { rootFormulas } from './formulas.ts';

/** Which dims go, and whether they stay with size 1. */
export interface ReduceOptions {
  /** All dims if left out. */
  readonly dim?: number | readonly number[];
  readonly keepDim?: boolean;
}

/** One dim, or all if left out. */
export interface DimOptions {
  readonly dim?: number;
  readonly keepDim?: boolean;
}

/** Options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** The sum of squares is divided by n − correction: 1 is the unbiased estimate. */
  readonly correction?: number;
}

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The order: 2 is Euclid's, 1 the sum of absolute values, Infinity the greatest of them. */
  readonly p?: number;
}

/** Options of `normalize`. */
export interface NormalizeOptions {
  /** The order of the norm. */
  readonly p?: number;
  readonly dim?: number | readonly number[];
  /** The least that is divided by. */
  readonly eps?: number;
}

/** The extreme values along a dim and where they are (int32). */
export interface Extremes<T> {
  readonly values: T;
  readonly indices: T;
}

export abstract class Reductions extends Activations {
  private reduceBy(where: string, op: 'sum' | 'max', { dim, keepDim = false }: ReduceOptions): this {
    const dims = normalizeDims(where, dim, this.rank);
    const out = this.apply('reduce', [this], { op, dims });
    return keepDim ? out : out.dropDims(dims);
  }

  private dropDims(dims: readonly number[]): this {
    return dims.length === 0 ? this : this.reshape(this.shape.filter((_, d) => !dims.includes(d)));
  }

  private countOf(where: string, dim: ReduceOptions['dim']): number {
    return normalizeDims(where, dim, this.rank).reduce((n, d) => n * this.shape[d]!, 1);
  }

  private float(): this {
    return isFloat(this.dtype) ? this : this.float32();
  }

  /** The sum; of bools the count of true. */
  sum(options: ReduceOptions = {}): this {
    return this.reduceBy('sum', 'sum', options);
  }

  /** @internal The sum over the dims that broadcasting from `shape` would repeat. */
  sumTo(shape: Shape): this {
    if (sameShape(shape, this.shape)) return this;
    const added = this.rank - shape.length;
    const dims = this.shape
      .map((_, d) => d)
      .filter((d) => d < added || (shape[d - added] === 1 && this.shape[d] !== 1));
    return this.apply('reduce', [this], { op: 'sum', dims }).reshape(shape);
  }

  mean(options: ReduceOptions = {}): this {
    const count = this.countOf('mean', options.dim);
    return this.float().sum(options).div(count);
  }

  /** The greatest; equal ones share the gradient. */
  amax(options: ReduceOptions = {}): this {
    return this.reduceBy('amax', 'max', options);
  }

  /** The least; equal ones share the gradient. */
  amin(options: ReduceOptions = {}): this {
    normalizeDims('amin', options.dim, this.rank);
    // −1 − x turns the order of whole numbers round without overflow
    if (!isFloat(this.dtype)) return this.int32().neg().sub(1).amax(options).neg().sub(1).cast(this.dtype);
    return this.neg().amax(options).neg();
  }

  /** The index of the first of the greatest, int32; of the flattened tensor without a dim. */
  argMax(options: DimOptions = {}): this {
    return this.arg('max', options);
  }

  /** The index of the first of the least, int32; of the flattened tensor without a dim. */
  argMin(options: DimOptions = {}): this {
    return this.arg('min', options);
  }

  private arg(op: 'max' | 'min', { dim, keepDim = false }: DimOptions): this {
    if (dim === undefined) {
      const out = this.reshape([-1]).arg(op, { dim: 0 });
      return keepDim ? out.reshape(this.shape.map(() => 1)) : out;
    }
    if (this.rank === 0) return this.reshape([1]).arg(op, { dim: normalizeDim(op, dim, 1) });
    const d = normalizeDim(op, dim, this.rank);
    const out = this.apply('arg', [this], { op, dim: d });
    return keepDim ? out : out.dropDims([d]);
  }

  /** The greatest of all; with a dim the greatest along it and where the first of them is, which gets the gradient. */
  max(): this;
  max(options: { readonly dim: number; readonly keepDim?: boolean }): Extremes<this>;
  max(options?: { readonly dim: number; readonly keepDim?: boolean }): this | Extremes<this> {
    return options ? this.extremes('max', options) : this.amax();
  }

  /** The least of all; with a dim the least along it and where the first of them is, which gets the gradient. */
  min(): this;
  min(options: { readonly dim: number; readonly keepDim?: boolean }): Extremes<this>;
  min(options?: { readonly dim: number; readonly keepDim?: boolean }): this | Extremes<this> {
    return options ? this.extremes('min', options) : this.amin();
  }

  private extremes(
    op: 'max' | 'min',
    { dim, keepDim = false }: { readonly dim: number; readonly keepDim?: boolean },
  ): Extremes<this> {
    const d = normalizeDim(op, dim, this.rank);
    const at = this.apply('arg', [this], { op, dim: d });
    const values = this.apply('gather', [this, at], { dim: d });
    return keepDim ? { values, indices: at } : { values: values.dropDims([d]), indices: at.dropDims([d]) };
  }

  /** Whether any element is not 0. */
  any(options: ReduceOptions = {}): this {
    normalizeDims('any', options.dim, this.rank);
    return this.bool().sum(options).gt(0);
  }

  /** Whether no element is 0. */
  all(options: ReduceOptions = {}): this {
    normalizeDims('all', options.dim, this.rank);
    return this.logicalNot().any(options).logicalNot();
  }

  /** The mean squared distance from the mean, from two passes. */
  variance({ dim, keepDim = false, correction = 1 }: VarianceOptions = {}): this {
    const x = this.float();
    const dims = normalizeDims('variance', dim, this.rank);
    const centered = x.sub(x.mean({ dim: dims, keepDim: true }));
    return centered
      .square()
      .sum({ dim: dims, keepDim })
      .div(Math.max(0, this.countOf('variance', dims) - correction));
  }

  /** The standard deviation; where it is 0 the derivative is 0. */
  std(options: VarianceOptions = {}): this {
    const v = this.variance(options);
    return v.apply('map', [v], { formula: rootFormulas.sqrt, scalars: [] });
  }

  /** (Σ|x|ᵖ)^(1/p); where it is 0 the derivative is 0. */
  norm({ p = 2, dim, keepDim = false }: NormOptions = {}): this {
    if (Number.isNaN(p)) throw new ArgumentError('norm: the order p must be a number; got NaN');
    normalizeDims('norm', dim, this.rank);
    const x = this.float();
    const over: ReduceOptions = dim === undefined ? { keepDim } : { dim, keepDim };
    if (p === Infinity) return x.abs().amax(over);
    if (p === -Infinity) return x.abs().amin(over);
    if (p === 0) return x.ne(0).cast(x.dtype).sum(over);
    if (p === 1) return x.abs().sum(over);
    const sum = p === 2 ? x.square().sum(over) : x.abs().pow(p).sum(over);
    return p === 2
      ? sum.apply('map', [sum], { formula: rootFormulas.sqrt, scalars: [] })
      : sum.apply('map', [sum], { formula: rootFormulas.root, scalars: [p] });
  }

  /** x / max(‖x‖ₚ, eps) along `dim`: vectors of length 1. */
  normalize({ p = 2, dim = 1, eps = 1e-12 }: NormalizeOptions = {}): this {
    if (!(eps > 0)) throw new ArgumentError(`normalize: eps must be above 0; got ${eps}`);
    normalizeDims('normalize', dim, this.rank);
    const x = this.float();
    return x.div(x.norm({ p, dim, keepDim: true }).clamp(eps));
  }

  /** log Σ eˣ, without overflow. */
  logSumExp({ dim, keepDim = false }: ReduceOptions = {}): this {
    const x = this.float();
    const dims = normalizeDims('logSumExp', dim, this.rank);
    if (dims.some((d) => this.shape[d] === 0)) return x.exp().sum({ dim: dims, keepDim }).log();
    const greatest = x.detach().amax({ dim: dims, keepDim: true });
    const shift = greatest.maskedFill(greatest.isFinite().logicalNot(), 0);
    const out = x.sub(shift).exp().sum({ dim: dims, keepDim: true }).log().add(shift);
    return keepDim ? out : out.dropDims(dims);
  }

  /** eˣ / Σ eˣ along `dim`. */
  softmax(dim: number = -1): this {
    normalizeDim('softmax', dim, this.rank);
    const x = this.float();
    if (x.size === 0) return x;
    const e = x.sub(x.detach().amax({ dim, keepDim: true })).exp();
    return e.div(e.sum({ dim, keepDim: true }));
  }

  /** log(softmax(x)) along `dim`, without overflow; the maximum is subtracted first, so that large x lose no digits. */
  logSoftmax(dim: number = -1): this {
    normalizeDim('logSoftmax', dim, this.rank);
    const x = this.float();
    if (this.size === 0) return x;
    const shifted = x.sub(x.detach().amax({ dim, keepDim: true }));
    return shifted.sub(shifted.exp().sum({ dim, keepDim: true }).log());
  }

  /** Running sums along `dim`. */
  cumSum(dim: number): this {
    return this.apply('scan', [this], { dim: normalizeDim('cumSum', dim, this.rank), reverse: false });
  }

  /** Each element less the one before it along `dim`, one fewer. */
  diff(dim: number = -1): this {
    const d = normalizeDim('diff', dim, this.rank);
    const n = Math.max(0, this.shape[d]! - 1);
    return this.narrow(d, this.shape[d]! - n, n).sub(this.narrow(d, 0, n));
  }

  /** Running products along `dim`, by log₂ n doublings: the derivative is right where elements are 0. */
  cumProd(dim: number): this {
    const d = normalizeDim('cumProd', dim, this.rank);
    const n = this.shape[d]!;
    let out: this = this.dtype === 'bool' ? this.int32() : this;
    for (let shift = 1; shift < n; shift *= 2) {
      const head = this.shape.map((size, k) => (k === d ? shift : size));
      out = out.mul(this.join([this.filled(head, 1, out.dtype), out.narrow(d, 0, n - shift)], d));
    }
    return out;
  }

  /** The product, by log₂ n halvings: the derivative is right where elements are 0. */
  prod({ dim, keepDim = false }: DimOptions = {}): this {
    if (dim === undefined) {
      const out = this.reshape([-1]).prod({ dim: 0 });
      return keepDim ? out.reshape(this.shape.map(() => 1)) : out;
    }
    const d = normalizeDim('prod', dim, this.rank);
    let out: this = this.dtype === 'bool' ? this.int32() : this;
    if (this.shape[d] === 0) out = this.filled(sizesWith(this.shape, d, 1), 1, out.dtype);
    while (out.shape[d]! > 1) {
      const half = out.shape[d]! >> 1;
      const paired = out.narrow(d, 0, half).mul(out.narrow(d, half, half));
      out = out.shape[d]! % 2 === 0 ? paired : this.join([paired, out.narrow(d, 2 * half, 1)], d);
    }
    return keepDim ? out : out.dropDims([d]);
  }
}

function sizesWith(shape: Shape, dim: number, size: number): number[] {
  return shape.map((n, d) => (d === dim ? size : n));
}
