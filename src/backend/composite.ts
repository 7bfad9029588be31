/** Composites: what one kernel of a device may do in the place of several primitives of a program. */
import type { Dtype } from '../core/dtype.ts';
import type { Formula } from '../core/formula.ts';
import type { ConvParams } from '../core/primitive.ts';
import type { RowProgram } from '../core/row-program.ts';

/** The parameters of each composite; most are of float32. Which of them a device has, its `Abilities` say. */
export interface Composites {
  /**
   * (x): nothing, but the run ends with this error unless all elements are finite. Like a gather it can fail, so it comes
   * before anything is written in place.
   */
  demand: { readonly refuse: (found: number) => Error };
  /** n inputs of equal shape: several formulas of them, a result each. */
  maps: { readonly formulas: readonly Mapped[]; readonly scalars: readonly number[] };
  /** `count` times what `maps` does, each time on inputs of its own, n after n, and results of its own. */
  updates: Composites['maps'] & { readonly count: number };
  /** n inputs of equal shape: a formula of them is reduced, and another one applied to each result. */
  mapReduce: MapReduce;
  /**
   * n inputs of shapes [.., C] or [.., 1], equal but for that: what becomes of each row. Indices must be inside, as for a
   * gather.
   */
  rows: RowProgram;
  /** ([.., M, K], [.., K, N], [N] if `bias`): the product, with the bias added to each row, under a formula. */
  product: Finish;
  /** ([N, C, ..], [O, C/groups, ..], [O] if `bias`): the convolution, with the bias added to each channel, under a formula. */
  convolution: Finish & ConvParams;
  /** [.., H, W]: the greatest of each window of the last two dims, and (int32) its index in the plane. */
  maxPool: PoolWindow;
  /** (cotangents, indices) of `maxPool`: the planes, `size` of them; the last input is a result that gates by relu. */
  maxPoolGradient: PoolWindow & { readonly size: readonly [number, number]; readonly gated: boolean };
}

/** A formula, and what its result is stored as. */
export interface Mapped {
  readonly formula: Formula;
  readonly dtype: Dtype;
}

/** A reduction with formulas around it. */
export interface MapReduce {
  readonly op: 'sum' | 'max';
  /** They become 1. */
  readonly dims: readonly number[];
  /** Of the inputs: what is reduced. */
  readonly before: Mapped;
  /** Of each result. */
  readonly after: Formula | undefined;
  /** Of both formulas: one list. */
  readonly scalars: readonly number[];
}

/** What becomes of finished results. */
export interface Finish {
  readonly bias: boolean;
  /** Of one input and without scalars. */
  readonly formula: Formula | undefined;
}

/** Windows of planes, nothing outside of them. */
export interface PoolWindow {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** Whether an input of a step must lie row-major, all its elements side by side: those of poolings, and biases. */
export function takesWhole(op: string, input: number): boolean {
  return op === 'maxPool' || op === 'maxPoolGradient' || ((op === 'product' || op === 'convolution') && input === 2);
}

/** The names of the composites. */
export type Composite = keyof Composites;

/** What a device's programs can do beside the primitives. */
export interface Abilities {
  readonly composites: readonly Composite[];
  /** The most inputs of a kernel that maps. */
  readonly mapInputs: number;
  /** Whether one kernel can compute all of these formulas of the same inputs. */
  canMap(results: readonly Mapped[], inputs: readonly Dtype[], scalars: readonly number[]): boolean;
  /** The most arrays that a kernel of rows reads and writes, and the longest rows. */
  readonly rows: { readonly arrays: number; readonly columns: number };
  /** Whether one kernel can compute a reduction with these formulas around it. */
  canReduce(reduction: MapReduce, inputs: readonly Dtype[]): boolean;
  /** Whether finished results can go through a formula before they are stored. */
  canFinish(formula: Formula): boolean;
}
