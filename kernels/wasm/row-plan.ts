/** What a row program does in which pass along a row. */
import type { Dtype } from '../../src/core/dtype.ts';
import { visit } from '../../src/core/expression.ts';
import { isRow, passesBefore, type RowProgram, type RowStage } from '../../src/core/row-program.ts';

/** The kernel that a row program takes for some layouts. */
export interface RowKernel {
  readonly program: RowProgram;
  readonly inputs: readonly RowInput[];
  /** Dims that are walked around the rows. */
  readonly rank: number;
}

/** What an input is: elements side by side, or one for the whole row. */
export interface RowInput {
  readonly dtype: Dtype;
  readonly near: boolean;
}

/** The passes in which each stage's row is computed, and what is stored of it. */
export interface RowPlan {
  /** Per value: after how many passes it is known. */
  readonly passes: readonly number[];
  /** How many passes there are. */
  readonly count: number;
  /** Per stage: the result in whose place its row lies, for as long as it is read. */
  readonly places: ReadonlyMap<number, number>;
}

/** What each pass does. */
export function planPasses({ inputs, stages, results, guests }: RowProgram): RowPlan {
  const passes = passesBefore(inputs, stages);
  const places = new Map([...results.map((s, r) => [s, r] as const), ...guests]);
  const count = stages.reduce((most, stage, s) => {
    const { op } = stage;
    if (op === 'sum' || op === 'max') return Math.max(most, passes[inputs + s]!);
    return isRow(stage) && places.has(s) ? Math.max(most, passes[inputs + s]! + 1) : most;
  }, 0);
  return { passes, count, places };
}

/** Which of its values a formula reads. */
export function valuesRead(stage: RowStage): ReadonlySet<number> {
  if (!('formula' in stage)) return new Set(stage.reads);
  const read = new Set<number>();
  visit(stage.formula.body, (e) => {
    if (e.op === 'input') read.add(stage.reads[e.value]!);
  });
  return read;
}
