/** Pass (exact): what is computed twice of the same numbers is computed once. */
import { Formula } from '../../core/formula.ts';
import { numberText } from '../formula-text.ts';
import type { Graph, GraphNode } from '../graph.ts';
import { rebuild } from './rebuild.ts';

export function shareEqual(graph: Graph): Graph {
  const first = new Map<string, number>();
  let made = 0;
  return rebuild(graph, (node) => {
    const key = keyOf(node);
    const before = key === undefined ? undefined : first.get(key);
    if (before !== undefined) return before;
    if (key !== undefined) first.set(key, made);
    made += 1;
    return node;
  });
}

/** What tells a node from all that compute something else; undefined for what is never the same. */
function keyOf(node: GraphNode): string | undefined {
  if (node.op === 'entry' || node.op === 'constant') return undefined;
  if (node.op === 'output') return `output ${node.inputs} ${node.index}`;
  const { op, inputs, dtype, shape } = node;
  if (op === 'random') return `random ${node.draw} ${dtype} ${shape}`;
  const params =
    op === 'map'
      ? `${node.params.formula.id} ${node.params.scalars.map(numberText)}`
      : JSON.stringify(node.params, exactly);
  return `${op} ${inputs} ${dtype} ${shape} ${params}`;
}

/** JSON knows no NaN, infinity or −0. */
function exactly(_name: string, value: unknown): unknown {
  if (value instanceof Formula) return `formula ${value.id}`;
  return typeof value === 'number' ? numberText(value) : value;
}
