/** Order statistics: what stands where among the sorted elements. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { normalizeDim, sameShape, shapeText } from '../core/shape.ts';
import type { Literal } from './literal.ts';
import type { DimOptions, Extremes } from './reduce.ts';
import { Scatterings } from './scatter.ts';

/** Options of `searchSorted`. */
export interface SearchOptions {
  /** Whether a value goes behind its equals; default false. */
  readonly right?: boolean;
}

export abstract class Orderings extends Scatterings {
  /**
   * The middle element, of an even number the lower of both; with a dim those along it and where they are. NaN where there
   * is one.
   */
  median(): this;
  median(options: { readonly dim: number; readonly keepDim?: boolean }): Extremes<this>;
  median(options?: { readonly dim: number; readonly keepDim?: boolean }): this | Extremes<this> {
    if (options === undefined) return this.reshape([this.size]).median({ dim: 0 }).values;
    const { dim, keepDim = false } = options;
    if (this.rank === 0) return { values: this, indices: this.filled([], 0, 'int32') };
    const d = normalizeDim('median', dim, this.rank);
    const n = this.shape[d]!;
    if (n === 0) throw new ShapeError(`median: there must be an element along dim ${d}; got ${shapeText(this.shape)}`);
    const order = this.argsort({ dim: d });
    const end = order.narrow(d, n - 1, 1); // where NaN are
    const spoilt = this.gather(d, end).isNaN();
    const indices = spoilt.choose(end, order.narrow(d, (n - 1) >> 1, 1));
    const values = this.gather(d, indices);
    return keepDim ? { values, indices } : { values: values.squeeze(d), indices: indices.squeeze(d) };
  }

  /**
   * What a share `q` of the elements is at most, between two elements by their distance; NaN where there is one. Of
   * several shares the results stand along a new first dim.
   * @example x.quantile([0.25, 0.75], { dim: 0 })
   */
  quantile(q: number | readonly number[], { dim, keepDim = false }: DimOptions = {}): this {
    const shares = typeof q === 'number' ? [q] : q;
    if (shares.length === 0 || !shares.every((share) => share >= 0 && share <= 1)) {
      throw new ArgumentError(`quantile: takes shares from 0 to 1; got ${String(q)}`);
    }
    const x = isFloat(this.dtype) ? this : this.float32();
    const flat = dim === undefined ? x.reshape([this.size]) : x;
    const d = normalizeDim('quantile', dim ?? 0, flat.rank);
    const n = flat.shape[d]!;
    if (n === 0)
      throw new ShapeError(`quantile: there must be an element along dim ${d}; got ${shapeText(this.shape)}`);
    const { values } = flat.sort({ dim: d });
    const end = values.narrow(d, n - 1, 1); // where NaN are
    const found = shares.map((share) => {
      const at = share * (n - 1);
      const low = values.narrow(d, Math.floor(at), 1);
      const between = low.lerp(values.narrow(d, Math.ceil(at), 1), at - Math.floor(at));
      const result = end.isNaN().choose(end, between);
      if (!keepDim) return result.squeeze(d);
      return dim === undefined ? result.reshape(this.shape.map(() => 1)) : result;
    });
    if (typeof q === 'number') return found[0]!;
    return x.join(
      found.map((one) => one.unsqueeze(0)),
      0,
    );
  }

  /**
   * Where each value would go into this sorted tensor (int32): how many elements are below it, or with `right` not above
   * it. Of a vector the values may have any shape; of [.., n] they are [.., m], each row in its own.
   */
  searchSorted(values: this | Literal, { right = false }: SearchOptions = {}): this {
    const wanted = this.lift('searchSorted', values, isFloat(this.dtype) ? this.dtype : 'float32');
    if (this.rank === 1) return this.ranksOf(wanted.reshape([wanted.size]), right).reshape(wanted.shape);
    if (this.rank === 0 || !sameShape(this.shape.slice(0, -1), wanted.shape.slice(0, -1))) {
      throw new ShapeError(
        `searchSorted: takes a vector, or rows of both; got ${shapeText(this.shape)} and values ${shapeText(wanted.shape)}`,
      );
    }
    return this.ranksOf(wanted, right);
  }

  /** The rank among both, less that among the values alone; equals keep their order. */
  private ranksOf(values: this, right: boolean): this {
    const [n, m] = [this.shape.at(-1)!, values.shape.at(-1)!];
    const both = this.join(right ? [this, values] : [values, this], -1);
    const ranks = both.argsort().argsort();
    return ranks.narrow(-1, right ? n : 0, m).sub(values.argsort().argsort());
  }
}
