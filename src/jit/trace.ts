/** Tracing: a function run once with a capture open, so that what it does is known and nothing has happened. */
import { type Device, deviceOf } from '../backend/device.ts';
import { CompileError } from '../core/errors.ts';
import type { Explanation } from '../core/explanation.ts';
import { notingHost } from '../core/guard.ts';
import { type Generator, type GeneratorState, watchingDraws } from '../core/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { flattenTree } from '../tensor/tree.ts';
import { currentPassage, withPassage } from '../tensor/value.ts';
import { Capture, type CaptureOptions, type EntrySource, type GradientEnd, type Guard, type Taken } from './capture.ts';
import type { Graph } from './graph.ts';

/** What a traced function does. */
export interface Trace<O> {
  readonly graph: Graph;
  readonly entries: readonly EntrySource[];
  /** The entries that the function sends to the GPU. */
  readonly sentEntries: ReadonlySet<number>;
  readonly guards: readonly Guard[];
  /** What happens to the host at each call. */
  readonly effects: readonly (() => void)[];
  /** The draws of the call, in order. */
  readonly draws: readonly Taken[];
  /** What is returned, made of the first results. */
  readonly build: (tensors: readonly Tensor[]) => O;
  /** Per tensor that is returned, which of the first results it is. */
  readonly returned: readonly number[];
  /** The results that were on the tape. */
  readonly taped: ReadonlySet<number>;
  /** How many results are returned. */
  readonly returnedCount: number;
  /** Where each of those is. */
  readonly devices: readonly Device[];
  /** Any tensor, to make others of. */
  readonly like: Tensor;
  /** The cells that get the results behind those. */
  readonly cells: readonly Tensor[];
  /** The leaves whose gradients change; those that have one then get the results behind those. */
  readonly gradients: readonly { readonly leaf: Tensor; readonly end: GradientEnd }[];
  /** What else is returned, in order. */
  readonly values: readonly unknown[];
  /** What explains an index that a node refuses, the innermost last. */
  readonly explanations: ReadonlyMap<number, readonly Explanation[]>;
  /** By node, where the user's program made it, if that was asked for. */
  readonly stacks: readonly (string | undefined)[];
  /** Puts generators back to before the draws of this trace, and takes back what it made. Whether it had made anything. */
  rewind(): boolean;
}

/** Options of `trace`. */
export interface TraceOptions extends CaptureOptions {
  /** Whether generators are put back to where they were and what was made is taken back, as if nothing had been run. */
  readonly giveBack?: boolean;
}

/**
 * Runs `f` on stand-ins for the arguments. Cells and gradients are as before, and where it throws generators and what is
 * made once (`reversible`) too.
 * @throws CompileError where `f` does what no compiled function can.
 */
export function trace<I extends readonly unknown[], O>(
  f: (...args: I) => O,
  args: I,
  { giveBack = false, ...options }: TraceOptions = {},
): Trace<O> {
  const capture = new Capture(options);
  const draws = new Draws(capture);
  const { tensors, build } = flattenTree('jit: arguments', args);
  const inputs = build(tensors.map((x, i) => capture.argument(x, i)));
  const made: (() => void)[] = [];
  const host = {
    read: (read: () => unknown): void => capture.guard(read),
    effect: (effect: () => void): void => {
      capture.effects.push(effect);
    },
    made: (undo: () => void): void => {
      made.push(undo);
    },
  };
  const rewind = (): boolean => {
    draws.rewind();
    const any = made.length > 0;
    while (made.length > 0) made.pop()!();
    return any;
  };
  try {
    const out = notingHost(host, () => watchingDraws(draws, () => withPassage(capture, () => f(...inputs))));
    refusePromise(out);
    draws.refuseSeeds();
    const traced = finish(capture, rewind, out);
    if (giveBack) rewind();
    return traced;
  } catch (error) {
    rewind();
    throw error;
  } finally {
    capture.undo();
  }
}

/** What generators do while a function is traced. */
class Draws {
  private readonly capture: Capture;
  private readonly before = new Map<Generator, GeneratorState>();
  /** Generators that the function makes. */
  private readonly own = new WeakSet<Generator>();
  private seeded = false;

  constructor(capture: Capture) {
    this.capture = capture;
  }

  made(generator: Generator): void {
    if (currentPassage()) this.own.add(generator); // what is made outside stays
  }

  drawn(generator: Generator, draw: Taken['draw']): void {
    const fixed = this.own.has(generator);
    // what is made outside, such as a layer's parameters, stays
    if (!currentPassage()) this.before.delete(generator);
    else {
      const known = fixed || this.before.has(generator);
      if (!known) this.before.set(generator, { ...generator.state, counter: draw.index });
      this.capture.draws.push({ generator, draw, fixed });
    }
  }

  moved(generator: Generator): void {
    if (!this.own.has(generator)) this.seeded = true;
  }

  /** @throws CompileError where a call would draw the same numbers each time, but the program would not. */
  refuseSeeds(): void {
    if (!this.seeded) return;
    throw new CompileError('jit: a generator is seeded inside a compiled function; seed it outside, before the call');
  }

  rewind(): void {
    for (const [generator, state] of this.before) generator.state = state;
  }
}

function refusePromise(out: unknown): void {
  if (out === null || typeof out !== 'object' || !('then' in out) || typeof out.then !== 'function') return;
  // its rest can only fail, and this error says why
  if (out instanceof Promise) out.catch(() => undefined);
  throw new CompileError('jit: the function must be synchronous; got a promise; await outside of it');
}

function finish<O>(capture: Capture, rewind: () => boolean, out: O): Trace<O> {
  const { tensors, build } = flattenTree('jit: result', out);
  const results: number[] = [];
  const places = new Map<Tensor, number>();
  for (const x of tensors) if (!places.has(x)) places.set(x, results.push(capture.idOf(x)) - 1);
  const returnedCount = results.length;
  const assignments = capture.assignments();
  const collected = capture.collected();
  for (const [, id] of assignments) results.push(id);
  for (const { id } of collected) if (id !== undefined) results.push(id);
  return {
    graph: { nodes: capture.nodes, results: [...results, ...capture.demands] },
    entries: capture.entries,
    sentEntries: capture.sentEntries,
    guards: capture.guards,
    effects: capture.effects,
    draws: capture.draws,
    build,
    returned: tensors.map((x) => places.get(x)!),
    taped: new Set(tensors.flatMap((x) => (x.isLeaf ? [] : [places.get(x)!]))),
    returnedCount,
    devices: [...places.keys()].map((x) => deviceOf(x.home)),
    like: Tensor.zeros([]),
    cells: assignments.map(([cell]) => cell),
    gradients: collected.map(({ leaf, end }) => ({ leaf, end })),
    values: valuesIn(out),
    explanations: capture.explanations,
    stacks: capture.stacks,
    rewind,
  };
}

/** What is no tensor in what a function returns. */
function valuesIn(part: unknown): unknown[] {
  if (part instanceof Tensor) return [];
  if (Array.isArray(part)) return part.flatMap(valuesIn);
  const prototype: unknown = part !== null && typeof part === 'object' ? Object.getPrototypeOf(part) : undefined;
  const plain = prototype === Object.prototype || prototype === null;
  return plain ? Object.values(part as object).flatMap(valuesIn) : [part];
}
