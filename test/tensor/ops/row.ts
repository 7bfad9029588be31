/** A row of the table of ops: one way to call one op, and inputs at which it can be proved. */
import type { GradcheckOptions } from '../../../src/tensor/gradcheck.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';

export interface OpRow {
  /** The op and, behind a colon, which case of it. */
  readonly name: string;
  /** The method or static function. */
  readonly op: string;
  /** Float64 inputs are varied and cast; others are given as they are. */
  readonly inputs: () => Tensor[];
  readonly run: (...xs: Tensor[]) => Tensor;
  /** To which order it is smooth at its inputs; 0 has no gradient at all. */
  readonly order: 0 | 1 | 2;
  /** Where the usual steps and tolerances of gradcheck do not fit. */
  readonly gradcheck: GradcheckOptions;
}

/** Makes a row; the part of the name before the colon is the op. */
export function row(
  name: string,
  inputs: () => Tensor[],
  run: (...xs: Tensor[]) => Tensor,
  { order = 2, gradcheck = {} }: { readonly order?: 0 | 1 | 2; readonly gradcheck?: GradcheckOptions } = {},
): OpRow {
  return { name, op: name.split(':')[0]!, inputs, run, order, gradcheck };
}

/** A row of an op without a gradient. */
export function flatRow(name: string, inputs: () => Tensor[], run: (...xs: Tensor[]) => Tensor): OpRow {
  return row(name, inputs, run, { order: 0 });
}
