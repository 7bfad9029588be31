/** The passes that find what a device has one kernel for, in their order; before maps are fused, which would hide it. */
import type { Abilities } from '../../backend/composite.ts';
import type { Graph } from '../graph.ts';
import { addEpilogues } from './epilogue.ts';
import { poolInOne } from './pooling.ts';
import { removeUnused } from './remove-unused.ts';
import { shareEqual } from './share-equal.ts';
import { sumProducts } from './sum-products.ts';
import { multiplyTables } from './table-product.ts';
import { transposeProducts } from './transposed-product.ts';

const passes: readonly ((graph: Graph, abilities: Abilities) => Graph)[] = [
  multiplyTables,
  removeUnused,
  shareEqual,
  sumProducts,
  transposeProducts,
  removeUnused,
  poolInOne,
  removeUnused,
  addEpilogues,
  removeUnused,
];

export function findPatterns(graph: Graph, abilities: Abilities): Graph {
  return passes.reduce((g, pass) => pass(g, abilities), graph);
}
