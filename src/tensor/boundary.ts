/** The boundary of compiled functions, which no gradient crosses. */
import { GradientError } from '../core/errors.ts';
import type { Node } from './value.ts';

/** @internal */
export function refuseBoundary(): never {
  throw new GradientError(
    'backward: this tensor was computed by a compiled function, through which no gradient flows; call backward() or grad() inside of it, or detach() the tensor where no gradient is wanted',
  );
}

/** @internal On the tape in the place of what a compiled function did: differentiating it is an error. */
export const boundaryNode: Node<'custom'> = {
  primitive: 'custom',
  params: { pull: refuseBoundary, push: refuseBoundary },
  parents: [],
  specs: [],
  saved: [],
  output: undefined,
  released: false,
};
