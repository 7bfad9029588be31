/** Vector code under construction: values that are computed once, constants, polynomials, and rare cases apart. */
import { type Code, type Statement, sequence } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { type FunctionBuilder, type Local, loopWhile, when } from './function.ts';
import { f32x4, f64x2, i32, i32x4, v128 } from './instruction.ts';

export type Vector = Code<'v128'>;
export type Held = Local<'v128'>;

/** Collects statements that compute vectors. */
export class VectorCode {
  readonly statements: Statement[] = [];
  private readonly f: FunctionBuilder;
  private readonly pool: ConstantPool;
  private readonly shared: Held[] | undefined;
  private used = 0;

  /** @param shared the constants of codes that are written abreast. */
  constructor(f: FunctionBuilder, pool: ConstantPool, shared?: Held[]) {
    this.f = f;
    this.pool = pool;
    this.shared = shared;
  }

  /** Computes a value once. */
  hold(value: Vector): Held {
    const held = this.f.v128();
    this.statements.push(held.set(value));
    return held;
  }

  /** A float32 in all four lanes. */
  float(value: number): Vector {
    return this.constant(this.pool.float(value));
  }

  /** A 32-bit pattern in all four lanes. */
  bits(pattern: number): Vector {
    return this.constant(this.pool.bits(pattern));
  }

  /** A float64 in both lanes. */
  double(value: number): Vector {
    return this.constant(this.pool.double(value));
  }

  /** The lower and the upper word of a 64-bit pattern in both lanes. */
  words(low: number, high: number): Vector {
    return this.constant(this.pool.words(low, high));
  }

  private constant(load: Vector): Vector {
    if (!this.shared) return load;
    const known = this.shared[this.used++];
    if (known) {
      this.statements.push(sequence()); // keeps step with the code that loads it
      return known;
    }
    const held = this.hold(load);
    this.shared.push(held);
    return held;
  }

  /** Σ coefficients[i]·xⁱ by Estrin's scheme: a short chain of dependent operations. */
  polynomial(x: Held, coefficients: readonly number[]): Vector {
    const { add, mul } = f32x4;
    return this.estrin(x, coefficients, (c) => this.float(c), add, mul);
  }

  /** The same of float64 lanes. */
  polynomialDouble(x: Held, coefficients: readonly number[]): Vector {
    const { add, mul } = f64x2;
    return this.estrin(x, coefficients, (c) => this.double(c), add, mul);
  }

  private estrin(
    x: Held,
    coefficients: readonly number[],
    constant: (c: number) => Vector,
    add: (a: Vector, b: Vector) => Vector,
    mul: (a: Vector, b: Vector) => Vector,
  ): Vector {
    let terms = coefficients.map((c) => () => constant(c));
    for (let power = x; terms.length > 1; ) {
      const next: (() => Vector)[] = [];
      for (let i = 0; i + 1 < terms.length; i += 2) {
        const sum = this.hold(add(mul(terms[i + 1]!(), power), terms[i]!()));
        next.push(() => sum);
      }
      if (terms.length % 2 === 1) next.push(terms[terms.length - 1]!);
      terms = next;
      if (terms.length > 1) power = this.hold(mul(power, power));
    }
    return terms[0]!();
  }

  /**
   * Where lanes of the mask `usual` are 0: gives the held values those lanes of what `rare` computes.
   * The code of `rare` is jumped over while there are none.
   */
  unless(usual: Vector, held: readonly Held[], rare: (c: VectorCode) => readonly Vector[]): void {
    const mask = this.hold(usual);
    const c = new VectorCode(this.f, this.pool);
    const values = rare(c);
    const merged = held.map((h, i) => h.set(v128.select(h, values[i]!, mask)));
    this.statements.push(when(i32.ne(i32x4.bitmask(mask), 0b1111), [...c.statements, ...merged]));
  }

  /** `body` again and again while any bit of a mask is 1. */
  repeatWhile(mask: Vector, body: (c: VectorCode) => void): void {
    const c = new VectorCode(this.f, this.pool);
    body(c);
    this.statements.push(loopWhile(v128.anyTrue(mask), c.statements));
  }
}

/**
 * The same computation on n vectors, written so that they advance together: the chains of one fill the waits of the
 * others, and they load each constant once.
 */
export function abreast(
  f: FunctionBuilder,
  pool: ConstantPool,
  n: number,
  compute: (c: VectorCode, i: number) => void,
): Statement[] {
  const shared: Held[] | undefined = n > 1 ? [] : undefined;
  const codes = Array.from({ length: n }, (_, i) => {
    const c = new VectorCode(f, pool, shared);
    compute(c, i);
    return c.statements;
  });
  return codes[0]!.flatMap((_, step) => codes.map((statements) => statements[step]!));
}
