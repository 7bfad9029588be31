/** Pass (re-associating where windows overlap): max-pooling and its gradient as one kernel each, a relu's gradient with it. */
import type { Abilities, PoolWindow } from '../../backend/composite.ts';
import { input, le, where } from '../../core/expression.ts';
import type { Window } from '../../core/layout.ts';
import { type Shape, sameShape } from '../../core/shape.ts';
import type { Graph, GraphNode, Operation, OperationOf } from '../graph.ts';
import { countUses, type Made, rebuild } from './rebuild.ts';

/** Windows of the last one or two dims → arg → gather, and back scatterAdd → fold. */
export function poolInOne(graph: Graph, { composites }: Abilities): Graph {
  if (!composites.includes('maxPool') || !composites.includes('maxPoolGradient')) return graph;
  const pools = new Map<number, Pool>(); // by the old number of the arg
  const gradients = new Map<number, Pool>(); // by the old number of the fold
  const uses = countUses(graph);
  return rebuild(graph, (node, id, made) => {
    const old = graph.nodes[id]!;
    if (old.op === 'gather') return forward(graph, old, made, pools) ?? node;
    if (old.op === 'fold') {
      const pool = backward(graph, old, pools);
      if (!pool) return node;
      gradients.set(id, pool);
      return gradient(graph, old, pool, made, false);
    }
    if (old.op === 'map') return behindRelu(graph, uses, old, gradients, made) ?? node;
    return node;
  });
}

/** A max-pooling that was found. */
interface Pool {
  /** The old number of what is pooled. */
  readonly x: number;
  readonly window: PoolWindow;
  readonly windows: readonly Window[];
  /** The new numbers of the greatest and of their indices. */
  readonly values: number;
  readonly index: number;
}

function forward(
  { nodes }: Graph,
  gather: OperationOf<'gather'>,
  made: Made,
  pools: Map<number, Pool>,
): GraphNode | undefined {
  const [from, at] = gather.inputs as readonly [number, number];
  const [flat, arg] = [nodes[from]!, nodes[at]!];
  if (arg.op !== 'arg' || arg.params.op !== 'max' || arg.inputs[0] !== from) return undefined;
  const view = flat.op === 'reshape' ? nodes[flat.inputs[0]!]! : flat; // a window of one dim is flat already
  if (view.op !== 'unfold' || view.dtype !== 'float32') return undefined;
  const x = view.inputs[0]!;
  const source = nodes[x]!;
  const { windows } = view.params;
  const window = windowOf(windows, source.shape.length);
  const last = flat.shape.length - 1;
  const whole = window && flat.shape[last] === window.kernel[0] * window.kernel[1] && gather.params.dim === last;
  if (!whole || arg.params.dim !== last || flat.shape.length !== source.shape.length + 1) return undefined;
  const { shape: ended, draw, place } = gather;
  const out = ended.slice(0, -1);
  const one = windows.length === 1; // a line is a plane of one line
  const plane = (shape: Shape): Shape => (one ? [...shape.slice(0, -1), 1, shape.at(-1)!] : shape);
  const common = { draw, place } as const;
  const values = made.add({
    op: 'maxPool',
    params: window,
    inputs: [one ? reshape(made, made.numberOf(x), plane(source.shape), 'float32') : made.numberOf(x)],
    shape: plane(out),
    dtype: 'float32',
    more: [{ shape: plane(out), dtype: 'int32' }],
    ...common,
  });
  const index = made.add({ op: 'output', inputs: [values], shape: plane(out), dtype: 'int32', index: 0 });
  pools.set(at, { x, window, windows, values, index });
  return reshapeNode(values, ended, 'float32');
}

/** What a fold adds up: the cotangents, scattered over the windows. */
function scattered({ nodes }: Graph, fold: OperationOf<'fold'>): OperationOf<'scatterAdd'> | undefined {
  const from = nodes[fold.inputs[0]!]!;
  const scatter = from.op === 'reshape' ? nodes[from.inputs[0]!]! : from;
  return scatter.op === 'scatterAdd' && scatter.params.dim === scatter.shape.length - 1 ? scatter : undefined;
}

/** The pooling that a fold is the gradient of. */
function backward(graph: Graph, fold: OperationOf<'fold'>, pools: ReadonlyMap<number, Pool>): Pool | undefined {
  const pool = pools.get(scattered(graph, fold)?.inputs[1] ?? -1);
  if (!pool) return undefined;
  const { windows, shape } = fold.params;
  const same = JSON.stringify(windows) === JSON.stringify(pool.windows);
  return same && sameShape(shape, graph.nodes[pool.x]!.shape) ? pool : undefined;
}

/** The gradient by what was pooled, `gated` where a relu's is in it. */
function gradient(graph: Graph, fold: OperationOf<'fold'>, pool: Pool, made: Made, gated: boolean): GraphNode {
  const scatter = scattered(graph, fold)!;
  const { shape } = made.nodes[pool.values]!;
  const g = reshape(made, made.numberOf(scatter.inputs[0]!), shape, 'float32');
  const [lines, columns] =
    pool.windows.length === 1 ? [1, fold.shape.at(-1)!] : (fold.shape.slice(-2) as [number, number]);
  const planes = shape.slice(0, -2);
  const node: GraphNode = {
    op: 'maxPoolGradient',
    params: { ...pool.window, size: [lines, columns], gated },
    inputs: [g, pool.index, ...(gated ? [pool.values] : [])],
    shape: [...planes, lines, columns],
    dtype: 'float32',
    draw: -1,
    place: fold.place,
  };
  return pool.windows.length === 1 ? reshapeNode(made.add(node), fold.shape, 'float32') : node;
}

const gate = (y: number, g: number) => where(le(input(y), 0), 0, input(g));

/** A map that ends cotangents where a relu gave 0, right behind the gradient of the pooling of what the relu gave. */
function behindRelu(
  graph: Graph,
  uses: readonly number[],
  map: OperationOf<'map'>,
  gradients: ReadonlyMap<number, Pool>,
  made: Made,
): GraphNode | undefined {
  if (map.inputs.length !== 2) return undefined;
  for (const at of [0, 1]) {
    const source = map.inputs[at]!;
    const pool = gradients.get(source);
    if (!pool || uses[source] !== 1 || pool.x !== map.inputs[1 - at]) continue;
    if (map.params.formula.body !== gate(1 - at, at)) continue;
    return gradient(graph, graph.nodes[source] as OperationOf<'fold'>, pool, made, true);
  }
  return undefined;
}

function windowOf(windows: readonly Window[], rank: number): PoolWindow | undefined {
  const [a, b] = windows;
  if (windows.length === 1 && a!.dim === rank - 1 && rank >= 2) {
    return { kernel: [1, a!.size], stride: [1, a!.stride], dilation: [1, a!.dilation] };
  }
  if (windows.length !== 2 || a!.dim !== rank - 2 || b!.dim !== rank - 1) return undefined;
  return { kernel: [a!.size, b!.size], stride: [a!.stride, b!.stride], dilation: [a!.dilation, b!.dilation] };
}

function reshape(made: Made, x: number, shape: Shape, dtype: Operation['dtype']): number {
  return sameShape(made.nodes[x]!.shape, shape) ? x : made.add(reshapeNode(x, shape, dtype));
}

function reshapeNode(x: number, shape: Shape, dtype: Operation['dtype']): GraphNode {
  return { op: 'reshape', params: { shape }, inputs: [x], shape, dtype, draw: -1, place: '' };
}
