/** Linear algebra: products of matrices with broadcast batches. */
import { isFloat, promote } from '../core/dtype.ts';
import { ShapeError } from '../core/errors.ts';
import { broadcastShapes, sameShape, shapeText, sizeOf } from '../core/shape.ts';
import type { Literal } from './literal.ts';
import { Reductions } from './reduce.ts';

export abstract class LinearAlgebra extends Reductions {
  /**
   * The matrix product: `[.., M, K] · [.., K, N] → [.., M, N]`; batch dims broadcast, a vector is a row on the left and a
   * column on the right.
   */
  matmul(other: this | Literal): this {
    const [a, b] = this.alike(this.lift('matmul', other));
    if (a.rank === 0 || b.rank === 0) {
      throw new ShapeError(
        `matmul: takes tensors with at least 1 dim; got ${shapeText(a.shape)} and ${shapeText(b.shape)}; use mul`,
      );
    }
    if (a.rank === 1 || b.rank === 1) return a.withVector(b);
    // One large product instead of many: rows of all batches share the right side.
    if (b.rank === 2 && a.rank > 2) {
      const rows = a.apply('matmul', [a.reshape([sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]), b], {});
      return rows.reshape([...a.shape.slice(0, -1), b.shape[1]!]);
    }
    const batch = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
    return a.apply(
      'matmul',
      [a.expand([...batch, ...a.shape.slice(-2)]), b.expand([...batch, ...b.shape.slice(-2)])],
      {},
    );
  }

  /** All products of the elements of two vectors: [n], [m] → [n, m]. */
  outer(other: this | Literal): this {
    const y = this.lift('outer', other);
    if (this.rank !== 1 || y.rank !== 1) {
      throw new ShapeError(`outer: takes two vectors; got ${shapeText(this.shape)} and ${shapeText(y.shape)}`);
    }
    return this.unsqueeze(1).mul(y.unsqueeze(0));
  }

  /**
   * The distances of all pairs of rows: [.., n, D], [.., m, D] → [.., n, m], of the order `p` as in `norm`; batch dims
   * broadcast. The differences are computed one by one, so that near rows lose no digits: it takes memory for n·m·D.
   */
  cdist(other: this | Literal, { p = 2 }: { readonly p?: number } = {}): this {
    const y = this.lift('cdist', other);
    if (this.rank < 2 || y.rank < 2 || this.shape.at(-1) !== y.shape.at(-1)) {
      throw new ShapeError(
        `cdist: takes rows of one size, [.., n, D] and [.., m, D]; got ${shapeText(this.shape)} and ${shapeText(y.shape)}`,
      );
    }
    return this.unsqueeze(-2).sub(y.unsqueeze(-3)).norm({ p, dim: -1 });
  }

  private withVector(b: this): this {
    const row = this.rank === 1;
    const column = b.rank === 1;
    const out = (row ? this.unsqueeze(0) : this).matmul(column ? b.unsqueeze(1) : b);
    const shape = out.shape.filter((_, d) => !(row && d === out.rank - 2) && !(column && d === out.rank - 1));
    return out.reshape(shape);
  }

  /** Both in their strongest dtype; bools as int32. */
  private alike(other: this): [this, this] {
    const strongest = promote(this.dtype, other.dtype);
    const dtype = strongest === 'bool' ? 'int32' : strongest;
    return [this.cast(dtype), other.cast(dtype)];
  }

  /** x·Wᵀ + b: a dense layer. `weight` is [out, in], `bias` [out], this [.., in]. */
  linear(weight: this, bias?: this): this {
    if (weight.rank !== 2 || this.rank === 0 || this.shape.at(-1) !== weight.shape[1]) {
      throw new ShapeError(
        `linear: sizes differ; got input ${shapeText(this.shape)} and weight ${shapeText(weight.shape)}; the last of the input must equal the last of the weight [out, in]`,
      );
    }
    const x = isFloat(this.dtype) ? this : this.cast(weight.dtype);
    const out = x.matmul(weight.transpose());
    return bias ? out.add(bias) : out;
  }

  /**
   * Σ xᵢ·Wₖᵢⱼ·yⱼ + bₖ: all products of this [.., in1] and `other` [.., in2], weighted. `weight` is [out, in1, in2], `bias`
   * [out]; the dims in front must be equal.
   */
  bilinear(other: this, weight: this, bias?: this): this {
    const [first, second] = [this.shape.at(-1), other.shape.at(-1)];
    const alike = first !== undefined && sameShape(this.shape.slice(0, -1), other.shape.slice(0, -1));
    if (!alike || weight.rank !== 3 || weight.shape[1] !== first || weight.shape[2] !== second) {
      throw new ShapeError(
        `bilinear: sizes differ; got inputs ${shapeText(this.shape)} and ${shapeText(other.shape)} and weight ${shapeText(weight.shape)}; they must be [.., in1], [.., in2] and [out, in1, in2]`,
      );
    }
    const products = this.unsqueeze(-1).mul(other.unsqueeze(-2)).flatten(-2);
    return products.linear(weight.flatten(1), bias);
  }
}
