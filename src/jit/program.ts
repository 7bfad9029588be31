/** A program: what a trace does, done again on other numbers. */
import type { Params } from '../core/primitive.ts';
import type { Draw } from '../core/random.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { EntrySource } from './capture.ts';
import type { Graph } from './graph.ts';
import type { Trace } from './trace.ts';

/** Does what the function did, on these arguments. */
export class Program<O> {
  private readonly traced: Trace<O>;
  private readonly graph: Graph;
  /** Per node, the nodes whose numbers nobody reads behind it. */
  private readonly dead: readonly (readonly number[])[];

  constructor(traced: Trace<O>, graph: Graph) {
    this.traced = traced;
    this.graph = graph;
    this.dead = lastReads(graph);
  }

  /** Whether the host values that it depends on are as they were. */
  fits(): boolean {
    return this.traced.guards.every(({ read, seen }) => read() === seen);
  }

  /**
   * @param draws of this call; taken from the generators if left out.
   * @returns what the function returns; cells and gradients change only once everything is computed.
   */
  run(args: readonly Tensor[], draws?: readonly Draw[]): O {
    const { traced } = this;
    const taken = draws ?? traced.draws.map(({ generator }) => generator.next());
    const results = noGrad(() => this.compute(args, taken));
    const { returned, cells, gradients } = traced;
    cells.forEach((cell, i) => {
      const { layout, storage } = results[returned + i]!;
      cell.layout = layout;
      cell.storage = storage;
    });
    let at = returned + cells.length;
    for (const { leaf, present } of gradients) leaf.collectedGrad = present ? results[at++]! : undefined;
    return traced.build(results.slice(0, returned));
  }

  private compute(args: readonly Tensor[], draws: readonly Draw[]): Tensor[] {
    const { nodes, results } = this.graph;
    const entries = this.traced.entries.map((source) => numbersOf(source, args));
    const values: (Tensor | undefined)[] = new Array(nodes.length);
    nodes.forEach((node, id) => {
      if (node.op === 'entry') values[id] = entries[node.entry]!;
      else {
        const inputs = node.inputs.map((i) => values[i]!);
        const params = node.op === 'random' ? { ...node.params, draw: draws[node.draw]! } : node.params;
        values[id] = Tensor.perform(node.op, inputs, params as Params[typeof node.op]);
      }
      for (const i of this.dead[id]!) values[i] = undefined;
    });
    // each result is a tensor of its own, whatever it shares
    return results.map((id) => values[id]!.detach());
  }
}

function numbersOf(source: EntrySource, args: readonly Tensor[]): Tensor {
  if (source.kind === 'argument') return args[source.index]!;
  // as it is now: what is assigned at the end reaches no result
  if (source.kind === 'cell') return source.cell.detach();
  return source.leaf.collectedGrad!;
}

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
