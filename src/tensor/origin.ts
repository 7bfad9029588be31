/** Where tensors came from, remembered only while asked to: the tape knows nothing of what is not on it. */
import type { Params, Primitive } from '../core/primitive.ts';
import { stepName } from './step-name.ts';
import { applyBelow, currentPassage, isGradEnabled, type Passage, type Value, withPassage } from './value.ts';

/** How a tensor was made. */
export interface Origin {
  /** The method. */
  readonly name: string;
  readonly inputs: readonly Value[];
  /** Whether the tape was on. */
  readonly taped: boolean;
  readonly detached: boolean;
}

const origins = new WeakMap<Value, Origin>();

/** How a tensor was made, if that was remembered. */
export function originOf(x: Value): Origin | undefined {
  return origins.get(x);
}

/**
 * Runs `f` and remembers how each tensor in it was made, so that `explainGrad` can say where a gradient was lost: by which
 * detach, noGrad or operation without a derivative. All tensors in between are kept as long as the last.
 * @example
 * const loss = traceGrad(() => lossOf(net.forward(x)));
 * explainGrad(net.conv.weight, loss).text;
 */
export function traceGrad<R>(f: () => R): R {
  return withPassage(new Trace(currentPassage()), f);
}

class Trace implements Passage {
  readonly below: Passage | undefined;

  constructor(below: Passage | undefined) {
    this.below = below;
  }

  apply<T extends Value, P extends Primitive>(like: T, primitive: P, inputs: readonly T[], params: Params[P]): T {
    const out = applyBelow(this, like, primitive, inputs, params);
    origins.set(out, { name: stepName(primitive, params), inputs, taped: isGradEnabled(), detached: false });
    return out;
  }

  detached(from: Value, out: Value): void {
    origins.set(out, { name: 'detach', inputs: [from], taped: isGradEnabled(), detached: true });
  }
}
