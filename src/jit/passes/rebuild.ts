/** A graph made anew, node by node: what all passes are written with. */
import type { Graph, GraphNode } from '../graph.ts';

/** The new graph as far as it is made. */
export interface Made {
  /** The node that an old number stands for by now. */
  of(old: number): GraphNode;
  /** Its new number. */
  numberOf(old: number): number;
  /** A node of the new graph. */
  readonly nodes: readonly GraphNode[];
  /** Puts another node, inputs renumbered, before the one at hand; gives its number. */
  add(node: GraphNode): number;
}

/**
 * @param keep gives each node, its inputs renumbered already, as it is to be; the new number of another node that stands for
 * it; or undefined to leave it out.
 */
export function rebuild(
  graph: Graph,
  keep: (node: GraphNode, id: number, made: Made) => GraphNode | number | undefined,
): Graph {
  const nodes: GraphNode[] = [];
  const numbers: number[] = [];
  const made: Made = {
    of: (old) => nodes[numbers[old]!]!,
    numberOf: (old) => numbers[old]!,
    nodes,
    add: (node) => nodes.push(node) - 1,
  };
  graph.nodes.forEach((node, id) => {
    const renumbered = { ...node, inputs: node.inputs.map((i) => numbers[i]!) } as GraphNode;
    const kept = keep(renumbered, id, made);
    if (typeof kept === 'number') numbers[id] = kept;
    else if (kept) numbers[id] = nodes.push(kept) - 1;
  });
  return { nodes, results: graph.results.map((id) => numbers[id]!) };
}

/** How often each node is read; what is kept counts too. */
export function countUses({ nodes, results }: Graph): number[] {
  const uses = new Array<number>(nodes.length).fill(0);
  for (const { inputs } of nodes) for (const i of inputs) uses[i]! += 1;
  for (const id of results) uses[id]! += 1;
  return uses;
}
