/** Trees of tensors: a tensor, or arrays and plain objects that hold some, to any depth. */
import { ArgumentError } from '../core/errors.ts';
import { Tensor } from './tensor.ts';

/** The tensors of a tree, in order, and how the tree is made again with others in their places. */
export interface Flattened<T> {
  readonly tensors: readonly Tensor[];
  /** Holds on to none of the tensors. */
  readonly build: (tensors: readonly Tensor[]) => T;
}

type Builder = (tensors: readonly Tensor[]) => unknown;

/**
 * Takes a tree apart; what is neither an array nor a plain object stays in it as it is.
 * @param where names the tree, for errors.
 * @throws ArgumentError for one that holds itself.
 */
export function flattenTree<T>(where: string, tree: T): Flattened<T> {
  refuseCycles(where, tree);
  const tensors: Tensor[] = [];
  return { tensors, build: builderOf(tree, tensors) as (tensors: readonly Tensor[]) => T };
}

/**
 * @param where names the tree, for errors.
 * @throws ArgumentError for an array or a plain object that holds itself, since there is no end to it.
 */
export function refuseCycles(where: string, tree: unknown): void {
  search(where, tree, [], []);
}

/** @param above what holds the part, the outermost first; `keys` lead to it. */
function search(where: string, part: unknown, above: unknown[], keys: (string | number)[]): void {
  const isList = Array.isArray(part);
  if (!isList && !isPlain(part)) return;
  if (above.includes(part)) {
    const path = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    throw new ArgumentError(`${where}${path} is one of those that hold it; got a cycle; leave it out`);
  }
  above.push(part);
  const parts: Iterable<readonly [string | number, unknown]> = isList ? part.entries() : Object.entries(part);
  for (const [key, inner] of parts) {
    keys.push(key);
    search(where, inner, above, keys);
    keys.pop();
  }
  above.pop();
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
