/** Movements of a graph: the layouts that nodes have where each is computed row-major and movements copy nothing. */
import {
  contiguousLayout,
  expandLayout,
  type Layout,
  permuteLayout,
  reshapeLayout,
  sliceLayout,
  windowsLayout,
} from '../core/layout.ts';
import type { Movement } from '../core/primitive.ts';
import type { GraphNode, OperationOf } from './graph.ts';

/** A node that only moves elements. */
export type MovementNode = { readonly [M in Movement]: OperationOf<M> }[Movement];

/** Whether a node only moves elements. */
export function isMovement(node: GraphNode): node is MovementNode {
  const { op } = node;
  return op === 'expand' || op === 'reshape' || op === 'permute' || op === 'slice' || op === 'unfold';
}

/** The layout of a movement's result; undefined where it takes a copy. */
export function movedLayout(node: MovementNode, x: Layout): Layout | undefined {
  switch (node.op) {
    case 'expand':
      return expandLayout(x, node.shape);
    case 'reshape':
      return reshapeLayout(x, node.shape);
    case 'permute':
      return permuteLayout(x, node.params.order);
    case 'slice':
      return sliceLayout(x, node.params.starts, node.params.steps, node.shape);
    case 'unfold':
      return windowsLayout(x, node.params.windows);
  }
}

/** The layout that a node's elements have, given those of the nodes before it. */
export function layoutOf(node: GraphNode, layouts: readonly Layout[]): Layout {
  const moved = isMovement(node) ? movedLayout(node, layouts[node.inputs[0]!]!) : undefined;
  return moved ?? contiguousLayout(node.shape);
}
