/** Pass (exact): makes one kernel with several results of maps that read each other or the same. */
import type { Abilities, Composites } from '../../backend/composite.ts';
import { type Expr, input, scalar, substitute, visit } from '../../core/expression.ts';
import { formulaOf } from '../../core/formula.ts';
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
  readonly inputs: readonly number[];
  readonly params: Composites['maps'];
}

export function joinMaps(graph: Graph, abilities: Abilities): Graph {
  return abilities.composites.includes('maps') ? emit(graph, jointsOf(graph, abilities)) : graph;
}

/** Which maps are joined, by member. */
function jointsOf({ nodes }: Graph, abilities: Abilities): Map<number, Joint> {
  const readers: number[][] = nodes.map(() => []);
  nodes.forEach(({ inputs }, id) => {
    for (const i of inputs) readers[i]!.push(id);
  });
  const joints = new Map<number, Joint>();
  const membersOf = (id: number): readonly number[] => joints.get(id)?.members ?? [id];
  nodes.forEach((node, id) => {
    if (node.op !== 'map' || sizeOf(node.shape) === 0) return;
    for (const other of neighbours(node, id, nodes, readers)) {
      const members = [...new Set([...membersOf(other), ...membersOf(id)])].sort((a, b) => a - b);
      // the kernel comes last, so nobody reads any of them before
      const inTime = members.every((m) => readers[m]!.every((reader) => reader > id || members.includes(reader)));
      if (members.length > mostResults || !inTime) continue;
      const joint = jointOf(members, nodes, abilities);
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
    for (const reader of readers[i]!) if (reader < id && nodes[reader]!.op === 'map') found.add(reader);
  }
  return [...found];
}

/** The kernel of some maps, if there is one that computes each as it was. */
function jointOf(members: readonly number[], nodes: readonly GraphNode[], abilities: Abilities): Joint | undefined {
  const leaves: number[] = [];
  const scalars: number[] = [];
  const exprs = new Map<number, Expr>();
  const dtypeOf = (i: number) => nodes[i]!.dtype;
  const arithmetics = new Set<string>();
  for (const m of members) {
    const node = nodes[m] as MapNode;
    const first = scalars.length;
    scalars.push(...node.params.scalars);
    arithmetics.add(arithmeticIn(mappingOf(node), dtypeOf));
    const expr = substitute(node.params.formula.body, (e) => {
      if (e.op === 'scalar') return scalar(first + e.value);
      if (e.op !== 'input') return undefined;
      const i = node.inputs[e.value]!;
      return exprs.get(i) ?? input(leaves.includes(i) ? leaves.indexOf(i) : leaves.push(i) - 1);
    });
    exprs.set(m, expr);
  }
  const packed = packedTogether([...exprs.values()], leaves, scalars);
  if (arithmetics.size > 1 || packed.inputs.length > abilities.mapInputs || size(packed.exprs) > mostOperations) {
    return undefined;
  }
  const formulas = members.map((m, i) => ({
    formula: formulaOf(packed.exprs[i]!, packed.inputs.length),
    dtype: dtypeOf(m),
  }));
  const [arithmetic] = arithmetics;
  const stored = formulas.every(({ formula, dtype }) => dtype === arithmetic || formula.isBoolean);
  if (!stored || !abilities.canMap(formulas, packed.inputs.map(dtypeOf), packed.scalars)) return undefined;
  return { members, inputs: packed.inputs, params: { formulas, scalars: packed.scalars } };
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
    const { members, params } = joint;
    if (id !== members.at(-1)) return;
    const [first, ...more] = members.map((m) => nodes[m] as MapNode);
    const { shape, dtype, place } = first!;
    const inputs = joint.inputs.map((i) => numbers[i]!);
    const specs = more.map(({ shape, dtype }) => ({ shape, dtype }));
    const at = made.push({ op: 'maps', params, inputs, shape, dtype, more: specs, draw: -1, place }) - 1;
    members.forEach((m, i) => {
      numbers[m] = i === 0 ? at : made.push(outputOf(at, i - 1, more[i - 1]!)) - 1;
    });
  });
  return { nodes: made, results: results.map((id) => numbers[id]!) };
}

function outputOf(composite: number, index: number, { shape, dtype }: MapNode): GraphNode {
  return { op: 'output', inputs: [composite], shape, dtype, index };
}
