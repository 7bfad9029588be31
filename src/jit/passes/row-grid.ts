/** Rows of a graph: which nodes give rows of one length or a number per row, and how they are read. */
import { arithmeticOf } from '../../core/arithmetic.ts';
import type { Dtype } from '../../core/dtype.ts';
import type { Formula } from '../../core/formula.ts';
import { type Layout, mergeDims, reshapeLayout } from '../../core/layout.ts';
import { type Shape, sizeOf } from '../../core/shape.ts';
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { isMovement, layoutOf, movedLayout } from '../movement.ts';

/** `count` rows of `columns` elements. */
export interface Grid {
  /** The dims before those of a row. */
  readonly rows: Shape;
  readonly count: number;
  readonly columns: number;
}

/** What a value is in a grid: a row of elements, or one number, for each row. */
export type Kind = 'row' | 'number';

/** What reads rows or gives them. */
export type RowNode = {
  readonly [P in 'map' | 'reduce' | 'mapReduce' | 'gather' | 'scatterAdd']: OperationOf<P>;
}['map' | 'reduce' | 'mapReduce' | 'gather' | 'scatterAdd'];

/** The nodes of a graph without its movements: what each is a view of, and who reads it. */
export class Sources {
  /** Per node, the one whose elements it shows. */
  readonly base: readonly number[];
  readonly layouts: readonly Layout[];
  /** Per node that is no view, those that read it, perhaps through views. */
  readonly readers: readonly (readonly number[])[];

  constructor({ nodes }: Graph) {
    const [base, layouts]: [number[], Layout[]] = [[], []];
    const readers: number[][] = nodes.map(() => []);
    nodes.forEach((node, id) => {
      layouts.push(layoutOf(node, layouts));
      const isView = isMovement(node) && movedLayout(node, layouts[node.inputs[0]!]!) !== undefined;
      base.push(isView ? base[node.inputs[0]!]! : id);
      if (!isView) for (const i of new Set(node.inputs.map((x) => base[x]!))) readers[i]!.push(id);
    });
    this.base = base;
    this.layouts = layouts;
    this.readers = readers;
  }
}

/** The grid of what a node reduces; undefined unless it reduces rows of elements side by side. */
export function gridOf(
  node: OperationOf<'reduce'> | OperationOf<'mapReduce'>,
  nodes: readonly GraphNode[],
): Grid | undefined {
  const { shape } = nodes[node.inputs[0]!]!;
  const { dims } = node.params;
  const columns = dims.reduce((n, d) => n * shape[d]!, 1);
  const rows = leadOf(shape, columns);
  if (!rows || columns < 2 || sizeOf(rows) === 0 || dims.some((d) => d < rows.length && shape[d] !== 1))
    return undefined;
  return { rows, count: sizeOf(rows), columns };
}

/** The dims before those that hold `columns` elements. */
function leadOf(shape: Shape, columns: number): Shape | undefined {
  let [d, n] = [shape.length, 1];
  while (n < columns && d > 0) n *= shape[--d]!;
  return n === columns ? shape.slice(0, d) : undefined;
}

/** What an array of this shape is in a grid. */
export function kindOf(shape: Shape, { count, columns }: Grid): Kind | undefined {
  const size = sizeOf(shape);
  if (size === count) return 'number';
  const rows = size === count * columns ? leadOf(shape, columns) : undefined;
  return rows && sizeOf(rows) === count ? 'row' : undefined;
}

/** Whether a layout shows all of a value, row-major, or a number per row for each of the row's elements. */
export function isWhole({ layout, kind, of }: { layout: Layout; kind: Kind; of: Kind }, grid: Grid): boolean {
  if (kind === of) return layout.contiguous && layout.offset === 0;
  if (kind === 'number') return false;
  const { rows, columns } = grid;
  const flat = reshapeLayout(layout, [grid.count, columns]) ?? reshapeLayout(layout, [...rows, columns]);
  if (flat?.offset !== 0 || flat.strides.at(-1) !== 0) return false;
  const { dims, strides } = mergeDims(flat.shape.slice(0, -1), [flat.strides.slice(0, -1)]);
  return dims.length === 0 || (dims.length === 1 && strides[0]![0] === 1);
}

/** The shape in which a kernel takes a value. */
export function shapeIn({ rows, columns }: Grid, kind: Kind): Shape {
  return [...rows, kind === 'row' ? columns : 1];
}

/** Whether a kernel can read an array where it lies: elements of a row are side by side, or one. */
export function isReadable(layout: Layout, kind: Kind, grid: Grid): boolean {
  const moved = reshapeLayout(layout, shapeIn(grid, kind));
  return moved !== undefined && (kind === 'number' || moved.strides.at(-1)! <= 1) && moved.strides.at(-1)! >= 0;
}

/** Whether an array has one element for all of a row. */
export function isSame(layout: Layout, kind: Kind, grid: Grid): boolean {
  return kind === 'number' || reshapeLayout(layout, shapeIn(grid, 'row'))?.strides.at(-1) === 0;
}

/** Whether a layout has rows of elements side by side that lie apart: what a sum along them then is, is certain. */
export function hasRowsApart(layout: Layout, grid: Grid): boolean {
  const moved = reshapeLayout(layout, shapeIn(grid, 'row'));
  if (moved?.strides.at(-1) !== 1) return false;
  const d = grid.rows.findLastIndex((n) => n > 1);
  return d < 0 || moved.strides[d]! > 1 || moved.strides[d]! < 0;
}

/** What each input of a node is, and what its result is; undefined where it does not go row by row. */
export function rolesOf(
  node: GraphNode,
  nodes: readonly GraphNode[],
  grid: Grid,
): { of: Kind; reads: readonly Kind[] } | undefined {
  const shapes = node.inputs.map((i) => nodes[i]!.shape);
  switch (node.op) {
    case 'map': {
      const kind = kindOf(node.shape, grid);
      return kind && isFloat(node, nodes) ? { of: kind, reads: shapes.map(() => kind) } : undefined;
    }
    case 'reduce':
    case 'mapReduce': {
      const own = isFloat(node, nodes) ? gridOf(node, nodes) : undefined;
      if (own?.count !== grid.count || own.columns !== grid.columns) return undefined;
      return { of: 'number', reads: shapes.map(() => 'row') };
    }
    case 'gather':
      if (node.dtype !== 'float32' || !isAlong(node.params.dim, shapes[0]!, grid)) return undefined;
      return sizeOf(node.shape) === grid.count ? { of: 'number', reads: ['row', 'number'] } : undefined;
    case 'scatterAdd':
      if (node.dtype !== 'float32' || !isAlong(node.params.dim, node.shape, grid)) return undefined;
      return sizeOf(shapes[1]!) === grid.count ? { of: 'row', reads: ['number', 'number'] } : undefined;
    default:
      return undefined;
  }
}

/** Whether a dim is all of a row. */
function isAlong(dim: number, shape: Shape, grid: Grid): boolean {
  return shape[dim] === grid.columns && kindOf(shape, grid) === 'row' && sizeOf(shape.slice(dim + 1)) === 1;
}

/** Whether everything is computed in float32, and the result is that or what a comparison gives. */
function isFloat(node: RowNode, nodes: readonly GraphNode[]): boolean {
  const inputs = node.inputs.map((i) => nodes[i]!.dtype);
  const computed = (formula: Formula, dtype: Dtype): boolean => arithmeticOf(formula, inputs, dtype) === 'float32';
  if (node.op === 'map') {
    const { formula } = node.params;
    const stored = node.dtype === 'float32' || (node.dtype === 'bool' && comparing.has(formula.body.op));
    return stored && computed(formula, node.dtype);
  }
  if (node.op === 'mapReduce') {
    const { before } = node.params;
    return node.dtype === 'float32' && before.dtype === 'float32' && computed(before.formula, 'float32');
  }
  return node.dtype === 'float32';
}

const comparing: ReadonlySet<string> = new Set(['lt', 'le', 'eq', 'ne', 'and']);
