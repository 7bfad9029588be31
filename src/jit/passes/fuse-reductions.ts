/** Pass (re-associating): puts maps into the reductions that they feed or read, which may then add in another order. */
import type { Abilities, MapReduce } from '../../backend/composite.ts';
import { scalar, substitute } from '../../core/expression.ts';
import { formulaOf } from '../../core/formula.ts';
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { type Mapping, packed } from './composition.ts';
import { asMapping, itself, MapFuser, readersOf } from './map-fuser.ts';
import { type Made, rebuild } from './rebuild.ts';
import { removeUnused } from './remove-unused.ts';

export function fuseReductions(graph: Graph, abilities: Abilities): Graph {
  if (!abilities.composites.includes('mapReduce')) return graph;
  return fuseBehind(fuseBefore(graph, abilities), abilities);
}

type Reduced = OperationOf<'reduce'> | OperationOf<'mapReduce'>;

/** Reductions with the maps before them. */
function fuseBefore(graph: Graph, abilities: Abilities): Graph {
  const readers = readersOf(graph);
  let fuser: MapFuser | undefined;
  const fused = rebuild(graph, (node, id, made) => {
    fuser ??= new MapFuser(made, abilities);
    const out = node.op === 'reduce' ? withMap(node, made, fuser, abilities) : node;
    fuser.note(made.nodes.length, readers[id]!, false);
    return out;
  });
  return removeUnused(fused);
}

function withMap(node: OperationOf<'reduce'>, made: Made, fuser: MapFuser, abilities: Abilities): GraphNode {
  const { inputs, params } = node;
  const { dtype } = made.nodes[inputs[0]!]!;
  const bare: Mapping = { formula: itself, inputs, scalars: [], dtype };
  const fits = (mapping: Mapping): boolean =>
    mapping.inputs.some((i) => fuser.isNear(i)) &&
    abilities.canReduce(around(params, mapping), mapping.inputs.map(fuser.dtypeOf));
  const mapping = fuser.fused(bare, fits);
  return mapping === bare ? node : mapReduce(node, around(params, mapping), mapping.inputs);
}

function around(
  { op, dims }: OperationOf<'reduce'>['params'],
  { formula, dtype, scalars }: Pick<Mapping, 'formula' | 'dtype' | 'scalars'>,
): MapReduce {
  return { op, dims, before: { formula, dtype }, after: undefined, scalars };
}

function mapReduce(
  { shape, dtype, place }: Reduced,
  params: MapReduce,
  inputs: readonly number[],
): OperationOf<'mapReduce'> {
  return { op: 'mapReduce', params, inputs, shape, dtype, draw: -1, place };
}

/** Reductions with the maps behind them, where nothing else reads them. */
function fuseBehind(graph: Graph, abilities: Abilities): Graph {
  const readers = readersOf(graph);
  const fused = rebuild(graph, (node, id, made) => {
    const written = asMapping(node, made.nodes);
    const mapping = written && packed({ ...written, expr: written.formula.body }, written.dtype);
    if (mapping?.inputs.length !== 1) return node;
    let from = graph.nodes[id]!.inputs[0]!; // in the old graph, where readers are known
    while (graph.nodes[from]!.op === 'reshape' && readers[from] === 1) from = graph.nodes[from]!.inputs[0]!;
    const reduced = made.of(from);
    if ((reduced.op !== 'reduce' && reduced.op !== 'mapReduce') || readers[from] !== 1) return node;
    const ended = withEnd(reduced, mapping, made, abilities);
    if (!ended) return node;
    const { shape, dtype, place } = node as Reduced;
    return { op: 'reshape', params: { shape }, inputs: [made.add(ended)], shape, dtype, draw: -1, place };
  });
  return removeUnused(fused);
}

function withEnd(reduced: Reduced, { formula, scalars, dtype }: Mapping, made: Made, abilities: Abilities) {
  const dtypes = reduced.inputs.map((i) => made.nodes[i]!.dtype);
  const params =
    reduced.op === 'mapReduce'
      ? reduced.params
      : around(reduced.params, { formula: itself, dtype: dtypes[0]!, scalars: [] });
  if (params.after || dtype !== reduced.dtype) return undefined;
  const shifted = substitute(formula.body, (e) =>
    e.op === 'scalar' ? scalar(params.scalars.length + e.value) : undefined,
  );
  const ended = { ...params, after: formulaOf(shifted, formula.arity), scalars: [...params.scalars, ...scalars] };
  return abilities.canReduce(ended, dtypes) ? mapReduce(reduced, ended, reduced.inputs) : undefined;
}
