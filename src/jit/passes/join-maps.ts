/** Pass (exact): makes one kernel with several results of maps that read each other or the same. */
import type { Abilities, Composites } from '../../backend/composite.ts';
import type { Dtype } from '../../core/dtype.ts';
import { type Expr, input, scalar, substitute, visit } from '../../core/expression.ts';
import { type Formula, formulaOf } from '../../core/formula.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { isMovement } from '../movement.ts';
import { arithmeticIn, mappingOf, packedTogether } from './composition.ts';

/** More results would need more registers than there are. */
const mostResults = 4;
const mostOperations = 200;

type MapNode = OperationOf<'map'>;

/** Maps as one kernel, over nodes of the old graph. */
interface Joint {
  /** In their order; the kernel stands where the last one stood. */
  readonly members: readonly number[];
  /** Those of them that something else reads, or that are kept: the others are nowhere in memory. */
  readonly stored: readonly number[];
  readonly inputs: readonly number[];
  readonly params: Composites['maps'];
}

export function joinMaps(graph: Graph, abilities: Abilities): Graph {
  return abilities.composites.includes('maps') ? emit(graph, jointsOf(graph, abilities)) : graph;
}

/** Which maps are joined, by member. */
function jointsOf({ nodes, results }: Graph, abilities: Abilities): Map<number, Joint> {
  const readers: number[][] = nodes.map(() => []);
  nodes.forEach(({ inputs }, id) => {
    for (const i of inputs) readers[i]!.push(id);
  });
  const kept = new Set(results);
  const joints = new Map<number, Joint>();
  const membersOf = (id: number): readonly number[] => joints.get(id)?.members ?? [id];
  nodes.forEach((node, id) => {
    if (node.op !== 'map' || sizeOf(node.shape) === 0) return;
    for (const other of neighbours(node, id, nodes, readers)) {
      const members = [...new Set([...membersOf(other), ...membersOf(id)])].sort((a, b) => a - b);
      // the kernel comes last, so nobody reads any of them before
      const inTime = members.every((m) => readers[m]!.every((reader) => reader > id || members.includes(reader)));
      const stored = members.filter((m) => kept.has(m) || readers[m]!.some((reader) => !members.includes(reader)));
      if (stored.length > mostResults || !inTime) continue;
      const joint = jointOf(members, stored, nodes, abilities);
      if (joint) for (const m of members) joints.set(m, joint);
    }
  });
  return joints;
}

/** The maps before a map that it reads, or that read what it reads in the same way. */
function neighbours(
  node: MapNode,
  id: number,
  nodes: readonly GraphNode[],
  readers: readonly (readonly number[])[],
): number[] {
  const found = new Set<number>();
  for (const i of node.inputs) {
    if (nodes[i]!.op === 'map') found.add(i);
    if (isMovement(nodes[i]!) && nodes[i]!.op === 'expand') continue; // no more to read than a row
    const before = readers[i]!.filter((reader) => reader < id && nodes[reader]!.op === 'map');
    for (const reader of before.slice(-mostResults)) found.add(reader);
  }
  return [...found];
}

/** The kernel of some maps, if there is one that computes each as it was. */
function jointOf(
  members: readonly number[],
  stored: readonly number[],
  nodes: readonly GraphNode[],
  abilities: Abilities,
): Joint | undefined {
  const maps = members.map((m) => nodes[m] as MapNode);
  const dtypeOf = (i: number): Dtype => nodes[i]!.dtype;
  const [arithmetic, ...others] = new Set(maps.map((node) => arithmeticIn(mappingOf(node), dtypeOf)));
  const inputs = maps.flatMap((node) => node.inputs);
  const leaves = new Set(inputs.filter((i) => !members.includes(i)));
  const asIs = maps.every(({ dtype, params }) => dtype === arithmetic || params.formula.isBoolean);
  if (others.length > 0 || leaves.size > abilities.mapInputs || !asIs) return undefined;
  // members as −1, −2, …, leaves by where each is first
  const pattern = inputs.map((i) => (leaves.has(i) ? inputs.indexOf(i) : -1 - members.indexOf(i)));
  const key = `${maps.map(({ params }) => `${params.formula.id}/${params.scalars.length}`)}: ${pattern}`;
  if (!unions.has(key)) unions.set(key, unite(maps, pattern));
  const union = unions.get(key);
  if (!union) return undefined;
  const numbers = maps.flatMap(({ params }) => params.scalars);
  const scalars = union.scalars.map((i) => numbers[i]!);
  const read = union.inputs.map((i) => inputs[i]!);
  const formulas = stored.map((m) => ({ formula: union.formulas[members.indexOf(m)]!, dtype: nodes[m]!.dtype }));
  return abilities.canMap(formulas, read.map(dtypeOf), scalars)
    ? { members, stored, inputs: read, params: { formulas, scalars } }
    : undefined;
}

/** Formulas over some of two lists, by their places in them. */
interface Union {
  readonly formulas: readonly Formula[];
  readonly inputs: readonly number[];
  readonly scalars: readonly number[];
}

/** By what is united, since the steps of a recurrent layer unite the same again and again. */
const unions = new Map<string, Union | undefined>();

/** The formulas of maps over all their inputs, members written into each other; undefined where they are too large. */
function unite(maps: readonly MapNode[], pattern: readonly number[]): Union | undefined {
  const exprs: Expr[] = [];
  let [firstInput, firstScalar] = [0, 0];
  for (const { params, inputs } of maps) {
    const [input0, scalar0] = [firstInput, firstScalar];
    const expr = substitute(params.formula.body, (e) => {
      if (e.op === 'scalar') return scalar(scalar0 + e.value);
      if (e.op !== 'input') return undefined;
      const place = pattern[input0 + e.value]!;
      return place < 0 ? exprs[-1 - place]! : input(place);
    });
    exprs.push(expr);
    firstInput += inputs.length;
    firstScalar += params.scalars.length;
  }
  const places = Array.from({ length: Math.max(firstInput, firstScalar) }, (_, i) => i);
  const packed = packedTogether(exprs, places, places);
  if (size(packed.exprs) > mostOperations) return undefined;
  const { length } = packed.inputs;
  return { ...packed, formulas: packed.exprs.map((expr) => formulaOf(expr, length)) };
}

function size(exprs: readonly Expr[]): number {
  const seen = new Set<Expr>();
  for (const e of exprs) visit(e, () => {}, seen);
  return seen.size;
}

function emit({ nodes, results }: Graph, joints: ReadonlyMap<number, Joint>): Graph {
  const made: GraphNode[] = [];
  const numbers: number[] = [];
  nodes.forEach((node, id) => {
    const joint = joints.get(id);
    if (!joint) {
      numbers[id] = made.push({ ...node, inputs: node.inputs.map((i) => numbers[i]!) } as GraphNode) - 1;
      return;
    }
    const { members, stored, params } = joint;
    if (id !== members.at(-1)) return;
    const [first, ...more] = stored.map((m) => nodes[m] as MapNode);
    const { shape, dtype, place } = first!;
    const inputs = joint.inputs.map((i) => numbers[i]!);
    const specs = more.map(({ shape, dtype }) => ({ shape, dtype }));
    const at = made.push({ op: 'maps', params, inputs, shape, dtype, more: specs, draw: -1, place }) - 1;
    stored.forEach((m, i) => {
      numbers[m] = i === 0 ? at : made.push(outputOf(at, i - 1, more[i - 1]!)) - 1;
    });
  });
  return { nodes: made, results: results.map((id) => numbers[id]!) };
}

function outputOf(composite: number, index: number, { shape, dtype }: MapNode): GraphNode {
  return { op: 'output', inputs: [composite], shape, dtype, index };
}
