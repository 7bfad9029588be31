/** All passes, in their order. */
import type { Abilities } from '../../backend/composite.ts';
import type { Graph } from '../graph.ts';
import { findPatterns } from './patterns.ts';
import { removeUnused } from './remove-unused.ts';
import { shareEqual } from './share-equal.ts';

/** From graph to graph; what becomes composites, only as far as the device has them. */
export type Pass = (graph: Graph, abilities: Abilities) => Graph;

/** What serves every device. */
const passes: readonly Pass[] = [removeUnused, shareEqual];
/** What makes composites. */
const devicePasses: readonly Pass[] = [findPatterns];

const none: Abilities = { composites: [], canFinish: () => false };

/** @param abilities of the device; undefined where the graph is interpreted. */
export function optimize(graph: Graph, abilities?: Abilities): Graph {
  const all = abilities ? [...passes, ...devicePasses] : passes;
  return all.reduce((g, pass) => pass(g, abilities ?? none), graph);
}
