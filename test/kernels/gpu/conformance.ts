/** The conformance cases as plans, on anything that runs those: with numbers that float32 on a GPU can hold. */
import type { Driver, Handle } from '../../../kernels/gpu/driver.ts';
import type { Limits, Operand, Plan, Source } from '../../../kernels/gpu/launch.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import type { Params, Spec } from '../../../src/core/primitive.ts';
import { sizeOf } from '../../../src/core/shape.ts';
import { type Case, cases } from '../conformance.ts';
import { define, type Listed } from '../naive.ts';

/** An operand with its elements. */
interface Given extends Operand {
  readonly data: Float32Array;
}

/** What runs plans. */
export interface Machine {
  readonly limits: Limits;
  /** The result's elements. */
  run(plan: Plan, inputs: readonly Given[]): Promise<Float32Array>;
}

/** The planners of the primitives that have cases. */
export type ListedPlans = {
  readonly [P in Listed]?: (
    params: Params[P],
    inputs: readonly Operand[],
    out: Spec,
    limits: Limits,
  ) => Plan | undefined;
};

/** What became of the cases of one primitive. */
export interface Tally {
  readonly primitive: Listed;
  /** Cases that were computed on the device. */
  readonly ran: number;
  /** Cases that have no plan: the CPU computes them. */
  readonly unplanned: number;
  /** Cases that no GPU is asked for, by the reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** What differs, by the case's name. */
  readonly faults: readonly string[];
}

/** Relative to the larger of 1 and the number. */
const tolerance = 1e-5;
const exact = 2 ** 24;

/** Runs every `stride`-th case of a primitive. */
export async function conform(machine: Machine, plans: ListedPlans, primitive: Listed, stride: number): Promise<Tally> {
  const tally = { primitive, ran: 0, unplanned: 0, leftOut: {} as Record<string, number>, faults: [] as string[] };
  const list = cases[primitive]();
  for (let i = 0; i < list.length; i += stride) {
    const one = tamed(list[i]! as Case<Listed>);
    const expected = define(one.primitive, one.params, one.inputs, one.out);
    const reason = reasonAgainst(one, expected);
    if (reason) {
      tally.leftOut[reason] = (tally.leftOut[reason] ?? 0) + 1;
      continue;
    }
    const fault = await run(machine, plans, one, expected);
    if (fault === unplanned) tally.unplanned++;
    else {
      tally.ran++;
      if (fault) tally.faults.push(`${one.name}: ${fault}`);
    }
  }
  return tally;
}

/** Whole numbers small, the others finite. */
function tamed<P extends Listed>(one: Case<P>): Case<P> {
  const inputs = one.inputs.map((x) => {
    if (x.dtype === 'int32') return { ...x, storage: Int32Array.from(x.storage, (v) => v % 100) };
    if (x.dtype === 'float32')
      return { ...x, storage: Float32Array.from(x.storage, (v) => (Number.isFinite(v) ? v + 0 : 3)) };
    return x;
  });
  return { ...one, inputs };
}

/** Why a case is not for a GPU. */
function reasonAgainst({ inputs, out }: Case<Listed>, expected: TypedArray): string | undefined {
  if (out.dtype === 'float64' || inputs.some((x) => x.dtype === 'float64')) return 'float64';
  if (sizeOf(out.shape) === 0 || inputs.some((x) => x.layout.size === 0)) return 'no elements';
  if (!expected.every(Number.isFinite)) return 'NaN or infinities';
  if (out.dtype === 'int32' && expected.some((x) => Math.abs(x) > exact)) return 'int32 beyond 2^24';
  return undefined;
}

const unplanned = 'no plan';

async function run<P extends Listed>(
  machine: Machine,
  plans: ListedPlans,
  { primitive, params, inputs, out }: Case<P>,
  expected: TypedArray,
): Promise<string | undefined> {
  const given = inputs.map(({ storage, layout, dtype }) => ({ layout, dtype, data: Float32Array.from(storage) }));
  try {
    const plan = plans[primitive]?.(params, given, out, machine.limits);
    return plan ? difference(await machine.run(plan, given), expected, out) : unplanned;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `threw ${error.message}`;
  }
}

/** A device as a machine. */
export function machineOf(driver: Driver): Machine {
  return {
    limits: driver.limits,
    run: async (plan, inputs) => {
      const made = inputs.map(({ data }) => driver.upload(data));
      const arrayOf = (source: Source): Handle =>
        'launch' in source ? made[inputs.length + source.launch]! : made[source.operand]!;
      try {
        for (const launch of plan) made.push(await driver.run(launch, launch.arrays.map(arrayOf)));
        return await driver.read(made.at(-1)!);
      } finally {
        for (const handle of made) driver.free(handle);
      }
    },
  };
}

function difference(got: Float32Array, expected: TypedArray, { dtype }: Spec): string | undefined {
  if (got.length !== expected.length) return `got ${got.length} elements, expected ${expected.length}`;
  for (const [i, wanted] of expected.entries()) {
    const limit = dtype === 'float32' ? tolerance * Math.max(1, Math.abs(wanted)) : 0;
    if (!(Math.abs(got[i]! - wanted) <= limit)) return `element ${i}: got ${got[i]}, expected ${wanted}`;
  }
  return undefined;
}
