/** All passes, in their order. */
import type { Abilities } from '../../backend/composite.ts';
import type { Graph } from '../graph.ts';
import { foldConstants } from './fold-constants.ts';
import { fuseMaps } from './fuse-maps.ts';
import { fuseReductions } from './fuse-reductions.ts';
import { fuseUpdates } from './fuse-updates.ts';
import { joinMaps } from './join-maps.ts';
import { findPatterns } from './patterns.ts';
import { reduceRepeats } from './reduce-repeats.ts';
import { removeUnused } from './remove-unused.ts';
import { computeByRows } from './row-wise.ts';
import { shareEqual } from './share-equal.ts';
import { storeConstants } from './store-constants.ts';

/** From graph to graph; what becomes composites, only as far as the device has them. */
export type Pass = (graph: Graph, abilities: Abilities) => Graph;

const passes: readonly Pass[] = [
  removeUnused,
  shareEqual,
  foldConstants,
  reduceRepeats,
  findPatterns,
  fuseMaps,
  fuseReductions,
  computeByRows,
  joinMaps,
  storeConstants,
  fuseUpdates,
];

/** Of what interprets a graph by the primitives: the loops of a map take any formula of a few inputs. */
export const interpreter: Abilities = {
  composites: [],
  mapInputs: 10,
  rows: { arrays: 0, columns: 0 },
  canMap: ({ length }) => length === 1,
  canReduce: () => false,
  canFinish: () => false,
};

/** @param abilities of the device; undefined where the graph is interpreted. */
export function optimize(graph: Graph, abilities: Abilities = interpreter): Graph {
  return passes.reduce((g, pass) => pass(g, abilities), graph);
}
