/** Accumulators: four sums, maxima or minima side by side, in vectors. */
import type { Dtype } from '../../src/core/dtype.ts';
import { f32x4, f64x2, i32x4, v128 } from './instruction.ts';
import { convert, type Quad, quads } from './quad.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

/**
 * Takes quads of one dtype and holds a sum, maximum or minimum per lane: float32 is summed as float64, bool as int32.
 * A maximum or minimum of floats keeps apart whether a NaN was seen: that is faster than a `max` that minds it.
 */
export class Accumulator {
  /** The dtype of what is held. */
  readonly dtype: Dtype;
  private readonly op: Gathering;
  private readonly taken: Dtype;
  private readonly best: readonly Held[];
  private readonly nan: readonly Held[];

  /** @param dtype what is taken. */
  constructor(c: VectorCode, op: Gathering, dtype: Dtype) {
    this.op = op;
    this.taken = dtype;
    this.dtype = op !== 'sum' ? dtype : dtype === 'float32' ? 'float64' : dtype === 'bool' ? 'int32' : dtype;
    this.best = this.identity(c).map((v) => c.hold(v));
    this.nan = op !== 'sum' && dtype.startsWith('float') ? this.best.map(() => c.hold(v128.zero)) : [];
  }

  /** Takes a quad that is `dtype` already, or what the accumulator holds. */
  take(c: VectorCode, quad: Quad, dtype: Dtype = this.taken): void {
    convert(c, quad, dtype, this.dtype).forEach((v, i) => {
      this.include(c, i, v);
    });
  }

  /** Takes nothing but the first element of a quad. */
  takeFirst(c: VectorCode, quad: Quad): void {
    const [first] = convert(c, quad, this.taken, this.dtype);
    const rest = this.identity(c)[0]!;
    const one =
      this.dtype === 'float64' ? v128.shuffle32(first!, rest, 0, 1, 4, 5) : v128.shuffle32(first!, rest, 0, 4, 5, 6);
    this.include(c, 0, one);
  }

  /** Takes what another one has. */
  merge(c: VectorCode, other: Accumulator): void {
    this.best.forEach((v, i) => {
      c.statements.push(v.set(this.combine(v, other.best[i]!)));
    });
    this.nan.forEach((v, i) => {
      c.statements.push(v.set(v128.or(v, other.nan[i]!)));
    });
  }

  /** The four results. */
  lanes(c: VectorCode): Held[] {
    return this.best.map((v, i) => (this.nan[i] ? c.hold(v128.or(v, this.nan[i])) : v)); // all ones are a NaN
  }

  /** All lanes made one, (0 + 2) + (1 + 3), in the lowest lane. */
  total(c: VectorCode): Held {
    const [a, b] = this.lanes(c);
    const both = (x: Vector, y: Vector): Held => c.hold(this.combineAny(x, y));
    const pairs = b ? both(a!, b) : both(a!, v128.shuffle32(a!, a!, 2, 3, 2, 3));
    return both(pairs, b ? v128.shuffle32(pairs, pairs, 2, 3, 2, 3) : v128.shuffle32(pairs, pairs, 1, 1, 1, 1));
  }

  private include(c: VectorCode, i: number, v: Vector): void {
    const [best, nan] = [this.best[i]!, this.nan[i]];
    if (!nan) {
      c.statements.push(best.set(this.combine(best, v)));
      return;
    }
    const held = c.hold(v);
    const ne = this.dtype === 'float64' ? f64x2.ne : f32x4.ne;
    c.statements.push(best.set(this.combine(best, held)), nan.set(v128.or(nan, ne(held, held))));
  }

  /** What changes no result. */
  private identity(c: VectorCode): Quad {
    if (this.op === 'sum') return [v128.zero, v128.zero].slice(0, quads[this.dtype].vectors);
    const bound = this.op === 'max' ? -Infinity : Infinity;
    if (this.dtype === 'float64') return [c.double(bound), c.double(bound)];
    if (this.dtype === 'float32') return [c.float(bound)];
    return [this.op === 'max' ? c.bits(0x80000000) : c.bits(0x7fffffff)];
  }

  private combine(a: Vector, b: Vector): Vector {
    const { op, dtype } = this;
    if (dtype === 'bool' || dtype === 'int32') return { sum: i32x4.add, max: i32x4.max, min: i32x4.min }[op](a, b);
    const { add, pmax, pmin } = dtype === 'float64' ? f64x2 : f32x4;
    return { sum: add, max: pmax, min: pmin }[op](a, b);
  }

  /** The same where NaN may be among them. */
  private combineAny(a: Vector, b: Vector): Vector {
    if (this.nan.length === 0) return this.combine(a, b);
    const { max, min } = this.dtype === 'float64' ? f64x2 : f32x4;
    return (this.op === 'max' ? max : min)(a, b);
  }
}

/** What an accumulator makes of elements. */
export type Gathering = 'sum' | 'max' | 'min';
