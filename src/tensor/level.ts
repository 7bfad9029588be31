/** A level of vmap: what operations on its batched tensors pass through. */
import { ArgumentError } from '../core/errors.ts';
import type { Params, Primitive } from '../core/primitive.ts';
import { type Batch, batchOf, physicalOf, standFor } from './batched.ts';
import { type BatchingRule, batchingRules } from './batching.ts';
import { infer } from './infer.ts';
import type { Poolings } from './pooling.ts';
import { applyBelow, currentPassage, type Passage, tape, type Value, withPassage } from './value.ts';

/** Whether each element of the batch makes random draws of its own. */
export type Randomness = 'different' | 'same' | 'error';

export class Level implements Passage {
  readonly below: Passage | undefined;
  readonly batch: Batch;
  readonly randomness: Randomness;

  constructor(below: Passage | undefined, batch: Batch, randomness: Randomness) {
    this.below = below;
    this.batch = batch;
    this.randomness = randomness;
  }

  apply<T extends Value, P extends Primitive>(like: T, primitive: P, inputs: readonly T[], params: Params[P]): T {
    if (primitive === 'random') return this.draw(like, params as Params['random']);
    const physical = inputs.map((x) => physicalOf(x, this.batch));
    if (physical.every((x) => x === undefined)) return applyBelow(this, like, primitive, inputs, params);
    infer[primitive](params, inputs); // errors speak of the element's shapes
    const rule = batchingRules[primitive] as BatchingRule<P>; // the others have no inputs
    const result = rule({
      inputs: inputs.map((x, i) => physical[i] ?? x) as readonly Value[] as readonly Poolings[],
      batched: physical.map((x) => x !== undefined),
      size: this.batch.size,
      params,
    });
    const out = standFor(result as Value as T, this.batch);
    tape(primitive, inputs, params, out);
    return out;
  }

  private draw<T extends Value>(like: T, params: Params['random']): T {
    if (this.randomness === 'same') return applyBelow(this, like, 'random', [], params);
    if (this.randomness === 'different') {
      const shape = [this.batch.size, ...params.shape];
      return standFor(applyBelow(this, like, 'random', [], { ...params, shape }), this.batch);
    }
    throw new ArgumentError(
      "vmap: random numbers are drawn inside; got randomness 'error'; pass randomness: 'different' for draws of each element's own, or 'same'",
    );
  }

  owns(x: Value): boolean {
    return batchOf(x) === this.batch;
  }

  detach<T extends Value>(x: T): T {
    return standFor(physicalOf(x, this.batch)!.detach(), this.batch);
  }

  /** `f` once more at this level, over whatever is on now. */
  again<R>(f: () => R): R {
    return withPassage(new Level(currentPassage(), this.batch, this.randomness), f);
  }
}

/** The levels among what operations pass through, and the capture below them, without the rest. */
export function levelsOf(top: Passage | undefined): Passage | undefined {
  if (!top) return undefined;
  const below = levelsOf(top.below);
  if (top instanceof Level) return new Level(below, top.batch, top.randomness);
  return top.aside ? top : below;
}

/** The innermost level that one of these is batched by. */
export function levelOf(xs: readonly Value[]): Level | undefined {
  for (let p = currentPassage(); p; p = p.below) {
    if (!(p instanceof Level)) continue;
    const { batch } = p;
    if (xs.some((x) => batchOf(x) === batch)) return p;
  }
  return undefined;
}
