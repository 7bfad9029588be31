/** What a tensor in a module is: a parameter, a buffer, or a constant that no checkpoint holds. */
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';

/** @internal */
export type CellKind = 'parameter' | 'buffer';

const kinds = new WeakMap<Tensor, CellKind>();

/**
 * Makes a parameter of these numbers: it requires gradients and stays a parameter when it is frozen.
 * @example class Scale extends nn.Module { readonly factor = nn.parameter(Tensor.ones([3])); … }
 */
export function parameter(x: TensorLike): Tensor {
  const out = Tensor.from(x, { requiresGrad: true });
  kinds.set(out, 'parameter');
  return out;
}

/** Makes a buffer of these numbers: state without gradients that is saved and loaded with the parameters. */
export function buffer(x: TensorLike): Tensor {
  const out = Tensor.from(x);
  kinds.set(out, 'buffer');
  return out;
}

/** @internal A leaf that requires gradients counts as a parameter, and stays one from when it was first seen. */
export function kindOf(x: Tensor): CellKind | undefined {
  const known = kinds.get(x);
  if (known) return known;
  if (!x.requiresGrad || !x.isLeaf) return undefined;
  kinds.set(x, 'parameter');
  return 'parameter';
}
