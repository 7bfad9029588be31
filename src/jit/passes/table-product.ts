/**
 * Pass (re-associating): a product of rows picked from a smaller table is rows picked from the product of the table.
 *
 * An embedding before a dense or recurrent layer: E[i]·W is (E·W)[i]; of the gradients, Σ xᵀ·g over the rows is Eᵀ·S and
 * that of the table S·Wᵀ, where S is g summed by index. It pays where the table has fewer rows than are picked.
 */
import { isFloat } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { expanded, operation, permuted, productNode, reshaped, reshapeNode } from './node.ts';
import { countUses, type Made, rebuild } from './rebuild.ts';

/** Rows of a table, by new numbers. */
interface Rows {
  readonly table: number;
  /** Which row each is: int32 of the shape without the last dim. */
  readonly index: number;
  /** Whether the table is a result, not the one that rows were picked from. */
  readonly computed: boolean;
}

export function multiplyTables(graph: Graph): Graph {
  const rows = new Map<number, Rows>(); // by old numbers
  const uses = countUses(graph);
  return rebuild(graph, (node, id, made) => {
    const old = graph.nodes[id]!;
    switch (old.op) {
      case 'gather':
        return note(rows, id, picked(graph, old, made), node);
      case 'reshape':
      case 'permute':
        return note(rows, id, moved(old, rows.get(old.inputs[0]!), made), node);
      case 'matmul':
        return forward(id, old, rows, made) ?? weightGradient(graph, old, rows, made) ?? node;
      case 'map':
        return mapped(graph, id, old, rows, made) ?? node;
      case 'scatterAdd':
        return tableGradient(graph, uses, old, made) ?? node;
      default:
        return node;
    }
  });
}

function note(rows: Map<number, Rows>, id: number, found: Rows | undefined, node: GraphNode): GraphNode {
  if (found) rows.set(id, found);
  return node;
}

/** Rows picked by one index each. */
function picked(graph: Graph, gather: OperationOf<'gather'>, made: Made): Rows | undefined {
  const [table, index] = gather.inputs as readonly [number, number];
  if (gather.params.dim !== 0 || gather.shape.length !== 2 || !isFloat(gather.dtype)) return undefined;
  const column = columnOf(graph, index);
  const whole = gather.shape[1] === graph.nodes[table]!.shape[1]; // or it picks the beginnings of rows
  if (column === undefined || !whole) return undefined;
  return {
    table: made.numberOf(table),
    index: reshaped(made, made.numberOf(column), [gather.shape[0]!]),
    computed: false,
  };
}

/** The column that an index of whole rows repeats, by its old number. */
function columnOf({ nodes }: Graph, index: number): number | undefined {
  const expand = nodes[index]!;
  if (expand.op !== 'expand' || expand.shape.length !== 2) return undefined;
  const column = expand.inputs[0]!;
  const { shape } = nodes[column]!;
  return shape.length === 2 && shape[1] === 1 && shape[0] === expand.shape[0] ? column : undefined;
}

/** The same rows in another order or under another shape. */
function moved(node: OperationOf<'reshape' | 'permute'>, from: Rows | undefined, made: Made): Rows | undefined {
  const last = node.shape.length - 1;
  const width = from && made.nodes[from.table]!.shape[1];
  if (!from || last < 1 || node.shape[last] !== width || sizeOf(node.shape) === 0) return undefined;
  if (node.op === 'reshape') return { ...from, index: reshaped(made, from.index, node.shape.slice(0, -1)) };
  const { order } = node.params;
  return order[last] === last ? { ...from, index: permuted(made, from.index, order.slice(0, -1)) } : undefined;
}

/** Whether a table is so small that to work on it saves work. */
function pays(tableRows: number, rows: number): boolean {
  return 2 * tableRows <= rows;
}

function rowsOfTable(made: Made, { table, index }: Rows): GraphNode {
  const { shape, dtype } = made.nodes[table]!;
  const count = sizeOf(made.nodes[index]!.shape);
  const spread = expanded(made, reshaped(made, index, [count, 1]), [count, shape[1]!]);
  return operation('gather', { dim: 0 }, [table, spread], { shape: [count, shape[1]!], dtype });
}

function forward(
  id: number,
  product: OperationOf<'matmul'>,
  rows: Map<number, Rows>,
  made: Made,
): GraphNode | undefined {
  const [x, w] = product.inputs as readonly [number, number];
  const from = rows.get(x);
  if (!from || from.computed || product.shape.length !== 2) return undefined;
  if (!pays(made.nodes[from.table]!.shape[0]!, product.shape[0]!)) return undefined;
  const table = made.add(productNode(made, from.table, made.numberOf(w)));
  const found = { table, index: from.index, computed: true };
  rows.set(id, found);
  return rowsOfTable(made, found);
}

/** A map of rows of a product and of what is the same for all rows: of the table. */
function mapped(
  { nodes }: Graph,
  id: number,
  map: OperationOf<'map'>,
  rows: Map<number, Rows>,
  made: Made,
): GraphNode | undefined {
  const from = map.inputs.map((i) => rows.get(i)).find((found) => found?.computed);
  if (!from || !isFloat(map.dtype)) return undefined;
  const { shape } = made.nodes[from.table]!;
  const vector = (i: number): number | undefined => {
    const expand = nodes[i]!;
    const source = expand.op === 'expand' ? nodes[expand.inputs[0]!]! : undefined;
    const fits = source && source.shape.at(-1) === shape[1] && sizeOf(source.shape) === shape[1];
    return fits ? expand.inputs[0]! : undefined;
  };
  if (!map.inputs.every((i) => rows.get(i) === from || vector(i) !== undefined)) return undefined;
  const inputs = map.inputs.map((i) =>
    rows.get(i) === from ? from.table : expanded(made, reshaped(made, made.numberOf(vector(i)!), [shape[1]!]), shape),
  );
  const table = made.add({ ...map, inputs, shape });
  const found = { ...from, table };
  rows.set(id, found);
  return reshapeNode(made.add(rowsOfTable(made, found)), map.shape, map.dtype);
}

/** g summed by index: [rows of the table, columns of g]. */
function summed(made: Made, g: number, index: number, size: number): number {
  const { shape, dtype } = made.nodes[g]!;
  const [count, width] = shape as readonly [number, number];
  const spread = expanded(made, reshaped(made, index, [count, 1]), [count, width]);
  return made.add(operation('scatterAdd', { dim: 0, size }, [g, spread], { shape: [size, width], dtype }));
}

/** xᵀ·g with the rows x: Eᵀ·S. */
function weightGradient(
  { nodes }: Graph,
  product: OperationOf<'matmul'>,
  rows: ReadonlyMap<number, Rows>,
  made: Made,
): GraphNode | undefined {
  const [left, g] = product.inputs as readonly [number, number];
  const transposed = nodes[left]!;
  if (transposed.op !== 'permute' || product.shape.length !== 2) return undefined;
  const from = rows.get(transposed.inputs[0]!);
  if (!from || from.computed) return undefined;
  const size = made.nodes[from.table]!.shape[0]!;
  if (!pays(size, transposed.shape[1]!)) return undefined;
  const sums = summed(made, made.numberOf(g), from.index, size);
  return productNode(made, permuted(made, from.table, [1, 0]), sums);
}

/** Rows g·w summed by index: S·w. */
function tableGradient(
  graph: Graph,
  uses: readonly number[],
  scatter: OperationOf<'scatterAdd'>,
  made: Made,
): GraphNode | undefined {
  const [source, at] = scatter.inputs as readonly [number, number];
  const column = columnOf(graph, at);
  const { dim, size } = scatter.params;
  if (column === undefined || dim !== 0 || !isFloat(scatter.dtype) || !pays(size, graph.nodes[source]!.shape[0]!)) {
    return undefined;
  }
  let index = reshaped(made, made.numberOf(column), [graph.nodes[column]!.shape[0]!]);
  for (let id = source; uses[id] === 1; ) {
    const node = graph.nodes[id]!;
    if (node.op === 'matmul' && node.shape.length === 2) {
      const [g, w] = node.inputs as readonly [number, number];
      return productNode(made, summed(made, made.numberOf(g), index, size), made.numberOf(w));
    }
    const last = node.shape.length - 1;
    const from = graph.nodes[node.inputs[0] ?? -1];
    if (node.op === 'reshape' && from && from.shape.at(-1) === node.shape[last]) {
      index = reshaped(made, index, from.shape.slice(0, -1));
    } else if (node.op === 'permute' && node.params.order[last] === last) {
      const { order } = node.params;
      const back = order.slice(0, -1).map((_, d) => order.indexOf(d));
      index = permuted(made, index, back);
    } else return undefined;
    id = node.inputs[0]!;
  }
  return undefined;
}
