/** What passes are tested with: graphs of traced functions, run on the engine with some passes or none. */
import { compiler } from '../../../src/backend/compiler.ts';
import { elementsOf } from '../../../src/backend/device.ts';
import { engineAbilities } from '../../../src/backend/engine-abilities.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import type { Graph, GraphNode } from '../../../src/jit/graph.ts';
import type { Pass } from '../../../src/jit/passes/optimize.ts';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { schedule } from '../../../src/jit/schedule.ts';
import { trace } from '../../../src/jit/trace.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';

/** What a function does, all results returned, after some passes for the engine. */
export function graphOf<I extends readonly Tensor[]>(
  f: (...args: I) => Tensor | readonly Tensor[],
  args: I,
  ...passes: readonly Pass[]
): Graph {
  const { graph } = trace(f, args, { giveBack: true });
  return [removeUnused, ...passes].reduce<Graph>((g, pass) => pass(g, engineAbilities), graph);
}

/** The names of the nodes that are not entries and not movements. */
export function kernelsOf({ nodes }: Graph): string[] {
  const silent: readonly GraphNode['op'][] = ['entry', 'output', 'expand', 'reshape', 'permute', 'slice', 'unfold'];
  return nodes.map(({ op }) => op).filter((op) => !silent.includes(op));
}

/** The results of a graph whose entries are arguments, on the engine. */
export function runOnEngine(graph: Graph, args: readonly Tensor[]): TypedArray[] {
  const plan = schedule(graph, args.length, () => undefined, []);
  const executable = compiler.compile(plan.plan, [])!;
  plan.entries.forEach((buffer, i) => {
    if (buffer >= 0) executable.write(buffer, elementsOf(args[i]!));
  });
  executable.run([]);
  const results = plan.results.map((place) => executable.read(place));
  executable.dispose();
  return results;
}

/** How the engine's results differ with some passes from those without any, to the bit; undefined where they do not. */
export function changeBy<I extends readonly Tensor[]>(
  f: (...args: I) => Tensor | readonly Tensor[],
  args: I,
  ...passes: readonly Pass[]
): string | undefined {
  const before = runOnEngine(graphOf(f, args), args);
  const after = runOnEngine(graphOf(f, args, ...passes), args);
  for (const [r, expected] of before.entries()) {
    const at = expected.findIndex((x, i) => !Object.is(x, after[r]![i]));
    if (at >= 0) return `element ${at} of result ${r} is ${after[r]![at]} and was ${expected[at]}`;
  }
  return undefined;
}
