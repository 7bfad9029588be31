/** Anomaly mode: every operation is checked, and the first NaN or infinity is reported where it arose. */
import { backend, deviceOf } from '../backend/device.ts';
import { isFloat, type TypedArray } from '../core/dtype.ts';
import { AnomalyError, ArgumentError, DeviceError } from '../core/errors.ts';
import { type Place, placeText, running } from '../core/place.ts';
import type { Movement, Params, Primitive } from '../core/primitive.ts';
import { type Shape, shapeText } from '../core/shape.ts';
import { batchOf } from './batched.ts';
import { stepName } from './step-name.ts';
import { applyBelow, currentPassage, type Edge, type Node, type Passage, type Value, withPassage } from './value.ts';

/** Options of `detectAnomaly`. */
export interface AnomalyOptions {
  /** Whether an infinity that arises from finite numbers is reported too. */
  readonly infinities?: boolean;
}

/**
 * Runs `f`, forward and backward, and stops at the operation in which the first NaN or infinity arose. In a layer the
 * message names its path; in a backward pass it names the operation whose derivative it was, and where that ran forward.
 * An infinity that was asked for (a mask of −∞, an infinite bound) is none of interest; a NaN that comes in with the data
 * is. Each operation's result is read, so this is for looking, not for training; outside `f` it costs nothing.
 * @param f a synchronous function; what it returns is returned.
 * @throws AnomalyError; DeviceError on the GPU, where results cannot be read at once.
 * @example
 * detectAnomaly(() => nn.crossEntropy(net.forward(x), y).backward());
 * // AnomalyError: in features.0 (Conv2D): log: the first infinity arose here; got 1 of 6 elements (the first at [0, 2] of
 * // [2, 3]) from inputs between 0 and 1; check what it is given
 */
export function detectAnomaly<R>(f: () => R, { infinities = true }: AnomalyOptions = {}): R {
  const result = withPassage(new Watch(currentPassage(), infinities), f);
  if (result instanceof Promise)
    throw new ArgumentError('detectAnomaly: the function must be synchronous; got a promise; await outside of it');
  return result;
}

/** The step whose rule a backward pass runs. */
let ruled: Edge | undefined;

/** @internal Says whose rule runs from now on; gives what it was before. */
export function setRuled(edge: Edge | undefined): Edge | undefined {
  const before = ruled;
  ruled = edge;
  return before;
}

const movements: ReadonlySet<Primitive> = new Set<Movement>(['expand', 'reshape', 'permute', 'slice', 'unfold']);

/** Where each step ran forward. */
const places = new WeakMap<Node, { readonly outermost: Place; readonly place: Place }>();

class Watch implements Passage {
  readonly below: Passage | undefined;
  private readonly infinities: boolean;

  constructor(below: Passage | undefined, infinities: boolean) {
    this.below = below;
    this.infinities = infinities;
  }

  apply<T extends Value, P extends Primitive>(like: T, primitive: P, inputs: readonly T[], params: Params[P]): T {
    const out = applyBelow(this, like, primitive, inputs, params);
    // movements make no numbers, a constant is what it was asked to be, and inside vmap all elements come by in one
    if (deviceOf(out.home) === 'gpu') throw notThere();
    if (isFloat(out.dtype) && !batchOf(out) && !movements.has(primitive) && primitive !== 'full') {
      const anomaly = find(inputs, params, out, this.infinities);
      if (anomaly) throw new AnomalyError(message(stepName(primitive, params), anomaly, out.shape, inputs));
    }
    if (out.node && !('leaf' in out.node)) this.taped(out.node);
    return out;
  }

  taped(node: Node): void {
    const outermost = running[0];
    if (outermost) places.set(node, { outermost, place: running.at(-1)! });
  }
}

function notThere(): DeviceError {
  return new DeviceError(
    'detectAnomaly: reads the result of each operation at once; got one on the GPU; look for it on the CPU, after `await net.cpu()`',
  );
}

interface Anomaly {
  readonly kind: 'NaN' | 'infinity';
  readonly count: number;
  /** The first of them, in row-major order. */
  readonly at: number;
  /** The input that has it already. */
  readonly given: number | undefined;
}

const isInfinite = (x: number): boolean => x === Infinity || x === -Infinity;

function find(inputs: readonly Value[], params: object, out: Value, infinities: boolean): Anomaly | undefined {
  const data = backend.read(out);
  const bad = data.find((x) => x - x !== 0); // of NaN and infinities
  if (bad === undefined) return undefined;
  const read = inputs.map((x) => backend.read(x));
  const nan = data.findIndex(Number.isNaN);
  if (nan >= 0) {
    const given = read.findIndex((input) => input.some(Number.isNaN));
    const holder = given < 0 ? undefined : given;
    const counted = holder === undefined ? data : read[holder]!;
    return { kind: 'NaN', count: countOf(counted, Number.isNaN), at: counted.findIndex(Number.isNaN), given: holder };
  }
  if (!infinities || read.some((input) => input.some(isInfinite))) return undefined;
  const { scalars } = params as Partial<Params['map']>;
  if (scalars?.some(isInfinite)) return undefined;
  return { kind: 'infinity', count: countOf(data, isInfinite), at: data.findIndex(isInfinite), given: undefined };
}

function countOf(data: TypedArray, is: (x: number) => boolean): number {
  let count = 0;
  for (const x of data) if (is(x)) count++;
  return count;
}

function message(name: string, { kind, count, at, given }: Anomaly, shape: Shape, inputs: readonly Value[]): string {
  const holder = given === undefined ? undefined : inputs[given]!;
  const within = holder?.shape ?? shape;
  const size = within.reduce((n, s) => n * s, 1);
  const found = `${count} of ${size} elements (the first at ${shapeText(indexOf(at, within))} of ${shapeText(within)})`;
  const what = holder
    ? `input ${given} holds NaN already, which no operation watched here made; got ${found}; check the data, the parameters and what ran before`
    : `the first ${kind} arose here; got ${found}${rangeText(inputs)}; check what it is given`;
  const backward = ruled && !('leaf' in ruled) ? ruled : undefined;
  if (!backward) return `${name}: ${what}`;
  const ran = places.get(backward);
  const where = ran ? `, which ran forward in ${placeText(ran.outermost, ran.place)}` : '';
  return `${name}, in the derivative of ${stepName(backward.primitive, backward.params)}${where}: ${what}`;
}

function rangeText(inputs: readonly Value[]): string {
  let least = Infinity;
  let greatest = -Infinity;
  for (const input of inputs) {
    for (const x of backend.read(input)) {
      least = Math.min(least, x);
      greatest = Math.max(greatest, x);
    }
  }
  return least <= greatest ? ` from inputs between ${least} and ${greatest}` : '';
}

function indexOf(at: number, shape: Shape): number[] {
  let left = at;
  return shape.map((_, d) => {
    const behind = shape.slice(d + 1).reduce((n, s) => n * s, 1);
    const index = Math.floor(left / behind);
    left -= index * behind;
    return index;
  });
}
