/** The code of a row program for one row. */
import type { Dtype } from '../../src/core/dtype.ts';
import { isRow } from '../../src/core/row-program.ts';
import { Accumulator } from './accumulator.ts';
import type { Statement } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { type Lanewise, numbersOf } from './formula.ts';
import { countDown, type FunctionBuilder, increase } from './function.ts';
import { f32x4, i32x4, v128 } from './instruction.ts';
import { weightOf } from './map.ts';
import { type Quad, quads } from './quad.ts';
import { planPasses, type RowKernel, type RowPlan, valuesRead } from './row-plan.ts';
import { type Formulated, type RowAddresses, RowValues, type Spot } from './row-values.ts';
import { abreast, type Held, VectorCode } from './vector.ts';
import type { Int } from './walk.ts';

/** What a pass takes up: its sums and maxima, and the rows that it stores. */
interface Pass {
  readonly number: number;
  readonly reductions: readonly { readonly stage: number; readonly parts: readonly Accumulator[] }[];
  readonly stores: readonly { readonly stage: number; readonly result: number }[];
  /** The inputs and results that it loads, and pointers to what is next in these and in what it stores. */
  readonly at: ReadonlyMap<number, Int>;
  readonly to: ReadonlyMap<number, Int>;
  /** Quads that are computed abreast: more where long chains have to be filled and registers suffice. */
  readonly width: 2 | 4;
  /** The columns of the first four elements that are next. */
  readonly columns: Held;
}

/** Quads that a turn of the inner loop takes: the elements that `reduce` takes in turn. */
const together = 4;
/** Rows of so many elements have no loops. */
const mostUnrolled = 32;
/** With more arrays than these, four quads abreast do not stay in registers. */
const fewArrays = 3;

export class RowBuilder {
  private readonly f: FunctionBuilder;
  private readonly constants: ConstantPool;
  private readonly kernel: RowKernel;
  private readonly addresses: RowAddresses;
  private readonly plan: RowPlan;
  private readonly values: RowValues;

  constructor(f: FunctionBuilder, constants: ConstantPool, kernel: RowKernel, addresses: RowAddresses) {
    this.f = f;
    this.constants = constants;
    this.kernel = kernel;
    this.addresses = addresses;
    this.plan = planPasses(kernel.program);
    this.values = new RowValues(f, kernel, this.plan, addresses);
  }

  /** All that is computed of the row at the addresses, one phase after another: each waits for the one before. */
  phases(): readonly Statement[][] {
    const { plan } = this;
    const start = this.code();
    this.values.load(start);
    const all: Statement[][] = [start.statements];
    for (let pass = 0; pass <= plan.count; pass++) {
      all.push(this.once(pass));
      if (pass < plan.count) all.push(this.pass(pass));
    }
    return all;
  }

  private code(): VectorCode {
    return new VectorCode(this.f, this.constants);
  }

  private passOf(stage: number): number {
    return this.plan.passes[this.kernel.program.inputs + stage]!;
  }

  /** The numbers that are known after some passes and are no sums. */
  private once(pass: number): Statement[] {
    const { stages } = this.kernel.program;
    return stages.flatMap((stage, s) => {
      if ((stage.op !== 'once' && stage.op !== 'pick') || this.passOf(s) !== pass) return [];
      const c = this.code();
      const value = stage.op === 'once' ? this.values.once(c, stage) : this.values.picked(c, stage.reads);
      this.keep(
        c,
        s,
        stage.dtype === 'bool' ? value : { vector: c.hold(numbersOf(c, value, 'float32')), isMask: false },
      );
      return c.statements;
    });
  }

  /** A number of the row, stored if it is a result. */
  private keep(c: VectorCode, stage: number, value: Lanewise): void {
    this.values.note(stage, value);
    const result = this.plan.places.get(stage);
    if (result === undefined) return;
    const { dtype } = this.kernel.program.stages[stage]!;
    c.statements.push(...quads[dtype].storeOne(this.addresses.tos[result]!, this.quad(c, value, dtype)));
  }

  /** One pass along the row. */
  private pass(number: number): Statement[] {
    const { columns } = this.kernel.program;
    const start = this.code();
    const pass = this.begin(start, number);
    const rest = columns % 4;
    const all = [...start.statements];
    if (columns <= mostUnrolled) {
      const whole = (columns - rest) / 4;
      for (let q = 0; q < whole; ) {
        const count = whole - q >= together ? together : 1;
        all.push(...this.quads(pass, q, count));
        q += count;
      }
      if (rest > 0) all.push(...this.rest(pass, whole, rest));
    } else {
      const left = this.f.i32();
      const turn = (count: 1 | typeof together): Statement[] => [
        ...this.quads(pass, 0, count),
        ...this.on(pass, count),
      ];
      all.push(left.set(columns), countDown(left, 4 * together, turn(together)));
      if (columns % (4 * together) >= 4) all.push(countDown(left, 4, turn(1)));
      if (rest > 0) all.push(...this.rest(pass, 0, rest));
    }
    const end = this.code();
    for (const { stage, parts } of pass.reductions) this.finish(end, stage, parts);
    return [...all, ...end.statements];
  }

  /** Pointers and sums as they are before the first element. */
  private begin(c: VectorCode, number: number): Pass {
    const { program, inputs } = this.kernel;
    const { stages, columns, results } = program;
    const isNext = (s: number): boolean => this.passOf(s) === number;
    const gathering = stages.flatMap(({ op }, s) => (op === 'sum' || op === 'max' ? [s] : []));
    const reductions = gathering
      .filter((s) => this.passOf(s) === number + 1)
      .map((stage) => {
        const { op } = stages[stage]! as { op: 'sum' | 'max' };
        const parts = columns < 4 * together ? 1 : op === 'sum' ? 2 : 4;
        return { stage, parts: Array.from({ length: parts }, () => new Accumulator(c, op, 'float32')) };
      });
    const stores = [...this.plan.places]
      .filter(([s]) => isRow(stages[s]!) && isNext(s))
      .map(([stage, result]) => ({ stage, result }));
    const { loads, kept, weight } = this.read(
      [...reductions, ...stores].map(({ stage }) => stage),
      number,
    );
    const pointers = (of: Iterable<number>, from: readonly Int[]): Map<number, Int> =>
      new Map(
        [...of].map((i) => {
          if (columns <= mostUnrolled) return [i, from[i]!];
          const [at, assign] = this.f.hold(from[i]!);
          c.statements.push(assign);
          return [i, at];
        }),
      );
    const at = pointers(
      [...loads].filter((i) => inputs[i]!.near),
      this.addresses.xs,
    );
    const to = pointers(
      new Set([...kept, ...stores.map(({ result }) => result)].filter((r) => isRow(stages[results[r]!]!))),
      this.addresses.tos,
    );
    const width = weight >= 3 && weight <= 24 && at.size + to.size <= fewArrays ? 4 : 2;
    return { number, reductions, stores, at, to, width, columns: this.firstColumns(c) };
  }

  /** 0, 1, 2, 3 where something asks for columns. */
  private firstColumns(c: VectorCode): Held {
    const held = this.f.v128();
    if (!this.asksForColumns) return held;
    const pairs = c.hold(v128.shuffle32(v128.zero, c.bits(1), 0, 4, 0, 4));
    c.statements.push(held.set(i32x4.add(pairs, v128.shuffle32(v128.zero, c.bits(2), 0, 0, 4, 4))));
    return held;
  }

  private columnsAt(c: VectorCode, { columns }: Pass, q: number): Held {
    return q === 0 || !this.asksForColumns ? columns : c.hold(i32x4.add(columns, c.bits(4 * q)));
  }

  private get asksForColumns(): boolean {
    return this.kernel.program.stages.some(({ op }) => op === 'spread');
  }

  /** Which inputs a pass loads to compute some stages, which results that an earlier one has stored, and how heavy it is. */
  private read(targets: readonly number[], pass: number): { loads: Set<number>; kept: Set<number>; weight: number } {
    const { inputs, stages } = this.kernel.program;
    const [loads, kept, seen] = [new Set<number>(), new Set<number>(), new Set<number>()];
    const open = [...targets];
    let weight = 0;
    for (let s = open.pop(); s !== undefined; s = open.pop()) {
      const stage = stages[s]!;
      if ('formula' in stage) weight += weightOf(stage.formula) - 1;
      for (const v of valuesRead(stage)) {
        if (v < inputs) loads.add(v);
        else if (isRow(stages[v - inputs]!) && !seen.has(v)) {
          seen.add(v);
          const stored = this.values.storedBefore(v - inputs, pass);
          if (stored === undefined) open.push(v - inputs);
          else kept.add(stored);
        }
      }
    }
    return { loads, kept, weight };
  }

  /** On behind some quads. */
  private on({ at, to, columns }: Pass, count: number): Statement[] {
    const { inputs } = this.kernel;
    return [
      ...[...at].map(([i, q]) => increase(q, 4 * count * quads[inputs[i]!.dtype].bytes)),
      ...[...to].map(([r, q]) => increase(q, 4 * count * quads[this.dtypeOf(r)].bytes)),
      ...(this.asksForColumns ? [columns.set(i32x4.add(columns, this.code().bits(4 * count)))] : []),
    ];
  }

  private dtypeOf(result: number): Dtype {
    const { stages, results } = this.kernel.program;
    return stages[results[result]!]!.dtype;
  }

  /** One quad, or four of which sums go to their parts in turn, two quads added first; from quad `first` on. */
  private quads(pass: Pass, first: number, count: 1 | typeof together): Statement[] {
    const all: Statement[] = [];
    const width = Math.min(count, pass.width);
    for (let q = 0; q < count; q += width) {
      const taken: Held[][] = [];
      const before = this.code(); // codes abreast share their constants
      const columns = Array.from({ length: width }, (_, j) => this.columnsAt(before, pass, first + q + j));
      all.push(
        ...before.statements,
        ...abreast(this.f, this.constants, width, (c, j) => {
          const results = this.computed(c, pass, this.wholeQuad(c, pass, first + q + j, columns[j]!));
          taken.push(results.sums);
          for (const [s, { result }] of pass.stores.entries()) {
            const { bytes, store } = quads[this.dtypeOf(result)];
            c.statements.push(...store(pass.to.get(result)!, results.stored[s]!, 4 * (first + q + j) * bytes));
          }
        }),
      );
      const c = this.code();
      for (const [i, { parts, stage }] of pass.reductions.entries()) {
        const values = taken.map((sums) => sums[i]!);
        const isSum = this.kernel.program.stages[stage]!.op === 'sum';
        for (let j = 0; j < values.length; j++) {
          if (!isSum || count === 1) parts[q + j]!.take(c, [values[j]!]);
          else if (j % 2 === 0) parts[(q + j) / 2]!.take(c, [f32x4.add(values[j]!, values[j + 1]!)]);
        }
      }
      all.push(...c.statements);
    }
    return all;
  }

  private wholeQuad(c: VectorCode, pass: Pass, q: number, columns: Held): Spot {
    const load = (address: Int, dtype: Dtype): Held =>
      c.hold(quads[dtype].load(address, 4 * q * quads[dtype].bytes)[0]!);
    return {
      input: (i) => load(pass.at.get(i)!, this.kernel.inputs[i]!.dtype),
      result: (r) => load(pass.to.get(r)!, this.dtypeOf(r)),
      columns: () => columns,
    };
  }

  /** What is left behind the last whole quad: one to three elements. */
  private rest(pass: Pass, q: number, count: number): Statement[] {
    const c = this.code();
    const load = (address: Int, dtype: Dtype): Held => {
      const { bytes, loadOne, loadLane } = quads[dtype];
      let quad: Quad = [c.hold(loadOne(address, 4 * q * bytes)[0]!)];
      for (let lane = 1; lane < count; lane++) {
        quad = [c.hold(loadLane(address, quad, lane, (4 * q + lane) * bytes)[0]!)];
      }
      return quad[0] as Held;
    };
    const columns = this.columnsAt(c, pass, q);
    const { sums, stored } = this.computed(c, pass, {
      input: (i) => load(pass.at.get(i)!, this.kernel.inputs[i]!.dtype),
      result: (r) => load(pass.to.get(r)!, this.dtypeOf(r)),
      columns: () => columns,
    });
    for (const [s, { result }] of pass.stores.entries()) {
      const { bytes, storeLane } = quads[this.dtypeOf(result)];
      const quad = stored[s]!;
      for (let lane = 0; lane < count; lane++) {
        c.statements.push(storeLane(pass.to.get(result)!, quad, lane, (4 * q + lane) * bytes));
      }
    }
    for (const [i, { parts }] of pass.reductions.entries()) {
      const v = sums[i]!;
      for (let lane = 0; lane < count; lane++) {
        parts[0]!.takeFirst(c, [lane === 0 ? v : c.hold(v128.shuffle32(v, v, lane, lane, lane, lane))]);
      }
    }
    return c.statements;
  }

  /** Quads of what a pass takes up and stores, everything loaded. */
  private computed(c: VectorCode, pass: Pass, spot: Spot): { sums: Held[]; stored: Quad[] } {
    const { stages } = this.kernel.program;
    const known = new Map<number, Lanewise>();
    const sums = pass.reductions.map(({ stage }) => {
      const value = this.values.formula(c, stages[stage]! as Formulated, spot, pass.number, known);
      return c.hold(numbersOf(c, value, 'float32'));
    });
    const { inputs } = this.kernel.program;
    const stored = pass.stores.map(({ stage }) => {
      const value = this.values.value(c, inputs + stage, spot, pass.number, known);
      return this.quad(c, value, stages[stage]!.dtype).map((v) => c.hold(v));
    });
    return { sums, stored };
  }

  /** As it is stored. */
  private quad(c: VectorCode, value: Lanewise, dtype: Dtype): Quad {
    return [dtype === 'bool' ? v128.and(value.vector, c.bits(1)) : numbersOf(c, value, 'float32')];
  }

  /** A sum or maximum from its parts. */
  private finish(c: VectorCode, stage: number, parts: readonly Accumulator[]): void {
    for (let apart = 1; apart < parts.length; apart *= 2) {
      for (let j = 0; j < parts.length; j += 2 * apart) parts[j]!.merge(c, parts[j + apart]!);
    }
    const total = parts[0]!.total(c);
    const number = parts[0]!.dtype === 'float64' ? c.hold(f32x4.demoteF64x2(total)) : total;
    this.keep(c, stage, { vector: c.hold(v128.shuffle32(number, number, 0, 0, 0, 0)), isMask: false });
  }
}
