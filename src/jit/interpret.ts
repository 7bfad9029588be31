/** A graph computed node by node, by the kernels that eager operations take. */
import type { Params } from '../core/primitive.ts';
import type { Draw } from '../core/random.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Graph } from './graph.ts';

/** The results for these entries, each a tensor of its own. */
export function interpret(graph: Graph, entries: readonly Tensor[], draws: readonly Draw[]): Tensor[] {
  const { nodes, results } = graph;
  const dead = lastReads(graph);
  const values: (Tensor | undefined)[] = new Array(nodes.length);
  return noGrad(() => {
    nodes.forEach((node, id) => {
      if (node.op === 'entry') values[id] = entries[node.entry]!;
      else {
        const inputs = node.inputs.map((i) => values[i]!);
        const params = node.op === 'random' ? { ...node.params, draw: draws[node.draw]! } : node.params;
        values[id] = Tensor.perform(node.op, inputs, params as Params[typeof node.op]);
      }
      for (const i of dead[id]!) values[i] = undefined;
    });
    return results.map((id) => values[id]!.detach());
  });
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
