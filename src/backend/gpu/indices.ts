/** Indices on the GPU, where a kernel cannot refuse: what came from the CPU is known, and refused before the kernel runs. */

import { outside } from '../../../kernels/cpu/indexed.ts';
import type { Planned, PlannedParams } from '../../../kernels/gpu/plans.ts';
import type { TypedArray } from '../../core/dtype.ts';
import type { Expr } from '../../core/expression.ts';
import { elementOffsets, type Layout } from '../../core/layout.ts';
import type { Params } from '../../core/primitive.ts';
import type { ArrayOperand } from '../interface.ts';
import type { Slot } from './storage.ts';

/** The least and the greatest of some whole numbers. */
export type Range = readonly [number, number];

export function rangeOf(data: TypedArray): Range {
  let [least, greatest] = [Infinity, -Infinity];
  for (const x of data) {
    if (x < least) least = x;
    if (x > greatest) greatest = x;
  }
  return [least, greatest];
}

/** Where the numbers of a formula lie if those of its inputs lie in these ranges; undefined where that is not known. */
export function rangeOfMap(
  { formula, scalars }: Params['map'],
  inputs: readonly (Range | undefined)[],
): Range | undefined {
  const known = new Map<Expr, Range | undefined>();
  const within = (e: Expr): Range | undefined => {
    if (!known.has(e)) known.set(e, rangeOfNode(e));
    return known.get(e);
  };
  const rangeOfNode = (e: Expr): Range | undefined => {
    if (e.op === 'const') return [e.value, e.value];
    if (e.op === 'scalar') return [scalars[e.value]!, scalars[e.value]!];
    if (e.op === 'input') return inputs[e.value];
    const [a, b, c] = e.args.map(within);
    if (!a || !b) return undefined;
    if (e.op === 'add') return [a[0] + b[0], a[1] + b[1]];
    if (e.op === 'sub') return [a[0] - b[1], a[1] - b[0]];
    if (e.op === 'mul') return around(a.flatMap((x) => b.map((y) => x * y)));
    if (e.op === 'min') return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    if (e.op === 'max') return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    if (e.op === 'lt') return [a[1] < b[0] ? 1 : 0, a[0] < b[1] ? 1 : 0];
    if (e.op === 'le') return [a[1] <= b[0] ? 1 : 0, a[0] <= b[1] ? 1 : 0];
    if (e.op !== 'where' || !c) return undefined;
    return a[0] > 0 ? b : a[1] === 0 ? c : around([...b, ...c]);
  };
  return within(formula.body);
}

function around(numbers: readonly number[]): Range {
  return [Math.min(...numbers), Math.max(...numbers)];
}

/** What is known of an index. */
interface Index {
  readonly slot: Slot | undefined;
  readonly layout: Layout;
  readonly value?: number;
}

/** The range of an operand, where it is known. */
export function knownRange({ slot, value }: Index): Range | undefined {
  return slot ? slot.range : [value!, value!];
}

/**
 * Refuses indices outside of what they point into, if they came from the CPU. They are read only where some of the numbers
 * that came with them are outside. An index that was computed on the GPU gives NaN where it is outside.
 * @throws IndexError as the CPU does.
 */
export async function checkIndices(
  primitive: Planned,
  params: PlannedParams[Planned],
  operands: readonly Index[],
  read: (index: Index) => Promise<ArrayOperand>,
): Promise<void> {
  if (primitive !== 'gather' && primitive !== 'scatterAdd') return;
  const { dim, size } = params as { readonly dim: number; readonly size?: number };
  const [x, index] = operands as readonly [Index, Index];
  const n = size ?? x.layout.shape[dim]!;
  const range = knownRange(index);
  if (!range || (range[0] >= 0 && range[1] < n)) return;
  const { shape } = index.layout;
  if (!index.slot) throw outside(primitive, index.value!, n, dim, 0, shape);
  const { storage, layout } = await read(index);
  const places = elementOffsets(shape, layout.strides, layout.offset);
  for (const [position, place] of places.entries()) {
    const k = storage[place]!;
    if (!(k >= 0 && k < n)) throw outside(primitive, k, n, dim, position, shape);
  }
}
