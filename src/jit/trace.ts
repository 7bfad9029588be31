/** Tracing: a function run once with a capture open, so that what it does is known and nothing has happened. */
import { ArgumentError } from '../core/errors.ts';
import { notingReads } from '../core/guard.ts';
import { type Generator, type GeneratorState, watchingDraws } from '../core/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { flattenTree } from '../tensor/tree.ts';
import { withPassage } from '../tensor/value.ts';
import { Capture, type EntrySource, type Guard, type Taken } from './capture.ts';
import { type Graph, lineOf } from './graph.ts';

/** What a traced function does. */
export interface Trace<O> {
  readonly graph: Graph;
  readonly entries: readonly EntrySource[];
  readonly guards: readonly Guard[];
  /** The draws of the call, in order. */
  readonly draws: readonly Taken[];
  /** What is returned, made of the first results. */
  readonly build: (tensors: readonly Tensor[]) => O;
  readonly returned: number;
  /** Any tensor, to make others of. */
  readonly like: Tensor;
  /** The cells that get the results behind those. */
  readonly cells: readonly Tensor[];
  /** The leaves whose gradients change, and whether they get the results behind those or none. */
  readonly gradients: readonly { readonly leaf: Tensor; readonly present: boolean }[];
}

/** Options of `trace`. */
export interface TraceOptions {
  /** Whether generators are put back to where they were, as if nothing had been drawn. */
  readonly giveBack?: boolean;
}

/** Runs `f` on stand-ins for the arguments. Cells, gradients and, where it throws, generators are as before. */
export function trace<I extends readonly unknown[], O>(
  f: (...args: I) => O,
  args: I,
  { giveBack = false }: TraceOptions = {},
): Trace<O> {
  const capture = new Capture();
  const generators = new Map<Generator, GeneratorState>();
  const { tensors, build } = flattenTree(args);
  const inputs = build(tensors.map((x, i) => capture.argument(x, i)));
  const see = (generator: Generator, draw: Taken['draw']): void => {
    if (!generators.has(generator)) generators.set(generator, { ...generator.state, counter: draw.index });
    capture.draws.push({ generator, draw });
  };
  const rewind = (): void => {
    for (const [generator, state] of generators) generator.state = state;
  };
  try {
    const out = notingReads(
      (read) => capture.guard(read),
      () => watchingDraws(see, () => withPassage(capture, () => f(...inputs))),
    );
    if (out instanceof Promise) {
      throw new ArgumentError('jit: the function must be synchronous; got a promise; await outside of it');
    }
    if (giveBack) rewind();
    return finish(capture, out);
  } catch (error) {
    rewind();
    throw error;
  } finally {
    capture.undo();
  }
}

function finish<O>(capture: Capture, out: O): Trace<O> {
  const { tensors, build } = flattenTree(out);
  const results = tensors.map((x) => capture.idOf(x));
  const assignments = capture.assignments();
  const collected = capture.collected();
  for (const [, id] of assignments) results.push(id);
  for (const [, id] of collected) if (id !== undefined) results.push(id);
  return {
    graph: { nodes: capture.nodes, results },
    entries: capture.entries,
    guards: capture.guards,
    draws: capture.draws,
    build,
    returned: tensors.length,
    like: Tensor.zeros([]),
    cells: assignments.map(([cell]) => cell),
    gradients: collected.map(([leaf, id]) => ({ leaf, present: id !== undefined })),
  };
}

/** The first difference between two traces of one function, as two lines; undefined where they do the same. */
export function difference(a: Trace<unknown>, b: Trace<unknown>): readonly [string, string] | undefined {
  const [left, right] = [linesOf(a), linesOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    if (left[i] !== right[i]) return [left[i] ?? 'nothing', right[i] ?? 'nothing'];
  }
  for (const [i, source] of a.entries.entries()) {
    const other = b.entries[i]!;
    if (source.kind !== 'cell' || other.kind !== 'cell' || source.cell === other.cell) continue;
    const [x, y] = [source.cell.toString(), other.cell.toString()];
    if (!equal(source.cell, other.cell)) return [`a constant ${x}`, `a constant ${y}`];
  }
  return undefined;
}

function linesOf({ graph, returned, cells }: Trace<unknown>): string[] {
  return [
    ...graph.nodes.map(lineOf),
    `returns ${graph.results.slice(0, returned).join(', ')}`,
    `assigns ${cells.length}: ${graph.results.slice(returned).join(', ')}`,
  ];
}

function equal(a: Tensor, b: Tensor): boolean {
  const [x, y] = [a.dataSync(), b.dataSync()];
  return a.dtype === b.dtype && x.length === y.length && x.every((n, i) => Object.is(n, y[i]));
}
