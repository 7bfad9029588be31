/** A graph computed node by node, by the kernels that eager operations take. */
import { backend } from '../backend/device.ts';
import { StateError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import type { Params, Primitive } from '../core/primitive.ts';
import type { Draw } from '../core/random.ts';
import { demandFinite } from '../tensor/demand.ts';
import { noGrad } from '../tensor/grad.ts';
import { infer } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Graph, GraphNode, Operation } from './graph.ts';

/** The results for these entries, each a tensor of its own. @param refuse told of the node that fails; throws. */
export function interpret(
  graph: Graph,
  entries: readonly Tensor[],
  draws: readonly Draw[],
  refuse: (error: unknown, id: number) => never = rethrow,
): Tensor[] {
  const { nodes, results } = graph;
  const dead = lastReads(graph);
  const values: (Tensor | undefined)[] = new Array(nodes.length);
  return noGrad(() => {
    nodes.forEach((node, id) => {
      if (node.op === 'entry') values[id] = entries[node.entry]!;
      else {
        const inputs = node.inputs.map((i) => values[i]!);
        try {
          values[id] = compute(node, inputs, draws);
        } catch (error) {
          refuse(error, id);
        }
      }
      for (const i of dead[id]!) values[i] = undefined;
    });
    return results.map((id) => values[id]!.detach());
  });
}

function rethrow(error: unknown): never {
  throw error;
}

/** The numbers of a node. */
export function compute(node: GraphNode, inputs: readonly Tensor[], draws: readonly Draw[]): Tensor {
  const { shape, dtype } = node;
  if (node.op === 'constant') return Tensor.zeros([]).wrap(node.data, shape, dtype);
  if (node.op === 'demand') {
    demandFinite(inputs[0]!, node.params.refuse);
    return Tensor.zeros([]);
  }
  // where casts are fused into it, its result is not what `infer` says
  if (node.op === 'map') {
    const storage = backend.kernels.map(node.params, inputs, node);
    return inputs[0]!.make(contiguousLayout(shape), dtype, storage);
  }
  const { op, params } = primitiveOf(node);
  return Tensor.perform(op, inputs, node.op === 'random' ? { ...node.params, draw: draws[node.draw]! } : params);
}

function primitiveOf(node: GraphNode): { readonly op: Primitive; readonly params: Params[Primitive] } {
  if (node.op in infer) return node as Operation & { readonly op: Primitive };
  throw new StateError(`jit: ${node.op} is of a device that plans programs, and cannot be interpreted`);
}

/** Per node, the nodes whose numbers nobody reads behind it. */
function lastReads({ nodes, results }: Graph): number[][] {
  const last = nodes.map((_, id) => id);
  nodes.forEach((node, id) => {
    for (const i of node.inputs) last[i] = id;
  });
  const dead: number[][] = nodes.map(() => []);
  const kept = new Set(results);
  last.forEach((at, id) => {
    if (!kept.has(id)) dead[at]!.push(id);
  });
  return dead;
}
