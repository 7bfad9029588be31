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

/** The nodes each after what it reads, as near to their order as that allows; those that nothing needs are left out. */
export function ordered({ nodes, results }: Graph): Graph {
  const numbers: (number | undefined)[] = new Array(nodes.length);
  const list: GraphNode[] = [];
  const needed = new Set<number>(results);
  const stack = [...results];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const i of nodes[id]!.inputs) {
      if (needed.has(i)) continue;
      needed.add(i);
      stack.push(i);
    }
  }
  for (const root of [...needed].sort((a, b) => a - b)) {
    const open = [root];
    while (open.length > 0) {
      const id = open.at(-1)!;
      const node = nodes[id]!;
      const missing = numbers[id] === undefined ? node.inputs.filter((i) => numbers[i] === undefined) : [];
      if (missing.length > 0) open.push(...missing.reverse());
      else {
        open.pop();
        numbers[id] ??= list.push({ ...node, inputs: node.inputs.map((i) => numbers[i]!) } as GraphNode) - 1;
      }
    }
  }
  return { nodes: list, results: results.map((id) => numbers[id]!) };
}
