/** Pass (exact): updates of several parameters by one rule become one kernel over all of them. */
import type { Abilities, Mapped } from '../../backend/composite.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { isMovement } from '../movement.ts';

/** Smaller tensors may wait for other updates whatever is computed in between. */
const small = 4096;

type Update = OperationOf<'map'> | OperationOf<'maps'>;

export function fuseUpdates(graph: Graph, abilities: Abilities): Graph {
  if (!abilities.composites.includes('updates')) return graph;
  const outputs = outputsOf(graph);
  const groups = groupsOf(graph, outputs).filter(({ length }) => length > 1);
  return groups.length === 0 ? graph : emit(graph, groups, outputs);
}

/** Per node, its results behind the first. */
function outputsOf({ nodes }: Graph): number[][] {
  const outputs: number[][] = nodes.map(() => []);
  nodes.forEach(({ op, inputs }, id) => {
    if (op === 'output') outputs[inputs[0]!]!.push(id);
  });
  return outputs;
}

/** Updates that one kernel can do where the last of them stands. */
function groupsOf({ nodes, results }: Graph, outputs: readonly (readonly number[])[]): number[][] {
  const kept = new Set(results);
  const reader = firstReaders(nodes);
  const groups: number[][] = [];
  const open = new Map<string, number[]>();
  const computedBefore: number[] = []; // how many large tensors that are no updates
  let computed = 0;
  nodes.forEach((node, id) => {
    computedBefore[id] = computed;
    if (!isUpdate(node) || ![id, ...outputs[id]!].every((one) => kept.has(one))) {
      if (sizeOf(node.shape) > small && isComputed(node)) computed += 1;
      return;
    }
    // nobody may read what it makes before, and what it reads must be kept until then
    const waits = (m: number): boolean =>
      [m, ...outputs[m]!].every((one) => reader[one]! > id) &&
      (computedBefore[m] === computed || sizeOf(nodes[m]!.shape) <= small);
    const key = keyOf(node, nodes);
    const group = open.get(key);
    if (group?.every(waits)) group.push(id);
    else {
      const fresh = [id];
      groups.push(fresh);
      open.set(key, fresh);
    }
  });
  return groups;
}

/** Per node, the first one that computes with it or moves it. */
function firstReaders(nodes: readonly GraphNode[]): number[] {
  const readers = nodes.map(() => Number.POSITIVE_INFINITY);
  nodes.forEach(({ op, inputs }, id) => {
    if (op !== 'output') for (const i of inputs) readers[i] = Math.min(readers[i]!, id);
  });
  return readers;
}

function isUpdate(node: GraphNode): node is Update {
  return node.op === 'map' || node.op === 'maps';
}

function isComputed(node: GraphNode): boolean {
  return !isMovement(node) && node.op !== 'entry' && node.op !== 'output' && node.op !== 'constant';
}

function mappedOf({ op, params, dtype }: Update): readonly Mapped[] {
  return op === 'maps' ? params.formulas : [{ formula: params.formula, dtype }];
}

/** What updates have in common that one kernel does. */
function keyOf(node: Update, nodes: readonly GraphNode[]): string {
  const formulas = mappedOf(node).map(({ formula, dtype }) => `${formula.id} ${dtype}`);
  const scalars = node.params.scalars.map((x) => (Object.is(x, -0) ? '-0' : String(x)));
  return `${formulas} of ${node.inputs.map((i) => nodes[i]!.dtype)} and ${scalars}`;
}

function emit({ nodes, results }: Graph, groups: readonly number[][], outputs: readonly (readonly number[])[]): Graph {
  const groupOf = new Map(groups.flatMap((members) => members.map((m) => [m, members] as const)));
  const made: GraphNode[] = [];
  const numbers: number[] = [];
  nodes.forEach((node, id) => {
    const members = groupOf.get(node.op === 'output' ? node.inputs[0] : id);
    if (!members) numbers[id] = made.push({ ...node, inputs: node.inputs.map((i) => numbers[i]!) } as GraphNode) - 1;
    else if (id === members.at(-1)) {
      const updates = members.map((m) => nodes[m] as Update);
      const at = made.push(updatesOf(updates, numbers)) - 1;
      const each = mappedOf(updates[0]!).length;
      members.forEach((m, i) => {
        for (const old of [m, ...outputs[m]!]) {
          const node = nodes[old]!;
          const { shape, dtype } = node;
          const result = i * each + (node.op === 'output' ? node.index + 1 : 0);
          numbers[old] =
            result === 0 ? at : made.push({ op: 'output', inputs: [at], shape, dtype, index: result - 1 }) - 1;
        }
      });
    }
  });
  return { nodes: made, results: results.map((id) => numbers[id]!) };
}

/** The kernel of some updates, whose inputs have these numbers by now. */
function updatesOf(updates: readonly Update[], numbers: readonly number[]): GraphNode {
  const [{ shape, dtype, place, params }] = updates as [Update];
  const results = updates.flatMap(({ shape, more = [] }) => [shape, ...more.map((spec) => spec.shape)]);
  const formulas = mappedOf(updates[0]!);
  const specs = results.map((shape, i) => ({ shape, dtype: formulas[i % formulas.length]!.dtype }));
  return {
    op: 'updates',
    params: { formulas, scalars: params.scalars, count: updates.length },
    inputs: updates.flatMap(({ inputs }) => inputs.map((i) => numbers[i]!)),
    shape,
    dtype,
    more: specs.slice(1),
    draw: -1,
    place,
  };
}
