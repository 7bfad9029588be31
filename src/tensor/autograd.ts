/** The backward pass: the tape walked from the output to its leaves, what reaches each node summed. */
import { GradientError } from '../core/errors.ts';
import type { Region } from '../core/primitive.ts';
import { type Shape, sameShape, shapeText } from '../core/shape.ts';
import { setRuled } from './anomaly.ts';
import { boundaryNode, refuseBoundary } from './boundary.ts';
import { type Rule, type Ruled, rules } from './gradient.ts';
import type { Poolings } from './pooling.ts';
import { type Edge, type Node, withGrad } from './value.ts';

/** Options of a backward pass. */
export interface BackwardOptions {
  /** Keep what the pass reads, so that it can be made again; as `createGraph` if left out. */
  readonly retainGraph?: boolean;
  /** Write the pass itself to the tape, for derivatives of derivatives. */
  readonly createGraph?: boolean;
}

/** A pass over the tape of `output`: the gradients that reach the wanted edges, or all leaves. */
export function backpropagate<T extends Poolings>(
  output: T,
  seed: T | undefined,
  { createGraph = false, retainGraph = createGraph }: BackwardOptions,
  wanted?: ReadonlySet<Edge>,
): Map<Edge, T> {
  const root = output.node;
  if (!root) {
    throw new GradientError(
      'backward: this tensor depends on nothing that requires gradients; set requiresGrad on what should get one, and leave noGrad',
    );
  }
  const start = checkSeed(output, seed);
  return withGrad(createGraph, () => new Walk<T>(wanted, retainGraph).run(root, start));
}

function checkSeed<T extends Poolings>(output: T, seed: T | undefined): T {
  if (seed) {
    if (!sameShape(seed.shape, output.shape)) {
      throw new GradientError(
        `backward: the gradient must have the output's shape ${shapeText(output.shape)}; got ${shapeText(seed.shape)}`,
      );
    }
    return seed.cast(output.dtype);
  }
  if (output.size !== 1) {
    throw new GradientError(
      `backward: only a single number has a gradient by itself; got shape ${shapeText(output.shape)}; take sum() or mean(), or give a gradient`,
    );
  }
  return output.filled(output.shape, 1, output.dtype);
}

/** Cotangents of slices of one tensor, placed together when the walk reaches it. */
interface Slices<T> {
  readonly parts: T[];
  readonly regions: Region[];
  readonly shape: Shape;
}

class Walk<T extends Poolings> {
  private readonly gradients = new Map<Edge, T>();
  private readonly slices = new Map<Edge, Slices<T>>();
  private readonly results = new Map<Edge, T>();
  private readonly wanted: ReadonlySet<Edge> | undefined;
  private readonly retain: boolean;

  constructor(wanted: ReadonlySet<Edge> | undefined, retain: boolean) {
    this.wanted = wanted;
    this.retain = retain;
  }

  run(root: Edge, seed: T): Map<Edge, T> {
    const order = inOrder(root);
    if (this.wanted && order.includes(boundaryNode)) refuseBoundary();
    const useful = this.wanted && leadingTo(order, this.wanted);
    this.gradients.set(root, seed);
    const before = setRuled(undefined);
    try {
      this.walk(order, useful);
    } finally {
      setRuled(before);
    }
    return this.results;
  }

  private walk(order: readonly Edge[], useful: ReadonlySet<Edge> | undefined): void {
    for (let k = order.length - 1; k >= 0; k--) {
      const edge = order[k]!;
      if (useful && !useful.has(edge)) continue;
      setRuled(edge);
      const g = this.take(edge);
      if (g === undefined) continue;
      if (this.wanted ? this.wanted.has(edge) : 'leaf' in edge) this.results.set(edge, g);
      if ('leaf' in edge) continue;
      // what is wanted may be the end: nothing below it is asked for, so it is not used up
      if (!useful || edge.parents.some((p) => p && useful.has(p))) this.step(edge, g, useful);
    }
  }

  /** All that has reached an edge, summed. */
  private take(edge: Edge): T | undefined {
    const g = this.gradients.get(edge);
    const slices = this.slices.get(edge);
    this.gradients.delete(edge);
    this.slices.delete(edge);
    if (!slices) return g;
    const { parts, regions, shape } = slices;
    const placed = parts[0]!.apply('place', parts, { regions, shape });
    return g ? g.add(placed) : placed;
  }

  private step(node: Node, g: T, useful: ReadonlySet<Edge> | undefined): void {
    checkKept('backward', node);
    const parents = useful ? node.parents.map((p) => (p && useful.has(p) ? p : undefined)) : node.parents;
    if (node.primitive === 'slice') this.collect(node as Node<'slice'>, g);
    else this.propagate(node as Node<Ruled>, g, parents);
    if (!this.retain) {
      node.released = true;
      node.saved = [];
      node.output = undefined;
    }
  }

  private collect(node: Node<'slice'>, g: T): void {
    const parent = node.parents[0]!;
    let slices = this.slices.get(parent);
    if (!slices) {
      slices = { parts: [], regions: [], shape: node.specs[0]!.shape };
      this.slices.set(parent, slices);
    }
    slices.parts.push(g);
    slices.regions.push(node.params);
  }

  private propagate(node: Node<Ruled>, g: T, parents: readonly (Edge | undefined)[]): void {
    const rule = rules[node.primitive] as Rule<Ruled> | 'nondifferentiable';
    if (rule === 'nondifferentiable') return;
    const reached = rule<T>({
      g,
      params: node.params,
      saved: node.saved as readonly (T | undefined)[],
      output: node.output as T | undefined,
      specs: node.specs,
      needs: parents.map((p) => p !== undefined),
    });
    for (let i = 0; i < parents.length; i++) {
      const parent = parents[i];
      const gi = reached[i];
      if (!parent || !gi) continue;
      const before = this.gradients.get(parent);
      this.gradients.set(parent, before ? before.add(gi) : gi);
    }
  }
}

/** @throws GradientError if an earlier backward pass has used the node up. */
export function checkKept(where: string, node: Node): void {
  if (!node.released) return;
  throw new GradientError(
    `${where}: this graph was used by an earlier backward pass and is gone (at ${node.primitive}); pass retainGraph: true to the earlier one, or compute the output again`,
  );
}

/**
 * Every edge under the root, parents before children, nothing below the `ends`; a loop, since deep tapes overflow a
 * recursion.
 */
export function inOrder(root: Edge, ends?: ReadonlySet<Edge>): Edge[] {
  const order: Edge[] = [];
  const seen = new Set<Edge>([root]);
  const stack: { edge: Edge; next: number }[] = [{ edge: root, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const parents = 'leaf' in top.edge || ends?.has(top.edge) ? none : top.edge.parents;
    if (top.next < parents.length) {
      const parent = parents[top.next++];
      if (parent && !seen.has(parent)) {
        seen.add(parent);
        stack.push({ edge: parent, next: 0 });
      }
    } else {
      order.push(top.edge);
      stack.pop();
    }
  }
  return order;
}
const none: readonly (Edge | undefined)[] = [];

/** The edges through which a gradient reaches a wanted one. */
function leadingTo(order: readonly Edge[], wanted: ReadonlySet<Edge>): Set<Edge> {
  const useful = new Set<Edge>();
  for (const edge of order) {
    const leads = wanted.has(edge) || (!('leaf' in edge) && edge.parents.some((p) => p && useful.has(p)));
    if (leads) useful.add(edge);
  }
  return useful;
}
