/** Batched tensors: inside vmap one tensor stands for all elements of the batch, which lie in a hidden first dim. */
import { ArgumentError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import { shapeText } from '../core/shape.ts';
import type { Value } from './value.ts';

/** The batch of one call of a mapped function. */
export class Batch {
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }
}

/** What a batched tensor stands for. */
interface Standing {
  readonly batch: Batch;
  /** [batch, ...shape] */
  readonly physical: Value;
}

const standings = new WeakMap<Value, Standing>();

/** The innermost batch that a tensor stands for; most have none. */
export function batchOf(x: Value): Batch | undefined {
  return standings.get(x)?.batch;
}

/** All elements of this batch in one tensor, or undefined where it is not batched by it. */
export function physicalOf<T extends Value>(x: T, batch: Batch): T | undefined {
  const standing = standings.get(x);
  return standing?.batch === batch ? (standing.physical as T) : undefined;
}

/** A tensor that stands for each element of [batch, ...shape]; off the tape, though `physical` may be on it. */
export function standFor<T extends Value>(physical: T, batch: Batch): T {
  const out = physical.make(contiguousLayout(physical.shape.slice(1)), physical.dtype, none);
  standings.set(out, { batch, physical });
  const refuse = (): never => {
    throw new ArgumentError(
      `vmap: a tensor of the mapped function stands for all ${batch.size} elements, so its numbers can be neither read nor kept in a cell; got ${shapeText(out.shape)}; return it from the function, use Tensor.where instead of if, and eval() for layers that keep statistics`,
    );
  };
  Object.defineProperty(out, 'storage', { get: refuse, set: refuse });
  Object.defineProperty(out, 'home', { get: () => physical.home });
  return out;
}
const none = new Float32Array(0);
