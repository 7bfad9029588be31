/** A graph made anew, node by node: what all passes are written with. */
import type { Graph, GraphNode } from '../graph.ts';

/**
 * @param keep gives each node, its inputs renumbered already, as it is to be; the new number of another node that stands for
 * it; or undefined to leave it out.
 */
export function rebuild(graph: Graph, keep: (node: GraphNode, id: number) => GraphNode | number | undefined): Graph {
  const nodes: GraphNode[] = [];
  const numbers: number[] = [];
  graph.nodes.forEach((node, id) => {
    const renumbered = { ...node, inputs: node.inputs.map((i) => numbers[i]!) } as GraphNode;
    const kept = keep(renumbered, id);
    if (typeof kept === 'number') numbers[id] = kept;
    else if (kept) numbers[id] = nodes.push(kept) - 1;
  });
  return { nodes, results: graph.results.map((id) => numbers[id]!) };
}
