/** Pass (re-associating): sums of products and convolutions start from their biases, and end in the maps behind them. */
import type { Abilities, Finish } from '../../backend/composite.ts';
import { add, type Expr, input, substitute, visit } from '../../core/expression.ts';
import { type Formula, formulaOf } from '../../core/formula.ts';
import { sameShape, sizeOf } from '../../core/shape.ts';
import type { Graph, GraphNode, Operation, OperationOf } from '../graph.ts';
import { countUses, type Made, rebuild } from './rebuild.ts';

/** A bias first, in the next round what is behind it. */
export function addEpilogues(graph: Graph, abilities: Abilities): Graph {
  for (;;) {
    const next = addOnce(graph, abilities);
    if (next === graph) return graph;
    graph = next;
  }
}

function addOnce(graph: Graph, abilities: Abilities): Graph {
  const uses = countUses(graph);
  let changed = false;
  const next = rebuild(graph, (node, id, made) => {
    const old = graph.nodes[id]!;
    if (old.op !== 'map' || old.dtype !== 'float32') return node;
    const found = match(graph, uses, old, abilities);
    if (!found) return node;
    changed = true;
    const composite = made.add(compositeOf(found, made));
    return sameShape(found.producer.shape, old.shape) ? composite : reshaped(composite, old);
  });
  return changed ? next : graph;
}

type Producer = OperationOf<'matmul' | 'product' | 'conv' | 'convolution'>;

/** A map that a producer can do at its end. */
interface Found {
  readonly producer: Producer;
  /** The vector, by its old number, that is added along the dim of the columns or channels. */
  readonly bias: number | undefined;
  readonly formula: Formula | undefined;
}

function match(
  graph: Graph,
  uses: readonly number[],
  map: OperationOf<'map'>,
  abilities: Abilities,
): Found | undefined {
  for (const [i, source] of map.inputs.entries()) {
    const producer = producerOf(graph, uses, source);
    if (!producer || !abilities.composites.includes(compositeName(producer))) continue;
    const bias = finishOf(producer)?.bias || map.inputs.length === 1 ? undefined : biasOf(graph, map, i, producer);
    const start = bias === undefined ? input(i) : add(input(i), input(bias.at));
    const rest = restOf(map.params.formula.expr, start);
    if (!rest || map.inputs.length > 2 || (map.inputs.length === 2 && !bias)) continue;
    if (bias && finishOf(producer)?.formula) continue; // the bias would come too late
    const formula = composed(rest, finishOf(producer)?.formula);
    if (formula && !abilities.canFinish(formula)) continue;
    return { producer, bias: bias?.vector, formula };
  }
  return undefined;
}

/** The product or convolution that nothing else reads, maybe under another shape. */
function producerOf({ nodes }: Graph, uses: readonly number[], id: number): Producer | undefined {
  let at = id;
  while (nodes[at]!.op === 'reshape' && uses[at] === 1) at = nodes[at]!.inputs[0]!;
  const node = nodes[at]!;
  if (uses[at] !== 1 || node.dtype !== 'float32') return undefined;
  if (node.op === 'matmul' || node.op === 'product') return node;
  return at === id && (node.op === 'conv' || node.op === 'convolution') ? node : undefined;
}

function compositeName({ op }: Producer): 'product' | 'convolution' {
  return op === 'matmul' || op === 'product' ? 'product' : 'convolution';
}

function finishOf(producer: Producer): Finish | undefined {
  return producer.op === 'product' || producer.op === 'convolution' ? producer.params : undefined;
}

/** Which input of a map of two is a vector along the producer's columns or channels. */
function biasOf(
  { nodes }: Graph,
  map: OperationOf<'map'>,
  i: number,
  producer: Producer,
): { readonly at: number; readonly vector: number } | undefined {
  const at = 1 - i;
  const expand = nodes[map.inputs[at] ?? -1];
  if (map.inputs.length !== 2 || expand?.op !== 'expand') return undefined;
  const vector = expand.inputs[0]!;
  const { shape } = nodes[vector]!;
  const isProduct = compositeName(producer) === 'product';
  const count = isProduct ? producer.shape.at(-1)! : producer.shape[1]!;
  const behind = isProduct ? 0 : producer.shape.length - 2;
  // the reshape between must have left the columns alone
  if (isProduct && map.shape.at(-1) !== count) return undefined;
  const fits = sizeOf(shape) === count && (shape[shape.length - 1 - behind] ?? 1) === count;
  return fits ? { at, vector } : undefined;
}

const mark = input(1 << 20);

/** An expression as one of `part`; undefined where it reads anything else. */
function restOf(expr: Expr, part: Expr): Expr | undefined {
  const marked = substitute(expr, (e) => (e === part ? mark : undefined));
  let strange = false;
  visit(marked, (e) => {
    if (e.op === 'scalar' || (e.op === 'input' && e !== mark)) strange = true;
  });
  return strange ? undefined : substitute(marked, (e) => (e === mark ? input(0) : undefined));
}

function composed(outer: Expr, inner: Formula | undefined): Formula | undefined {
  const expr = inner ? substitute(outer, (e) => (e.op === 'input' ? inner.expr : undefined)) : outer;
  return expr === input(0) ? undefined : formulaOf(expr, 1);
}

function compositeOf({ producer, bias, formula }: Found, made: Made): GraphNode {
  const inputs = producer.inputs.map((i) => made.numberOf(i));
  const had = finishOf(producer)?.bias ?? false;
  if (bias !== undefined) {
    const vector = made.of(bias);
    const count = sizeOf(vector.shape);
    const flat = made.numberOf(bias);
    inputs.push(vector.shape.length === 1 ? flat : made.add(reshaped(flat, { ...producer, shape: [count] })));
  }
  const finish: Finish = { bias: had || bias !== undefined, formula };
  const { shape, dtype, draw, place } = producer;
  const common = { inputs, shape, dtype, draw, place };
  return producer.op === 'conv' || producer.op === 'convolution'
    ? { op: 'convolution', params: { ...producer.params, ...finish }, ...common }
    : { op: 'product', params: finish, ...common };
}

function reshaped(x: number, { shape, dtype, draw, place }: Omit<Operation, 'op' | 'params' | 'inputs'>): GraphNode {
  return { op: 'reshape', params: { shape }, inputs: [x], shape, dtype, draw, place };
}
