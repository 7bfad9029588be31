/** Trees of tensors: a tensor, or arrays and plain objects that hold some, to any depth. */
import { Tensor } from './tensor.ts';

/** The tensors of a tree, in order, and how the tree is made again with others in their places. */
export interface Flattened<T> {
  readonly tensors: readonly Tensor[];
  /** Holds on to none of the tensors. */
  readonly build: (tensors: readonly Tensor[]) => T;
}

type Builder = (tensors: readonly Tensor[]) => unknown;

/** Takes a tree apart; what is neither an array nor a plain object stays in it as it is. */
export function flattenTree<T>(tree: T): Flattened<T> {
  const tensors: Tensor[] = [];
  return { tensors, build: builderOf(tree, tensors) as (tensors: readonly Tensor[]) => T };
}

/** The same tree with each tensor replaced. */
export function mapTree<T>(tree: T, f: (x: Tensor) => Tensor): T {
  const { tensors, build } = flattenTree(tree);
  return build(tensors.map(f));
}

function builderOf(part: unknown, tensors: Tensor[]): Builder {
  if (part instanceof Tensor) {
    const at = tensors.push(part) - 1;
    return (values) => values[at];
  }
  if (Array.isArray(part)) {
    const parts = part.map((inner: unknown) => builderOf(inner, tensors));
    return (values) => parts.map((build) => build(values));
  }
  if (!isPlain(part)) return () => part;
  const entries = Object.entries(part).map(([key, inner]) => [key, builderOf(inner, tensors)] as const);
  return (values) => Object.fromEntries(entries.map(([key, build]) => [key, build(values)]));
}

function isPlain(x: unknown): x is Record<string, unknown> {
  if (x === null || typeof x !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}
