/** All passes, in their order. */
import type { Graph } from '../graph.ts';
import { removeUnused } from './remove-unused.ts';
import { shareEqual } from './share-equal.ts';

const passes: readonly ((graph: Graph) => Graph)[] = [removeUnused, shareEqual];

export function optimize(graph: Graph): Graph {
  return passes.reduce((g, pass) => pass(g), graph);
}
