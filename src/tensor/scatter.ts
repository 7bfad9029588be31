/** Scattering: writing and adding by index, repeating elements, and counting them. */
import { deviceOf } from '../backend/device.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { normalizeDim, type Shape, sameShape, shapeText } from '../core/shape.ts';
import { Indexing } from './indexing.ts';
import type { Literal } from './literal.ts';
import type { Range } from './movement.ts';

/** Options of `histogram`. */
export interface HistogramOptions {
  /** Where the first bin begins; the least element if left out. */
  readonly min?: number | undefined;
  /** Where the last bin ends, itself included; the greatest element if left out. */
  readonly max?: number | undefined;
}

export abstract class Scatterings extends Indexing {
  /**
   * This tensor with each element of `source` (or one number) in the place of that at its index along `dim`. Of equal
   * indices the last counts, and gets the gradient; PyTorch leaves that open.
   */
  scatter(dim: number, index: this | Literal, source: this | Literal): this {
    const d = normalizeDim('scatter', dim, this.rank);
    const at = this.lift('scatter', index, 'int32');
    if (at.size === 0) return this;
    const none = (dtype: 'int32' | this['dtype']): this => this.filled(this.shape, 0, dtype);
    if (typeof source === 'number') {
      const written = none('int32').scatterAdd(d, at, this.filled(at.shape, 1, 'int32'));
      return written.gt(0).choose(source, this);
    }
    const from = this.lift('scatter', source).cast(this.dtype);
    if (from.rank !== at.rank || at.shape.some((n, k) => n > from.shape[k]!)) {
      throw new ShapeError(
        `scatter: index ${shapeText(at.shape)} does not fit source ${shapeText(from.shape)}; ranks must be equal and no dim of the index larger`,
      );
    }
    // sorted by place, stably: the last of each run is the last that was given
    const order = at.argsort({ dim: d });
    const place = at.gather(d, order);
    const [n, part] = [at.shape[d]!, from.slice(...at.shape.map((size): Range => [0, size]))];
    const ends = place.narrow(d, 0, n - 1).ne(place.narrow(d, 1, n - 1));
    const tail = this.filled(sizesWith(at.shape, d, 1), 1, 'bool');
    const last = this.join([ends, tail], d);
    const written = none(this.dtype).scatterAdd(d, place, last.choose(part.gather(d, order), 0));
    return none('int32').scatterAdd(d, place, last.int32()).gt(0).choose(written, this);
  }

  /** This tensor with the slices of `source` added at these indices (a vector) along `dim`; equal indices add up. */
  indexAdd(dim: number, index: this | Literal, source: this | Literal): this {
    const d = normalizeDim('indexAdd', dim, this.rank);
    const at = this.lift('indexAdd', index, 'int32');
    const from = this.lift('indexAdd', source);
    if (at.rank !== 1 || !sameShape(from.shape, sizesWith(this.shape, d, at.shape[0]!))) {
      throw new ShapeError(
        `indexAdd: sizes differ; got index ${shapeText(at.shape)} and source ${shapeText(from.shape)} for ${shapeText(this.shape)}; the index must be a vector, with a slice of the source for each`,
      );
    }
    const across = at.reshape(this.shape.map((_, k) => (k === d ? -1 : 1))).expand(from.shape);
    return this.scatterAdd(d, across, from);
  }

  /** Each element repeated so many times, one number for all or one for each along `dim`; without a dim, flat. */
  repeatInterleave(repeats: number | readonly number[], dim?: number): this {
    if (dim === undefined) return this.reshape([this.size]).repeatInterleave(repeats, 0);
    const d = normalizeDim('repeatInterleave', dim, this.rank);
    const n = this.shape[d]!;
    const counts = typeof repeats === 'number' ? new Array<number>(n).fill(repeats) : repeats;
    if (counts.length !== n || !counts.every((count) => Number.isInteger(count) && count >= 0)) {
      throw new ArgumentError(
        `repeatInterleave: needs a whole number of at least 0, or one for each of the ${n} elements of dim ${d}; got ${typeof repeats === 'number' ? repeats : shapeText(repeats)}`,
      );
    }
    if (typeof repeats !== 'number') {
      return this.indexSelect(d, Int32Array.from(counts.flatMap((count, i) => new Array<number>(count).fill(i))));
    }
    const apart = [...this.shape.slice(0, d + 1), repeats, ...this.shape.slice(d + 1)];
    return this.unsqueeze(d + 1)
      .expand(apart)
      .reshape(sizesWith(this.shape, d, n * repeats));
  }

  /**
   * How often each of 0 to count − 1 occurs among the elements (int32), or the sum of the weights of each.
   * @param weights of this tensor's shape.
   * @throws IndexError for an element outside: the result's size cannot depend on what the elements are.
   */
  binCount(count: number, weights?: this | Literal): this {
    if (!Number.isInteger(count) || count < 1) {
      throw new ArgumentError(`binCount: needs a count of at least 1; got ${count}`);
    }
    const each =
      weights === undefined ? this.filled(this.shape, 1, 'int32') : this.lift('binCount', weights, 'float32');
    if (!sameShape(each.shape, this.shape)) {
      throw new ShapeError(
        `binCount: weights must be of the elements' shape; got ${shapeText(each.shape)} for ${shapeText(this.shape)}`,
      );
    }
    const zeros = this.filled([count], 0, each.dtype);
    return this.size === 0 ? zeros : zeros.scatterAdd(0, this.reshape([this.size]), each.reshape([this.size]));
  }

  /** How many elements (int32) are in each of `bins` equal intervals; those outside and NaN are in none. In float64 on the CPU. */
  histogram(bins: number, { min, max }: HistogramOptions = {}): this {
    if (!Number.isInteger(bins) || bins < 1) throw new ArgumentError(`histogram: needs at least 1 bin; got ${bins}`);
    if (min !== undefined && max !== undefined && !(min < max && Number.isFinite(max - min))) {
      throw new ArgumentError(`histogram: min must be below max; got ${min} and ${max}`);
    }
    if (this.size === 0) return this.filled([bins], 0, 'int32');
    const x = deviceOf(this.home) === 'cpu' ? this.detach().float64() : this.detach().float32();
    const bound = (given: number | undefined, found: () => this): this =>
      given === undefined ? found() : x.filled([], given, x.dtype);
    const [low, high] = [bound(min, () => x.amin()), bound(max, () => x.amax())];
    const level = high.sub(low).le(0); // all elements are equal: one wide interval around them, as in PyTorch
    const from = level.choose(low.sub(1), low);
    const to = level.choose(high.add(1), high);
    const inside = x.ge(from).logicalAnd(x.le(to));
    const bin = x
      .sub(from)
      .div(to.sub(from))
      .mul(bins)
      .floor()
      .clamp(0, bins - 1);
    return inside.choose(bin, 0).int32().binCount(bins, inside.int32());
  }
}

function sizesWith(shape: Shape, dim: number, size: number): number[] {
  return shape.map((n, d) => (d === dim ? size : n));
}
