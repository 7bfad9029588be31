/** Pass (re-associating): a product that is read transposed only is computed transposed, as b′·a′. */
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { countUses, type Made, rebuild } from './rebuild.ts';

/** The weight gradient of a dense layer, xᵀ·g for the transpose of [out, in], becomes gᵀ·x, which lies as the weight does. */
export function transposeProducts(graph: Graph): Graph {
  const uses = countUses(graph);
  return rebuild(graph, (node, id, made) => {
    const old = graph.nodes[id]!;
    if (old.op !== 'permute' || !swapsLast(old.params.order)) return node;
    const source = old.inputs[0]!;
    const product = graph.nodes[source]!;
    if (product.op !== 'matmul' || uses[source] !== 1) return node;
    const [a, b] = product.inputs as readonly [number, number];
    const inputs = [transposed(graph, b, made), transposed(graph, a, made)];
    return { ...product, inputs, shape: node.shape };
  });
}

/** Whether an order exchanges the last two dims and leaves the others. */
function swapsLast(order: readonly number[]): boolean {
  const n = order.length;
  return n >= 2 && order.every((d, i) => d === (i < n - 2 ? i : i === n - 2 ? n - 1 : n - 2));
}

function transposed(graph: Graph, id: number, made: Made): number {
  const node = graph.nodes[id]!;
  if (node.op === 'permute' && swapsLast(node.params.order)) return made.numberOf(node.inputs[0]!);
  const n = node.shape.length;
  const order = node.shape.map((_, d) => (d < n - 2 ? d : d === n - 2 ? n - 1 : n - 2));
  const permute: OperationOf<'permute'> = {
    op: 'permute',
    params: { order },
    inputs: [made.numberOf(id)],
    shape: order.map((d) => node.shape[d]!),
    dtype: node.dtype,
    draw: -1,
    place: '',
  };
  return made.add(permute satisfies GraphNode);
}
