/** Pass (exact): a sum of equal elements is one product, their greatest is any of them. */
import { add, input, mul, scalar } from '../../core/expression.ts';
import { formulaOf } from '../../core/formula.ts';
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { type Made, rebuild } from './rebuild.ts';
import { removeUnused } from './remove-unused.ts';

// a sum begins with 0, and so it is never −0
const times = formulaOf(add(mul(input(0), scalar(0)), 0), 1);
/** Up to here n is a float32, and n equal ones add up in float64 without rounding. */
const mostRepeats = 2 ** 24;

export function reduceRepeats(graph: Graph): Graph {
  const reduced = rebuild(graph, (node, _id, made) => (node.op === 'reduce' ? withoutRepeats(node, made) : node));
  return removeUnused(reduced);
}

/** A reduction along nothing but dims that were expanded. */
function withoutRepeats(node: OperationOf<'reduce'>, made: Made): GraphNode {
  const expanded = made.nodes[node.inputs[0]!]!;
  if (expanded.op !== 'expand') return node;
  const { op, dims } = node.params;
  const x = made.nodes[expanded.inputs[0]!]!;
  const added = expanded.shape.length - x.shape.length;
  const sizes = expanded.shape.map((_, d) => (d < added ? 1 : x.shape[d - added]!));
  const repeats = dims.reduce((n, d) => n * expanded.shape[d]!, 1);
  const kind = op === 'max' || node.dtype === 'float32' || node.dtype === 'int32';
  const fits = kind && x.dtype === node.dtype && repeats > 0 && repeats <= mostRepeats;
  if (!fits || dims.some((d) => sizes[d] !== 1)) return node;
  const { dtype, place } = node;
  const common = { dtype, draw: -1, place };
  let at = made.add({ op: 'reshape', params: { shape: sizes }, inputs: [...expanded.inputs], shape: sizes, ...common });
  if (op === 'sum') {
    const params = { formula: times, scalars: [repeats] };
    at = made.add({ op: 'map', params, inputs: [at], shape: sizes, ...common });
  }
  return { op: 'expand', params: { shape: node.shape }, inputs: [at], shape: node.shape, ...common };
}
