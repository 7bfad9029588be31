/** Row programs: what one kernel computes, stage by stage, of each row of some arrays. */
import type { Dtype } from './dtype.ts';
import type { Formula } from './formula.ts';

/**
 * One value: a number per row, or a row of its own. Values are numbered, the inputs first, then the stages; each stage
 * reads values before it.
 */
export type RowStage =
  /** What becomes of a formula along a row: a number. */
  | { readonly op: 'sum' | 'max'; readonly formula: Formula; readonly reads: readonly number[]; readonly dtype: Dtype }
  /** A formula of numbers: a number. */
  | { readonly op: 'once'; readonly formula: Formula; readonly reads: readonly number[]; readonly dtype: Dtype }
  /** A formula of elements, and of numbers: a row. */
  | { readonly op: 'each'; readonly formula: Formula; readonly reads: readonly number[]; readonly dtype: Dtype }
  /** The element of a row at an index: a number. */
  | { readonly op: 'pick'; readonly reads: readonly [row: number, index: number]; readonly dtype: Dtype }
  /** A row of zeros but for a number at an index. */
  | { readonly op: 'spread'; readonly reads: readonly [x: number, index: number]; readonly dtype: Dtype };

/** All arithmetic is that of float32; results are float32 or, of formulas that compare, bool. */
export interface RowProgram {
  /** Elements of a row. */
  readonly columns: number;
  /** How many inputs there are: rows of `columns` elements, or of one that goes for all. */
  readonly inputs: number;
  readonly stages: readonly RowStage[];
  /** Of all formulas: one list. */
  readonly scalars: readonly number[];
  /** The stages that are stored. */
  readonly results: readonly number[];
  /** Rows that stay in the place of a result until that one is computed: stages and results. */
  readonly guests: readonly (readonly [stage: number, result: number])[];
}

/** Whether a stage gives a row, and not a number per row. */
export function isRow({ op }: RowStage): boolean {
  return op === 'each' || op === 'spread';
}

/**
 * After how many passes over the row each value is known (a number) or can be computed (a row).
 * @param inputs how many values come before the stages.
 */
export function passesBefore(inputs: number, stages: readonly RowStage[]): number[] {
  const passes = new Array<number>(inputs).fill(0);
  for (const { op, reads } of stages) {
    const ready = reads.reduce((most, v) => Math.max(most, passes[v]!), 0);
    passes.push(op === 'sum' || op === 'max' ? ready + 1 : ready);
  }
  return passes;
}

/** The inputs that are indices into a row. */
export function indicesOf({ stages }: RowProgram): number[] {
  return [...new Set(stages.flatMap(({ op, reads }) => (op === 'pick' || op === 'spread' ? [reads[1]!] : [])))];
}
