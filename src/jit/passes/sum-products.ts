/**
 * Pass (re-associating): a sum of products of matrices is one product, of the left ones side by side and the right ones.
 *
 * The gradient of a recurrent weight is Σ hᵀ·g over the steps. Where the factors are parts of one tensor already, as the
 * outputs of all steps are, the product reads that; otherwise they are placed into one.
 */
import { add, input } from '../../core/expression.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph, GraphNode, OperationOf } from '../graph.ts';
import { operation, permuted, productNode, reshaped } from './node.ts';
import { countUses, ordered } from './rebuild.ts';

const sum = add(input(0), input(1));
const least = 2; // products that are worth it

export function sumProducts(graph: Graph): Graph {
  const nodes: GraphNode[] = [...graph.nodes];
  const uses = countUses(graph);
  const parts = findParts(graph);
  const to = { nodes, add: (node: GraphNode) => nodes.push(node) - 1 };
  const inner = new Set<number>();
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    if (inner.has(id) || !isSum(graph.nodes[id]!)) continue;
    const leaves = leavesOf(graph, uses, id, inner);
    const products = leaves.filter((leaf) => isProduct(graph, uses, leaf));
    if (products.length < least) continue;
    const total = to.add(joined(graph, usable(nodes, parts, id), products, to));
    const rest = leaves.filter((leaf) => !products.includes(leaf));
    nodes[id] = rest.length === 0 ? nodes[total]! : sumOf(graph.nodes[id]!, [total, ...rest], to);
  }
  return nodes.length === graph.nodes.length ? graph : ordered({ nodes, results: graph.results });
}

function isSum(node: GraphNode): node is OperationOf<'map'> {
  return node.op === 'map' && node.params.formula.body === sum && node.dtype.startsWith('float');
}

function isProduct({ nodes }: Graph, uses: readonly number[], id: number): boolean {
  const node = nodes[id]!;
  return node.op === 'matmul' && node.shape.length === 2 && uses[id] === 1 && sizeOf(nodes[node.inputs[0]!]!.shape) > 0;
}

/** What a tree of sums adds up, in order; its nodes that nothing else reads are noted as inner ones. */
function leavesOf({ nodes }: Graph, uses: readonly number[], root: number, inner: Set<number>): number[] {
  const leaves: number[] = [];
  const stack = [...nodes[root]!.inputs].reverse();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (isSum(nodes[id]!) && uses[id] === 1) {
      inner.add(id);
      stack.push(...[...nodes[id]!.inputs].reverse());
    } else leaves.push(id);
  }
  return leaves;
}

interface To {
  readonly nodes: readonly GraphNode[];
  add(node: GraphNode): number;
}

function sumOf(like: GraphNode, terms: readonly number[], to: To): GraphNode {
  const [first, ...rest] = terms as readonly [number, ...number[]];
  const last = rest.length - 1;
  const params = (like as OperationOf<'map'>).params;
  const plus = (a: number, b: number): GraphNode => operation('map', params, [a, b], like);
  const before = rest.slice(0, last).reduce((a, b) => to.add(plus(a, b)), first);
  return plus(before, rest[last]!);
}

/** Where a matrix of rows lies in a tensor that is placed together: the first of its rows there. */
interface Part {
  readonly place: number;
  readonly row: number;
}

/** Matrices that are placed into a larger tensor along its first dim. */
function findParts({ nodes }: Graph): ReadonlyMap<number, Part> {
  const parts = new Map<number, Part>();
  nodes.forEach((node, id) => {
    if (node.op !== 'place' || node.shape.length < 2) return;
    const inner = sizeOf(node.shape.slice(1, -1));
    node.inputs.forEach((source, i) => {
      const { starts, steps } = node.params.regions[i]!;
      const { shape } = nodes[source]!;
      const block = shape.every((n, d) => d === 0 || (starts[d] === 0 && n === node.shape[d]));
      if (!block || steps[0] !== 1) return;
      let matrix = source;
      while (nodes[matrix]!.op === 'reshape' && nodes[matrix]!.shape.length !== 2) matrix = nodes[matrix]!.inputs[0]!;
      const { shape: own } = nodes[matrix]!;
      if (own.length === 2 && own[1] === node.shape.at(-1)) parts.set(matrix, { place: id, row: starts[0]! * inner });
    });
  });
  return parts;
}

/** The parts of tensors that do not depend on the sum at hand, also by way of later sums that are products by now. */
function usable(nodes: readonly GraphNode[], parts: ReadonlyMap<number, Part>, id: number): ReadonlyMap<number, Part> {
  const places = new Set([...parts.values()].map(({ place }) => place));
  const free = new Set([...places].filter((place) => place < id || !reads(nodes, place, id)));
  return new Map([...parts].filter(([, { place }]) => free.has(place)));
}

/** Whether a node is computed from an earlier one; nodes before that are as they were, and lead nowhere. */
function reads(nodes: readonly GraphNode[], id: number, earlier: number): boolean {
  const seen = new Set([id]);
  for (const at of seen) {
    for (const i of nodes[at]!.inputs) if (i >= earlier) seen.add(i);
  }
  return seen.has(earlier);
}

/** One product in the place of several: A₁·B₁ + A₂·B₂ + … = [A₁ A₂ …]·[B₁; B₂; …]. */
function joined(graph: Graph, parts: ReadonlyMap<number, Part>, products: readonly number[], to: To): GraphNode {
  const factors = products.map((id) => graph.nodes[id]!.inputs as readonly [number, number]);
  // by the place of the right ones, which are the cotangents of all steps
  const sorted = [...factors].sort(([, a], [, b]) => (parts.get(a)?.row ?? 0) - (parts.get(b)?.row ?? 0));
  const lefts = sorted.map(([a]) => rowsOfLeft(graph, a, to));
  const left = permuted(to, stacked(parts, lefts, to), [1, 0]);
  const right = stacked(
    parts,
    sorted.map(([, b]) => b),
    to,
  );
  return productNode(to, left, right);
}

/** The transpose of a left factor: what it is the transpose of, if it is one. */
function rowsOfLeft({ nodes }: Graph, id: number, to: To): number {
  const node = nodes[id]!;
  return node.op === 'permute' && node.params.order[0] === 1 ? node.inputs[0]! : permuted(to, id, [1, 0]);
}

/** Matrices of one width on top of each other. */
function stacked(parts: ReadonlyMap<number, Part>, matrices: readonly number[], to: To): number {
  const counts = matrices.map((id) => to.nodes[id]!.shape[0]!);
  const total = counts.reduce((n, count) => n + count, 0);
  const { shape, dtype } = to.nodes[matrices[0]!]!;
  const width = shape[1]!;
  const first = parts.get(matrices[0]!);
  let row = first?.row ?? 0;
  const beside = matrices.every((id, i) => {
    const part = parts.get(id);
    const fits = part !== undefined && part.place === first?.place && part.row === row;
    row += counts[i]!;
    return fits;
  });
  if (beside) {
    const whole = sizeOf(to.nodes[first!.place]!.shape) / width;
    const rows = reshaped(to, first!.place, [whole, width]);
    if (whole === total) return rows;
    const starts = [first!.row, 0];
    const stops = [first!.row + total, width];
    return to.add(operation('slice', { starts, stops, steps: [1, 1] }, [rows], { shape: [total, width], dtype }));
  }
  let start = 0;
  const regions = counts.map((count) => {
    start += count;
    return { starts: [start - count, 0], steps: [1, 1] };
  });
  return to.add(operation('place', { regions, shape: [total, width] }, matrices, { shape: [total, width], dtype }));
}
