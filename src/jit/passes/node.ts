/** Nodes that passes add: movements, products and picks over nodes that are there. */
import type { Composite, Composites } from '../../backend/composite.ts';
import type { Dtype } from '../../core/dtype.ts';
import type { Params, Primitive } from '../../core/primitive.ts';
import { type Shape, sameShape } from '../../core/shape.ts';
import type { GraphNode, OperationOf } from '../graph.ts';

/** Where new nodes go, and what is there already. */
export interface Nodes {
  readonly nodes: readonly GraphNode[];
  /** Gives its number. */
  add(node: GraphNode): number;
}

/** An operation that no layer has called. */
export function operation<P extends Primitive | Composite>(
  op: P,
  params: (Params & Composites)[P],
  inputs: readonly number[],
  { shape, dtype }: { readonly shape: Shape; readonly dtype: Dtype },
): GraphNode {
  return { op, params, inputs, shape, dtype, draw: -1, place: '' } as unknown as OperationOf<P>;
}

export function reshaped(to: Nodes, x: number, shape: Shape): number {
  const node = to.nodes[x]!;
  return sameShape(node.shape, shape) ? x : to.add(reshapeNode(x, shape, node.dtype));
}

export function reshapeNode(x: number, shape: Shape, dtype: Dtype): GraphNode {
  return operation('reshape', { shape }, [x], { shape, dtype });
}

export function permuted(to: Nodes, x: number, order: readonly number[]): number {
  const node = to.nodes[x]!;
  const shape = order.map((d) => node.shape[d]!);
  return to.add(operation('permute', { order }, [x], { shape, dtype: node.dtype }));
}

export function expanded(to: Nodes, x: number, shape: Shape): number {
  const node = to.nodes[x]!;
  return sameShape(node.shape, shape) ? x : to.add(operation('expand', { shape }, [x], { shape, dtype: node.dtype }));
}

/** The product of two matrices. */
export function productNode(to: Nodes, a: number, b: number): GraphNode {
  const [left, right] = [to.nodes[a]!, to.nodes[b]!];
  return operation('matmul', {}, [a, b], { shape: [left.shape[0]!, right.shape[1]!], dtype: left.dtype });
}
