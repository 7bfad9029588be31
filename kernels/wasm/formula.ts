/** Formulas as vector code: lanes of one arithmetic, every operation rounded as the plain loops round it. */
import { arithmeticOf } from '../../src/core/arithmetic.ts';
import type { Dtype } from '../../src/core/dtype.ts';
import { type Expr, visit } from '../../src/core/expression.ts';
import type { Formula } from '../../src/core/formula.ts';
import type { Arithmetic } from '../../src/core/javascript.ts';
import type { ScalarFunction } from '../../src/core/scalar-maths.ts';
import type { I32 } from './code.ts';
import { f32x4, f64x2, i32x4, v128 } from './instruction.ts';
import { float32Maths, type VectorFunction } from './maths.ts';
import type { Held, Vector, VectorCode } from './vector.ts';

/** Numbers, or a mask: lanes whose bits are all 1 where it is true, else 0. */
export interface Lanewise {
  readonly vector: Held;
  readonly isMask: boolean;
}

type Compare = (a: Vector, b: Vector) => Vector;

/** How an arithmetic computes on vectors; what it lacks has no vector code. */
interface Operations {
  readonly maths: Partial<Readonly<Record<ScalarFunction, VectorFunction>>>;
  readonly compare: Readonly<Record<'lt' | 'le' | 'eq' | 'ne', Compare>>;
  readonly constant: (c: VectorCode, value: number) => Vector;
  /** Which lanes JavaScript takes for true: not 0 and not NaN. */
  readonly isTrue: (a: Vector) => Vector;
}

const itself: VectorFunction = (_, a) => a;

const operations: Readonly<Record<Arithmetic, Operations>> = {
  float32: {
    maths: float32Maths,
    compare: f32x4,
    constant: (c, value) => c.float(value),
    isTrue: (a) => f32x4.lt(v128.zero, f32x4.abs(a)),
  },
  float64: {
    maths: {
      neg: (_, a) => f64x2.neg(a),
      abs: (_, a) => f64x2.abs(a),
      sign: (c, a) => {
        const [above, below] = [f64x2.lt(v128.zero, a), f64x2.lt(a, v128.zero)];
        return f64x2.sub(v128.and(above, c.double(1)), v128.and(below, c.double(1)));
      },
      floor: (_, a) => f64x2.floor(a),
      ceil: (_, a) => f64x2.ceil(a),
      trunc: (_, a) => f64x2.trunc(a),
      round: (_, a) => f64x2.nearest(a),
      sqrt: (_, a) => f64x2.sqrt(a),
      rsqrt: (c, a) => f64x2.div(c.double(1), f64x2.sqrt(a)),
      add: (_, a, b) => f64x2.add(a, b),
      sub: (_, a, b) => f64x2.sub(a, b),
      mul: (_, a, b) => f64x2.mul(a, b),
      div: (_, a, b) => f64x2.div(a, b),
      max: (_, a, b) => f64x2.max(a, b),
      min: (_, a, b) => f64x2.min(a, b),
    },
    compare: f64x2,
    constant: (c, value) => c.double(value),
    isTrue: (a) => f64x2.lt(v128.zero, f64x2.abs(a)),
  },
  int32: {
    maths: {
      neg: (_, a) => i32x4.neg(a),
      abs: (_, a) => i32x4.abs(a),
      sign: (_, a) => i32x4.sub(i32x4.lt(a, v128.zero), i32x4.gt(a, v128.zero)), // a mask is −1
      floor: itself,
      ceil: itself,
      trunc: itself,
      round: itself,
      add: (_, a, b) => i32x4.add(a, b),
      sub: (_, a, b) => i32x4.sub(a, b),
      mul: (_, a, b) => i32x4.mul(a, b),
      max: (_, a, b) => i32x4.max(a, b),
      min: (_, a, b) => i32x4.min(a, b),
    },
    compare: { lt: i32x4.lt, le: i32x4.le, eq: i32x4.eq, ne: i32x4.ne },
    constant: (c, value) => c.bits(value),
    isTrue: (a) => i32x4.ne(a, v128.zero),
  },
};

const known: Readonly<Record<Arithmetic, boolean[]>> = { float32: [], float64: [], int32: [] }; // by formula.id

/** Whether a formula has vector code. Whole-number arithmetic takes no constants and scalars but whole numbers. */
export function hasVectorCode(formula: Formula, arithmetic: Arithmetic, scalars: readonly number[]): boolean {
  if (arithmetic === 'int32' && !scalars.slice(0, formula.scalarCount).every(isInt32)) return false;
  known[arithmetic][formula.id] ??= hasOperations(formula, arithmetic);
  return known[arithmetic][formula.id]!;
}

function hasOperations({ body }: Formula, arithmetic: Arithmetic): boolean {
  const { maths, compare } = operations[arithmetic];
  let has = true;
  visit(body, ({ op, value }) => {
    if (op === 'const') has &&= arithmetic !== 'int32' || isInt32(value);
    else has &&= op === 'input' || op === 'scalar' || op === 'where' || op === 'and' || op in compare || op in maths;
  });
  return has;
}

function isInt32(value: number): boolean {
  return value === (value | 0);
}

/**
 * The code of a formula on vectors of its inputs, of which float64 goes with float64 only; `scalars` is the address of
 * the formula's scalars, each as wide as the arithmetic. Bools are lanes of 0 and 1.
 */
export function vectorCode(
  formula: Formula,
  inputs: readonly Dtype[],
  result: Dtype,
): (c: VectorCode, leaves: readonly Held[], scalars: I32) => Vector {
  const arithmetic = arithmeticOf(formula, inputs, result);
  return (c, leaves, scalars) => {
    const value = vectorOf(c, formula.body, arithmetic, (e) => {
      if (e.op === 'scalar') return scalarLanes(c, arithmetic, scalars, e.value);
      return lanesOf(c, leaves[e.value]!, inputs[e.value]!, arithmetic);
    });
    return result === 'bool'
      ? v128.and(value.vector, c.bits(value.isMask ? 1 : 0xff))
      : numbersOf(c, value, arithmetic);
  };
}

/** A scalar of the list at an address, in all lanes. */
export function scalarLanes(c: VectorCode, arithmetic: Arithmetic, scalars: I32, index: number): Lanewise {
  const load = arithmetic === 'float64' ? v128.load64Splat(scalars, 8 * index) : v128.load32Splat(scalars, 4 * index);
  return { vector: c.hold(load), isMask: false };
}

/** Lanes of a dtype, as wide as those of the arithmetic, in the arithmetic. */
export function lanesOf(c: VectorCode, vector: Held, dtype: Dtype, arithmetic: Arithmetic): Lanewise {
  if (arithmetic === 'float32' && dtype === 'int32') return { vector: c.hold(f32x4.fromI32x4(vector)), isMask: false };
  if (arithmetic === 'float32' && dtype === 'bool') {
    return { vector: c.hold(i32x4.ne(vector, v128.zero)), isMask: true };
  }
  return { vector, isMask: false };
}

/** Prints a formula's body (without calls). `leaf` gives an input or a scalar. */
export function vectorOf(c: VectorCode, body: Expr, arithmetic: Arithmetic, leaf: (e: Expr) => Lanewise): Lanewise {
  return new Printer(c, arithmetic, leaf).print(body);
}

/** Prints several bodies; what they share is computed once. */
export function vectorsOf(
  c: VectorCode,
  bodies: readonly Expr[],
  arithmetic: Arithmetic,
  leaf: (e: Expr) => Lanewise,
): Lanewise[] {
  const printer = new Printer(c, arithmetic, leaf);
  return bodies.map((body) => printer.print(body));
}

/** The numbers themselves, or 1 and 0 for a mask. */
export function numbersOf(c: VectorCode, { vector, isMask }: Lanewise, arithmetic: Arithmetic): Vector {
  return isMask ? v128.and(vector, operations[arithmetic].constant(c, 1)) : vector;
}

class Printer {
  private readonly c: VectorCode;
  private readonly arithmetic: Arithmetic;
  private readonly leaf: (e: Expr) => Lanewise;
  private readonly known = new Map<Expr, Lanewise>();

  constructor(c: VectorCode, arithmetic: Arithmetic, leaf: (e: Expr) => Lanewise) {
    this.c = c;
    this.arithmetic = arithmetic;
    this.leaf = leaf;
  }

  print(e: Expr): Lanewise {
    let value = this.known.get(e);
    if (!value) {
      value = this.compute(e);
      this.known.set(e, value);
    }
    return value;
  }

  private compute(e: Expr): Lanewise {
    const { op } = e;
    const { maths, compare, constant } = operations[this.arithmetic];
    const [a, b] = e.args as readonly [Expr, Expr];
    switch (op) {
      case 'input':
      case 'scalar':
        return this.leaf(e);
      case 'const':
        return this.numbers(constant(this.c, e.value));
      case 'where':
        return this.where(e);
      case 'and':
        return this.mask(v128.and(this.condition(a), this.condition(b)));
      case 'eq':
      case 'ne':
        return this.equality(op, a, b);
      case 'lt':
      case 'le':
        return this.mask(compare[op](this.number(a), this.number(b)));
      case 'call':
        throw new Error('formula: a call is not lowered'); // a Formula's body has none
      default:
        return this.numbers(maths[op]!(this.c, this.number(a), b ? this.number(b) : this.number(a)));
    }
  }

  private where({ args }: Expr): Lanewise {
    const [test, a, b] = args as readonly [Expr, Expr, Expr];
    const condition = this.condition(test);
    if (isZero(b)) return this.like(a, (x) => v128.and(x, condition));
    if (isZero(a)) return this.like(b, (x) => v128.andNot(x, condition));
    if (this.print(a).isMask && this.print(b).isMask) {
      return this.mask(v128.select(this.print(a).vector, this.print(b).vector, condition));
    }
    return this.numbers(v128.select(this.number(a), this.number(b), condition));
  }

  private equality(op: 'eq' | 'ne', a: Expr, b: Expr): Lanewise {
    const [x, y] = [this.print(a), this.print(b)];
    if (x.isMask && (y.isMask || isZero(b))) {
      const differs = y.isMask ? v128.xor(x.vector, y.vector) : x.vector;
      return this.mask(op === 'ne' ? differs : v128.not(differs));
    }
    return this.mask(operations[this.arithmetic].compare[op](this.number(a), this.number(b)));
  }

  /** A mask or numbers, as the expression is, with lanes set to 0. */
  private like(e: Expr, keep: (x: Vector) => Vector): Lanewise {
    const { vector, isMask } = this.print(e);
    return { vector: this.c.hold(keep(vector)), isMask };
  }

  private number(e: Expr): Held {
    const value = this.print(e);
    return value.isMask ? this.c.hold(numbersOf(this.c, value, this.arithmetic)) : value.vector;
  }

  private condition(e: Expr): Held {
    const { vector, isMask } = this.print(e);
    return isMask ? vector : this.c.hold(operations[this.arithmetic].isTrue(vector));
  }

  private numbers(vector: Vector): Lanewise {
    return { vector: this.c.hold(vector), isMask: false };
  }

  private mask(vector: Vector): Lanewise {
    return { vector: this.c.hold(vector), isMask: true };
  }
}

function isZero(e: Expr): boolean {
  return e.op === 'const' && Object.is(e.value, 0);
}
