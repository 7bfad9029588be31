/** Pass (exact): puts maps into the maps that read them, one pass over memory instead of two. */
import type { Abilities } from '../../backend/composite.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph } from '../graph.ts';
import { isMovement } from '../movement.ts';
import type { Mapping } from './composition.ts';
import { asMapping, costOf, MapFuser, readersOf } from './map-fuser.ts';
import { rebuild } from './rebuild.ts';
import { removeUnused } from './remove-unused.ts';
import { shareEqual } from './share-equal.ts';

/** So many elements cost less than a kernel of their own, also where plain loops serve. */
const few = 8;

export function fuseMaps(graph: Graph, abilities: Abilities): Graph {
  const readers = readersOf(graph);
  const repeatable = repeatableOf(graph, readers, abilities.composites.includes('mapReduce'));
  let fuser: MapFuser | undefined;
  const fused = rebuild(graph, (node, id, made) => {
    fuser ??= new MapFuser(made, abilities);
    const mapping = asMapping(node, made.nodes);
    let out = node;
    if (mapping && 'place' in node) {
      const { dtypeOf } = fuser;
      const fits = ({ formula, inputs, scalars, dtype }: Mapping): boolean =>
        sizeOf(node.shape) <= few || abilities.canMap([{ formula, dtype }], inputs.map(dtypeOf), scalars);
      const larger = fuser.fused(mapping, fits);
      if (larger !== mapping) {
        const { formula, scalars, inputs } = larger;
        const { shape, dtype, place } = node;
        out = { op: 'map', params: { formula, scalars }, inputs, shape, dtype, draw: -1, place };
      }
    }
    fuser.note(made.nodes.length, readers[id]!, repeatable[id]!);
    return out;
  });
  return shareEqual(removeUnused(fused));
}

/** Which maps may be computed by each of their readers, since all of these compute and it costs next to nothing. */
function repeatableOf(graph: Graph, readers: readonly number[], alsoReduced: boolean): boolean[] {
  const { nodes, results } = graph;
  const kept = new Set(results);
  // whether all that read a node, through movements, map or reduce
  const onlyComputed = nodes.map((_, id) => !kept.has(id));
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = nodes[id]!;
    const computes = asMapping(node, nodes) || (alsoReduced && node.op === 'reduce');
    if (!computes && !(isMovement(node) && onlyComputed[id]!)) for (const i of node.inputs) onlyComputed[i] = false;
  }
  return nodes.map((node, id) => {
    const mapping = asMapping(node, nodes);
    if (!mapping || !onlyComputed[id]) return false;
    const cost = costOf(mapping.formula);
    const isSmall = sizeOf(node.shape) * cost * readers[id]! <= 4000;
    return mapping.inputs.length <= 2 && readers[id]! <= 4 && (cost <= 2 || isSmall);
  });
}
