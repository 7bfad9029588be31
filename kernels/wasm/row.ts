/** Passes along a row of float32: four vectors at a time, then one, then what is left of the row. */
import { Accumulator } from './accumulator.ts';
import { type I32, type Statement, sequence } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { countDown, type FunctionBuilder, increase, loopWhile, when } from './function.ts';
import { f32x4, i32, i32x4, v128 } from './instruction.ts';
import { abreast, type Held, type Vector, VectorCode } from './vector.ts';
import type { Int } from './walk.ts';

/** What is done along a row. */
export interface RowPass {
  /** Addresses of the rows that are read. */
  readonly inputs: readonly Int[];
  /** The address of the row that is written, if there is one: it may be an input. */
  readonly output?: Int;
  /** From a vector of each input to one of the result. */
  readonly compute: (c: VectorCode, xs: readonly Held[]) => Vector;
  /** Takes up some vectors of results. */
  readonly gather?: (c: VectorCode, results: readonly Held[]) => void;
  /** What `gather` sees in lanes that are no elements or were seen before; 0 unless told. */
  readonly missing?: number;
}

/**
 * Passes along rows of `n` elements, at least one. What is left after the last whole vector is the last vector of the
 * row, overlapping the one before; in rows of less than four it is loaded and stored element by element.
 */
export class RowCode {
  private readonly f: FunctionBuilder;
  private readonly constants: ConstantPool;
  private readonly n: Int;
  /** Ones in the lanes of the last vector that hold elements which no vector before has. */
  private readonly fresh: Held;

  constructor(f: FunctionBuilder, constants: ConstantPool, n: Int) {
    this.f = f;
    this.constants = constants;
    this.n = n;
    this.fresh = f.v128();
  }

  /** What goes before the first row. */
  private prepare(): Statement[] {
    const [i, lanes] = [this.f.i32(), this.f.v128()];
    const c = this.code();
    const pairs = c.hold(v128.shuffle32(v128.zero, c.bits(1), 0, 4, 0, 4));
    c.statements.push(lanes.set(i32x4.add(pairs, v128.shuffle32(v128.zero, c.bits(2), 0, 0, 4, 4)))); // 0, 1, 2, 3
    return [
      ...c.statements,
      i.set(i32.and(this.n, 3)),
      when(
        i32.ge(this.n, 4),
        this.fresh.set(i32x4.gt(i32x4.add(lanes, i32x4.splat(i)), c.bits(3))),
        this.fresh.set(i32x4.gt(i32x4.splat(i), lanes)),
      ),
    ];
  }

  /** One pass. */
  pass(pass: RowPass): Statement[] {
    const { inputs, output } = pass;
    const pointers = inputs.map(() => this.f.i32());
    const to = this.f.i32();
    const left = this.f.i32();
    const last = inputs.map(() => this.f.v128()); // read before anything is written
    const some = (count: number): Statement[] => [
      ...this.vectors(pass, pointers, to, count),
      ...pointers.map((q) => increase(q, 16 * count)),
      ...(output ? [increase(to, 16 * count)] : []),
    ];
    return [
      ...pointers.map((q, i) => q.set(inputs[i]!)),
      ...(output ? [to.set(output)] : []),
      left.set(this.n),
      ...last.map((v, i) => this.loadLast(v, inputs[i]!)),
      countDown(left, 16, some(4)),
      countDown(left, 4, some(1)),
      when(left, this.lastVector(pass, last)),
    ];
  }

  /** The maximum of a row in all lanes: NaN if an element is. */
  maximum(x: Int): [max: Held, statements: Statement[]] {
    const [start, end] = [this.code(), this.code()];
    const parts = [0, 1].map(() => new Accumulator(start, 'max', 'float32'));
    const gather = (c: VectorCode, xs: readonly Held[]): void => {
      xs.forEach((v, i) => {
        parts[i % 2]!.take(c, [v]);
      });
    };
    const pass = this.pass({ inputs: [x], compute: (_, [v]) => v!, gather, missing: -Infinity });
    parts[0]!.merge(end, parts[1]!);
    const max = splat(end, parts[0]!.total(end));
    return [max, [...start.statements, ...pass, ...end.statements]];
  }

  /** The sum of what a pass computes, as float64 in the lowest lane: four vectors at a time as (0 + 1) + (2 + 3). */
  sum(pass: Omit<RowPass, 'gather' | 'missing'>): [sum: Held, statements: Statement[]] {
    const { add } = f32x4;
    const [start, end] = [this.code(), this.code()];
    const sum = new Accumulator(start, 'sum', 'float32');
    const gather = (c: VectorCode, xs: readonly Held[]): void => {
      const [a, b, d, e] = xs;
      sum.take(c, [e ? add(add(a!, b!), add(d!, e)) : a!]);
    };
    const along = this.pass({ ...pass, gather });
    const total = sum.total(end);
    return [total, [...start.statements, ...along, ...end.statements]];
  }

  /** `body` for the rows of a share; each pointer moves by its stride. */
  each(
    { from, end }: { readonly from: Int; readonly end: Int },
    pointers: readonly (readonly [pointer: Int, stride: I32])[],
    body: readonly Statement[],
  ): Statement[] {
    const next = pointers.map(([q, stride]) => increase(q, stride));
    return [
      ...this.prepare(),
      ...pointers.map(([q, stride]) => increase(q, i32.mul(from, stride))),
      loopWhile(i32.lt(from, end), [...body, ...next, increase(from, 1)]),
    ];
  }

  private code(): VectorCode {
    return new VectorCode(this.f, this.constants);
  }

  private vectors(pass: RowPass, pointers: readonly Int[], to: Int, count: number): Statement[] {
    const results: Held[] = [];
    const pair = Math.min(2, count); // more abreast would not stay in registers
    const statements: Statement[] = [];
    for (let first = 0; first < count; first += pair) {
      const two = abreast(this.f, this.constants, pair, (c, i) => {
        const xs = pointers.map((q) => c.hold(v128.load(q, 16 * (first + i))));
        results.push(c.hold(pass.compute(c, xs)));
      });
      statements.push(...two);
    }
    const c = this.code();
    pass.gather?.(c, results);
    const stores = pass.output ? results.map((v, i) => v128.store(to, v, 16 * i)) : [];
    return [...statements, ...stores, ...c.statements];
  }

  private lastVector({ output, compute, gather, missing = 0 }: RowPass, xs: readonly Held[]): Statement[] {
    const c = this.code();
    const result = c.hold(compute(c, xs));
    if (output) c.statements.push(this.storeLast(output, result));
    if (gather) gather(c, [c.hold(v128.select(result, c.float(missing), this.fresh))]);
    return [...c.statements];
  }

  private loadLast(v: Held, row: Int): Statement {
    const lanes = [1, 2].map((lane) => when(i32.gt(this.n, lane), v.set(v128.loadLane32(row, v, lane, 4 * lane))));
    return when(i32.ge(this.n, 4), v.set(v128.load(i32.sub(i32.add(row, i32.shl(this.n, 2)), 16))), [
      v.set(v128.load32Zero(row)),
      ...lanes,
    ]);
  }

  private storeLast(row: Int, v: Held): Statement {
    const lanes = [1, 2].map((lane) => when(i32.gt(this.n, lane), v128.storeLane32(row, v, lane, 4 * lane)));
    return when(
      i32.ge(this.n, 4),
      v128.store(i32.sub(i32.add(row, i32.shl(this.n, 2)), 16), v),
      sequence(v128.storeLane32(row, v, 0), lanes),
    );
  }
}

/** The lowest float32 in all lanes. */
export function splat(c: VectorCode, v: Held): Held {
  return c.hold(v128.shuffle32(v, v, 0, 0, 0, 0));
}
