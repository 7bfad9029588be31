/** The values of a row program at some elements of a row. */
import type { RowStage } from '../../src/core/row-program.ts';
import { type Lanewise, lanesOf, numbersOf, scalarLanes, vectorOf } from './formula.ts';
import type { FunctionBuilder } from './function.ts';
import { f32x4, i32, i32x4, v128 } from './instruction.ts';
import { quads } from './quad.ts';
import type { RowKernel, RowPlan } from './row-plan.ts';
import type { Held, VectorCode } from './vector.ts';
import type { Int } from './walk.ts';

/** Where the row at hand lies. */
export interface RowAddresses {
  readonly xs: readonly Int[];
  readonly tos: readonly Int[];
  readonly scalars: Int;
}

/** Some elements of the row: how those of arrays are loaded, and in which columns they are. */
export interface Spot {
  readonly input: (i: number) => Held;
  readonly result: (r: number) => Held;
  readonly columns: () => Held;
}

/** Values by their numbers, as far as they are computed at a spot. */
export type Known = Map<number, Lanewise>;

/** A stage with a formula. */
export type Formulated = Extract<RowStage, { readonly formula: unknown }>;

export class RowValues {
  private readonly f: FunctionBuilder;
  private readonly kernel: RowKernel;
  private readonly plan: RowPlan;
  private readonly addresses: RowAddresses;
  /** Inputs that are one number in the row, as they lie in memory, and as numbers of the arithmetic. */
  private readonly same = new Map<number, Held>();
  private readonly sameNumbers = new Map<number, Lanewise>();
  /** Stages that are a number per row, in all lanes. */
  private readonly numbers = new Map<number, Lanewise>();

  constructor(f: FunctionBuilder, kernel: RowKernel, plan: RowPlan, addresses: RowAddresses) {
    this.f = f;
    this.kernel = kernel;
    this.plan = plan;
    this.addresses = addresses;
  }

  /** Loads what is one number in the row. */
  load(c: VectorCode): void {
    this.kernel.inputs.forEach(({ dtype, near }, i) => {
      if (near) return;
      const held = c.hold(quads[dtype].loadSplat(this.addresses.xs[i]!)[0]!);
      this.same.set(i, held);
      this.sameNumbers.set(i, lanesOf(c, held, dtype, 'float32'));
    });
  }

  /** Notes a stage that is a number, in all lanes. */
  note(stage: number, value: Lanewise): void {
    this.numbers.set(stage, value);
  }

  /** A formula of numbers. */
  once(c: VectorCode, stage: Formulated): Lanewise {
    return this.formula(c, stage, nowhere, -1, new Map());
  }

  /** The element of a row at an index. */
  picked(c: VectorCode, [row, index]: readonly [number, number]): Lanewise {
    const { inputs } = this.kernel;
    const splat = this.same.get(index)!;
    const [at, assign] = this.f.hold(i32x4.lane(splat, 0));
    c.statements.push(assign);
    const spot: Spot = {
      ...nowhere,
      input: (i) => {
        const { bytes, loadSplat } = quads[inputs[i]!.dtype];
        return c.hold(loadSplat(i32.add(this.addresses.xs[i]!, i32.mul(at, bytes)))[0]!);
      },
      columns: () => splat,
    };
    return this.value(c, row, spot, -1, new Map());
  }

  /** The result in whose place a row lies since an earlier pass. */
  storedBefore(stage: number, pass: number): number | undefined {
    return this.plan.passes[this.kernel.program.inputs + stage]! < pass ? this.plan.places.get(stage) : undefined;
  }

  /** A value at a spot. */
  value(c: VectorCode, v: number, spot: Spot, pass: number, known: Known): Lanewise {
    const { inputs, stages } = this.kernel.program;
    const stage = stages[v - inputs];
    const number = stage ? this.numbers.get(v - inputs) : this.sameNumbers.get(v);
    if (number) return number;
    let value = known.get(v);
    if (!value) {
      value = stage
        ? this.row(c, v - inputs, stage, spot, pass, known)
        : lanesOf(c, spot.input(v), this.kernel.inputs[v]!.dtype, 'float32');
      known.set(v, value);
    }
    return value;
  }

  private row(c: VectorCode, s: number, stage: RowStage, spot: Spot, pass: number, known: Known): Lanewise {
    const stored = this.storedBefore(s, pass);
    if (stored !== undefined) return lanesOf(c, spot.result(stored), stage.dtype, 'float32');
    if (stage.op === 'spread') {
      const [x, index] = stage.reads;
      const number = this.value(c, x, spot, pass, known);
      const isThere = i32x4.eq(spot.columns(), this.same.get(index)!);
      // added to a zero as scatterAdd does: −0 becomes 0
      return { vector: c.hold(v128.and(f32x4.add(number.vector, v128.zero), isThere)), isMask: false };
    }
    const value = this.formula(c, stage as Formulated, spot, pass, known);
    if (stage.dtype === 'bool' || !value.isMask) return value;
    return { vector: c.hold(numbersOf(c, value, 'float32')), isMask: false };
  }

  /** A formula at a spot. */
  formula(c: VectorCode, { formula, reads }: Formulated, spot: Spot, pass: number, known: Known): Lanewise {
    return vectorOf(c, formula.body, 'float32', (e) =>
      e.op === 'scalar'
        ? scalarLanes(c, 'float32', this.addresses.scalars, e.value)
        : this.value(c, reads[e.value]!, spot, pass, known),
    );
  }
}

const nowhere: Spot = { input: nothing, result: nothing, columns: nothing };

function nothing(): never {
  throw new Error('rows: a number per row reads a row');
}
