/** Elementwise maths: each method is a formula and a line; gradients of any order follow from the formula. */
import { type Dtype, isFloat, promote } from '../core/dtype.ts';
import { ArgumentError, DtypeError } from '../core/errors.ts';
import type { Expr } from '../core/expression.ts';
import { formulaOf } from '../core/formula.ts';
import { broadcastShapes, sameShape } from '../core/shape.ts';
import {
  type BinaryName,
  binaryFormulas,
  type NumberName,
  numberFormulas,
  ternaryFormulas,
  type UnaryName,
  unaryFormulas,
} from './formulas.ts';
import { type Literal, readLiteral } from './literal.ts';
import { Movements } from './movement.ts';
import { Value } from './value.ts';

const noScalars: readonly number[] = [];
/** The formulas that need floats: whole numbers are cast to float32 first. */
const wholeNumbers: ReadonlySet<UnaryName> = new Set<UnaryName>([
  'same',
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'trunc',
  'round',
  'square',
  'cube',
  'relu',
  'relu6',
  'hardtanh',
  'isNaN',
  'isFinite',
  'logicalNot',
  'clamp',
]);

/** Options of `isClose`. */
export interface ToleranceOptions {
  readonly relative?: number;
  readonly absolute?: number;
}

/** Options of `nanToNum`. */
export interface NanToNumOptions {
  readonly nan?: number;
  readonly posInf?: number | undefined;
  readonly negInf?: number | undefined;
}

export abstract class Elementwise extends Movements {
  /** The same numbers in another dtype; the gradient is cast back. Floats to int32 truncate. */
  cast(dtype: Dtype): this {
    return dtype === this.dtype ? this : this.apply('cast', [this], { dtype });
  }
  float32(): this {
    return this.cast('float32');
  }
  float64(): this {
    return this.cast('float64');
  }
  int32(): this {
    return this.cast('int32');
  }
  bool(): this {
    return this.cast('bool');
  }

  /**
   * Any scalar expression over this tensor and others of its shape, differentiable like every other method.
   * @param expression over `input(0)` (this), `input(1)`, … and `scalar(0)`, ….
   */
  map(expression: Expr, others: readonly this[] = [], scalars: readonly number[] = noScalars): this {
    return this.apply('map', [this, ...others], { formula: formulaOf(expression, others.length + 1), scalars });
  }

  /** @internal */
  protected map1(name: UnaryName, scalars: readonly number[] = noScalars): this {
    const x = isFloat(this.dtype) ? this : this.number(wholeNumbers.has(name) ? 'int32' : 'float32');
    if (x.dtype === 'int32') for (const n of scalars) checkBound(name, n);
    return x.apply('map', [x], { formula: unaryFormulas[name], scalars });
  }

  /** This tensor in at least the dtype given: bool becomes a number, int32 becomes float32. */
  private number(least: 'int32' | 'float32'): this {
    return this.cast(promote(this.dtype, least));
  }

  /** @internal A literal as a tensor (of the dtype given, this tensor's otherwise), or the tensor itself. */
  lift(where: string, x: this | Literal, dtype: Dtype = this.dtype): this {
    return x instanceof Value ? x : this.literal(where, x, dtype);
  }

  private literal(where: string, x: Literal, dtype: Dtype | undefined): this {
    const elements = readLiteral(where, x, dtype);
    return this.wrap(elements.data, elements.shape, elements.dtype);
  }

  private binary(name: NumberName, other: this | Literal, least: Dtype = 'int32'): this {
    if (typeof other === 'number' || typeof other === 'boolean') return this.withNumber(name, Number(other), least);
    const y = other instanceof Value ? other : this.literal(name, other, promote(this.dtype, least));
    return this.map2(name, y, least);
  }

  private map2(name: BinaryName, y: this, least: Dtype, scalars: readonly number[] = noScalars): this {
    const formula = binaryFormulas[name];
    const dtype = promote(promote(this.dtype, y.dtype), least);
    if (dtype === this.dtype && dtype === y.dtype && sameShape(this.shape, y.shape)) {
      return this.apply('map', [this, y], { formula, scalars });
    }
    const shape = broadcastShapes(name, this.shape, y.shape);
    return this.apply('map', [this.cast(dtype).expand(shape), y.cast(dtype).expand(shape)], { formula, scalars });
  }

  /** A JavaScript number never raises a dtype, so a fraction and int32 do not go together. */
  private withNumber(name: NumberName, n: number, least: Dtype): this {
    const dtype = promote(this.dtype, least);
    const fits = dtype !== 'int32' || n === (n | 0);
    if (!fits && !comparisons.has(name)) refuseNumber(name, n);
    const x = this.cast(fits ? dtype : 'float64');
    return x.apply('map', [x], { formula: numberFormulas[name], scalars: [n] });
  }

  // arithmetic; the other side broadcasts

  add(other: this | Literal): this {
    return this.binary('add', other);
  }
  sub(other: this | Literal): this {
    return this.binary('sub', other);
  }
  mul(other: this | Literal): this {
    return this.binary('mul', other);
  }
  /** True division: int32 / int32 gives float32. */
  div(other: this | Literal): this {
    return this.binary('div', other, 'float32');
  }
  /** An int32 tensor takes whole exponents of at least 0. */
  pow(exponent: this | Literal): this {
    if (exponent === 2) return this.square();
    if (exponent === 3) return this.map1('cube');
    if (isFloat(this.dtype)) {
      if (exponent === 0.5) return this.sqrt();
      if (exponent === -1) return this.reciprocal();
    } else if (typeof exponent === 'number' && exponent < 0) refuseNumber('pow', exponent);
    return this.binary('pow', exponent);
  }
  /** The greater of both; at a tie each gets half of the gradient. */
  maximum(other: this | Literal): this {
    return this.binary('maximum', other);
  }
  /** The lesser of both; at a tie each gets half of the gradient. */
  minimum(other: this | Literal): this {
    return this.binary('minimum', other);
  }
  /** The angle of (other, this) in radians. */
  atan2(other: this | Literal): this {
    return this.binary('atan2', other, 'float32');
  }
  /** The remainder with the sign of this, as C's fmod. */
  fmod(other: this | Literal): this {
    return this.binary('fmod', other);
  }
  /** The remainder with the sign of the other, as Python's %. */
  remainder(other: this | Literal): this {
    return this.binary('remainder', other);
  }
  /** this + weight·(other − this). */
  lerp(other: this | Literal, weight: number): this {
    return this.map2('lerp', this.lift('lerp', other, promote(this.dtype, 'float32')), 'float32', [weight]);
  }

  // comparisons give bool

  eq(other: this | Literal): this {
    return this.binary('eq', other);
  }
  ne(other: this | Literal): this {
    return this.binary('ne', other);
  }
  lt(other: this | Literal): this {
    return this.binary('lt', other);
  }
  le(other: this | Literal): this {
    return this.binary('le', other);
  }
  gt(other: this | Literal): this {
    return this.binary('gt', other);
  }
  ge(other: this | Literal): this {
    return this.binary('ge', other);
  }
  logicalAnd(other: this | Literal): this {
    return this.binary('logicalAnd', other, 'bool');
  }
  logicalOr(other: this | Literal): this {
    return this.binary('logicalOr', other, 'bool');
  }
  logicalXor(other: this | Literal): this {
    return this.binary('logicalXor', other, 'bool');
  }
  logicalNot(): this {
    return this.map1('logicalNot');
  }
  isNaN(): this {
    return this.map1('isNaN');
  }
  isFinite(): this {
    return this.map1('isFinite');
  }
  isInf(): this {
    return this.abs().eq(Infinity);
  }
  /** |x − y| ≤ absolute + relative·|y|; equal infinities are close, NaN never are. */
  isClose(other: this | Literal, { relative = 1e-5, absolute = 1e-8 }: ToleranceOptions = {}): this {
    const x = this.number('float32');
    const y = x.lift('isClose', other).number('float32');
    const near = x.sub(y).abs().le(y.abs().mul(relative).add(absolute));
    return x.eq(y).logicalOr(near.logicalAnd(y.isFinite()));
  }
  /** Numbers in the place of NaN and infinities: 0 and the greatest that the dtype holds if none are given. */
  nanToNum({ nan = 0, posInf, negInf }: NanToNumOptions = {}): this {
    if (!isFloat(this.dtype)) return this;
    const most = this.dtype === 'float32' ? 2 ** 127 * (2 - 2 ** -23) : Number.MAX_VALUE;
    const bounded = this.eq(Infinity).choose(posInf ?? most, this.eq(-Infinity).choose(negInf ?? -most, this));
    return this.isNaN().choose(nan, bounded);
  }

  /** @internal `a` where this is true, else `b`; all three broadcast. */
  choose(a: this | Literal, b: this | Literal): this {
    const known = a instanceof Value ? a.dtype : b instanceof Value ? b.dtype : undefined;
    const x = a instanceof Value ? a : this.literal('where', a, known);
    const y = b instanceof Value ? b : this.literal('where', b, known);
    const shape = broadcastShapes('where', this.shape, broadcastShapes('where', x.shape, y.shape));
    const dtype = promote(x.dtype, y.dtype);
    const condition = this.bool().expand(shape);
    return this.apply('map', [condition, x.cast(dtype).expand(shape), y.cast(dtype).expand(shape)], {
      formula: ternaryFormulas.where,
      scalars: noScalars,
    });
  }

  /** `value` where the mask is true. */
  maskedFill(mask: this | Literal, value: number): this {
    const m = this.lift('maskedFill', mask, 'bool').bool();
    if (!isFloat(this.dtype) && value !== (this.dtype === 'bool' ? Number(Boolean(value)) : value | 0)) {
      throw new DtypeError(`maskedFill: ${this.dtype} cannot hold the value; got ${value}; use .float32() first`);
    }
    const shape = broadcastShapes('maskedFill', this.shape, m.shape);
    return this.apply('map', [this.expand(shape), m.expand(shape)], {
      formula: binaryFormulas.maskedFill,
      scalars: [value],
    });
  }

  /** Between `min` and `max`, either may be left out; the derivative is 1 at the bounds. */
  clamp(min: number = -Infinity, max: number = Infinity): this {
    if (!(min <= max)) throw new ArgumentError(`clamp: min must not be above max; got ${min} and ${max}`);
    return this.map1('clamp', [min, max]);
  }

  // one tensor

  neg(): this {
    return this.map1('neg');
  }
  abs(): this {
    return this.map1('abs');
  }
  sign(): this {
    return this.map1('sign');
  }
  floor(): this {
    return this.map1('floor');
  }
  ceil(): this {
    return this.map1('ceil');
  }
  trunc(): this {
    return this.map1('trunc');
  }
  /** To the nearest whole number, halves to the even one. */
  round(): this {
    return this.map1('round');
  }
  exp(): this {
    return this.map1('exp');
  }
  /** eˣ − 1, exact near 0. */
  expm1(): this {
    return this.map1('expm1');
  }
  /** The natural logarithm. */
  log(): this {
    return this.map1('log');
  }
  log2(): this {
    return this.map1('log2');
  }
  log10(): this {
    return this.map1('log10');
  }
  /** log(1 + x), exact near 0. */
  log1p(): this {
    return this.map1('log1p');
  }
  sqrt(): this {
    return this.map1('sqrt');
  }
  /** 1/√x. */
  rsqrt(): this {
    return this.map1('rsqrt');
  }
  square(): this {
    return this.map1('square');
  }
  /** 1/x. */
  reciprocal(): this {
    return this.map1('reciprocal');
  }
  sin(): this {
    return this.map1('sin');
  }
  cos(): this {
    return this.map1('cos');
  }
  tan(): this {
    return this.map1('tan');
  }
  asin(): this {
    return this.map1('asin');
  }
  acos(): this {
    return this.map1('acos');
  }
  atan(): this {
    return this.map1('atan');
  }
  sinh(): this {
    return this.map1('sinh');
  }
  cosh(): this {
    return this.map1('cosh');
  }
  tanh(): this {
    return this.map1('tanh');
  }
  asinh(): this {
    return this.map1('asinh');
  }
  acosh(): this {
    return this.map1('acosh');
  }
  atanh(): this {
    return this.map1('atanh');
  }
  /** The error function. */
  erf(): this {
    return this.map1('erf');
  }
  /** log(x/(1 − x)). */
  logit(): this {
    return this.map1('logit');
  }
}

function refuseNumber(name: string, n: number): never {
  throw new DtypeError(
    `${name}: an int32 tensor takes whole numbers${name === 'pow' ? ' of at least 0' : ''} that int32 holds; got ${n}; use .float32() first`,
  );
}

/** A bound of whole numbers is whole, or there is none. */
function checkBound(name: string, n: number): void {
  if (n !== (n | 0) && Math.abs(n) !== Infinity) refuseNumber(name, n);
}

const comparisons: ReadonlySet<NumberName> = new Set<NumberName>([
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'logicalAnd',
  'logicalOr',
  'logicalXor',
]);
