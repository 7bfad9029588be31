/** Formulas put into formulas: what one map computes of what another one computed. */
import { arithmeticOf } from '../../core/arithmetic.ts';
import type { Dtype } from '../../core/dtype.ts';
import { type Expr, input, isConstant, scalar, substitute, visit } from '../../core/expression.ts';
import { type Formula, formulaOf } from '../../core/formula.ts';
import type { OperationOf } from '../graph.ts';

/** An expression of nodes and numbers. */
export interface Applied {
  readonly expr: Expr;
  /** The nodes that its inputs are; each may be there twice. */
  readonly inputs: readonly number[];
  readonly scalars: readonly number[];
}

/** A map: its formula, of which nodes and numbers, and what its result is stored as. */
export interface Mapping {
  readonly formula: Formula;
  readonly inputs: readonly number[];
  readonly scalars: readonly number[];
  readonly dtype: Dtype;
}

/** The mapping of a node. */
export function mappingOf({ params, inputs, dtype }: OperationOf<'map'>): Mapping {
  return { formula: params.formula, inputs, scalars: params.scalars, dtype };
}

/** A formula over some of two lists, by their places in them. */
interface Selection {
  readonly formula: Formula;
  readonly inputs: readonly number[];
  readonly scalars: readonly number[];
}

const compositions = new Map<string, Selection>();

/** The map in which node `at` is not read but computed by `inner`. */
export function composed(outer: Mapping, at: number, inner: Mapping): Mapping {
  const inputs = [...outer.inputs, ...inner.inputs];
  const scalars = [...outer.scalars, ...inner.scalars];
  const first = inputs.map((i) => inputs.indexOf(i)); // equal nodes are one
  const place = first[outer.inputs.indexOf(at)]!;
  // the steps of a recurrent layer compose the same again and again
  const key = `${outer.formula.id}/${outer.scalars.length} ${inner.formula.id}/${inner.scalars.length} ${place}: ${first}`;
  let selection = compositions.get(key);
  if (!selection) {
    selection = compose(outer, place, inner, first);
    compositions.set(key, selection);
  }
  return {
    formula: selection.formula,
    inputs: selection.inputs.map((i) => inputs[i]!),
    scalars: selection.scalars.map((i) => scalars[i]!),
    dtype: outer.dtype,
  };
}

function compose(outer: Mapping, place: number, inner: Mapping, first: readonly number[]): Selection {
  const { length } = outer.inputs;
  const shift = outer.scalars.length;
  const moved = substitute(inner.formula.body, (e) => {
    if (e.op === 'input') return input(length + e.value);
    return e.op === 'scalar' ? scalar(shift + e.value) : undefined;
  });
  const expr = substitute(outer.formula.body, (e) =>
    e.op === 'input' && first[e.value] === place ? moved : undefined,
  );
  const numbers = Array.from({ length: shift + inner.scalars.length }, (_, i) => i);
  return packed({ expr, inputs: first, scalars: numbers }, outer.dtype);
}

/** A mapping with each node once, and with no node or number that it does not read; in the order in which it reads them. */
export function packed({ expr, inputs, scalars }: Applied, dtype: Dtype): Mapping {
  const all = packedTogether([expr], inputs, scalars);
  return { formula: formulaOf(all.exprs[0]!, all.inputs.length), inputs: all.inputs, scalars: all.scalars, dtype };
}

/** Expressions over one list of nodes and one of numbers. */
export interface Packed {
  readonly exprs: readonly Expr[];
  readonly inputs: readonly number[];
  readonly scalars: readonly number[];
}

/** The same of several expressions over one list of nodes and numbers. */
export function packedTogether(exprs: readonly Expr[], inputs: readonly number[], scalars: readonly number[]): Packed {
  const read: number[] = [];
  const numbers: number[] = [];
  const seen = new Set<Expr>();
  for (const expr of exprs) {
    visit(
      expr,
      (e) => {
        if (e.op === 'input' && !read.includes(inputs[e.value]!)) read.push(inputs[e.value]!);
        if (e.op === 'scalar') numbers.push(e.value);
      },
      seen,
    );
  }
  const renumbered = (e: Expr): Expr | undefined => {
    if (e.op === 'input') return input(read.indexOf(inputs[e.value]!));
    return e.op === 'scalar' ? scalar(numbers.indexOf(e.value)) : undefined;
  };
  return {
    exprs: exprs.map((e) => substitute(e, renumbered)),
    inputs: read,
    scalars: numbers.map((i) => scalars[i]!),
  };
}

/**
 * Whether the composition of `inner` and `outer` rounds as the two do: each is computed in the arithmetic of both, or
 * gives the same in any, and what goes from one to the other is stored as it is.
 */
export function agree(outer: Mapping, inner: Mapping, both: Mapping, dtypeOf: (node: number) => Dtype): boolean {
  const arithmetic = arithmeticIn(both, dtypeOf);
  const own = arithmeticIn(inner, dtypeOf);
  const stored = inner.dtype === own || inner.formula.isBoolean || isLogic(inner, dtypeOf);
  const fits = (one: Mapping): boolean => arithmeticIn(one, dtypeOf) === arithmetic || isLogic(one, dtypeOf);
  return stored && fits(inner) && fits(outer);
}

/** What a mapping is computed in. */
export function arithmeticIn({ formula, inputs, dtype }: Mapping, dtypeOf: (node: number) => Dtype): Dtype {
  return arithmeticOf(formula, inputs.map(dtypeOf), dtype);
}

const logic: ReadonlySet<string> = new Set(['input', 'and', 'eq', 'ne', 'lt', 'le', 'where', 'max', 'min', 'mul']);

/** Whether it takes and gives only 0 and 1, by what is exact in every arithmetic. */
function isLogic({ formula, inputs }: Mapping, dtypeOf: (node: number) => Dtype): boolean {
  let is = inputs.every((i) => dtypeOf(i) === 'bool');
  visit(formula.body, (e) => {
    is &&= logic.has(e.op) || isConstant(e, 0) || isConstant(e, 1);
  });
  return is;
}
