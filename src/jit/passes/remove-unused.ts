/** Pass (exact): what no result needs is removed. */
import type { Graph } from '../graph.ts';
import { rebuild } from './rebuild.ts';

export function removeUnused(graph: Graph): Graph {
  const used = new Set<number>(graph.results);
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    if (used.has(id)) for (const i of graph.nodes[id]!.inputs) used.add(i);
  }
  return rebuild(graph, (node, id) => (used.has(id) ? node : undefined));
}
