/** Pass (exact): keeps in memory what would be filled with one number at every run. */
import type { Abilities } from '../../backend/composite.ts';
import { allocate, bytesPerElement } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph } from '../graph.ts';
import { rebuild } from './rebuild.ts';

/** More is filled again: it would stay in every program's memory. */
const mostBytes = 2 ** 15;

export function storeConstants(graph: Graph, { composites }: Abilities): Graph {
  if (composites.length === 0) return graph; // an interpreter's results must be arrays of their own
  return rebuild(graph, (node) => {
    if (node.op !== 'full' || sizeOf(node.shape) * bytesPerElement[node.dtype] > mostBytes) return node;
    const { shape, dtype, params } = node;
    const data = allocate(dtype, sizeOf(shape)).fill(params.value);
    return { op: 'constant', inputs: [], shape, dtype, data };
  });
}
