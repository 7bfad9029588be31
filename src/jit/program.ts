/** A program: what a trace does, done again on other numbers. */
import { backend } from '../backend/device.ts';
import type { Executable } from '../backend/program.ts';
import type { Draw } from '../core/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { EntrySource } from './capture.ts';
import type { Graph } from './graph.ts';
import { interpret } from './interpret.ts';
import { type Schedule, schedule } from './schedule.ts';
import type { Trace } from './trace.ts';

/** The program of a trace. */
export interface Program<O> {
  /** Whether the host values that it depends on are as they were. */
  fits(): boolean;
  /**
   * @param draws of this call; taken from the generators if left out.
   * @returns what the function returns; cells and gradients change only once everything is computed.
   */
  run(args: readonly Tensor[], draws?: readonly Draw[]): O;
}

/** Planned in the device's memory, or interpreted where it plans nothing. */
export function programOf<O>(traced: Trace<O>, graph: Graph): Program<O> {
  const cells: Tensor[] = [];
  const entryCells = traced.entries.map((source) => (source.kind === 'cell' ? cells.push(source.cell) - 1 : undefined));
  const assigned = traced.cells.map((cell, i) => {
    const known = cells.indexOf(cell);
    return { result: traced.returned + i, cell: known < 0 ? cells.push(cell) - 1 : known };
  });
  const planned = schedule(graph, traced.entries.length, (entry) => entryCells[entry], assigned);
  const executable = backend.compile(planned.plan, cells);
  const compute = executable
    ? (args: readonly Tensor[], draws: readonly Draw[]): Tensor[] =>
        runPlanned(traced, planned, executable, args, draws)
    : (args: readonly Tensor[], draws: readonly Draw[]): Tensor[] => runInterpreted(traced, graph, args, draws);
  return {
    fits: () => traced.guards.every(({ read, seen }) => read() === seen),
    run: (args, draws) => {
      const results = compute(args, draws ?? traced.draws.map(({ generator }) => generator.next()));
      let at = traced.returned;
      for (const { leaf, present } of traced.gradients) leaf.collectedGrad = present ? results[at++]! : undefined;
      return traced.build(results.slice(0, traced.returned));
    },
  };
}

/** What is returned, and the gradients that stay. */
function runPlanned(
  traced: Trace<unknown>,
  { entries, results }: Schedule,
  executable: Executable,
  args: readonly Tensor[],
  draws: readonly Draw[],
): Tensor[] {
  traced.entries.forEach((source, i) => {
    if (source.kind === 'cell' || entries[i] === -1) return;
    const x = numbersOf(source, args);
    const whole = x.layout.contiguous && x.storage.length === x.size;
    executable.write(entries[i]!, whole ? x.storage : backend.copy(x));
  });
  executable.run(draws);
  const { returned, cells } = traced;
  const kept = results.filter((_, i) => i < returned || i >= returned + cells.length);
  const like = traced.like;
  const out = kept.map((place) => like.wrap(executable.read(place), place.layout.shape, place.dtype));
  executable.commit();
  return out;
}

function runInterpreted(
  traced: Trace<unknown>,
  graph: Graph,
  args: readonly Tensor[],
  draws: readonly Draw[],
): Tensor[] {
  const entries = traced.entries.map((source) => numbersOf(source, args));
  const results = interpret(graph, entries, draws);
  const { returned, cells } = traced;
  cells.forEach((cell, i) => {
    const { layout, storage } = results[returned + i]!;
    cell.layout = layout;
    cell.storage = storage;
  });
  return results.filter((_, i) => i < returned || i >= returned + cells.length);
}

function numbersOf(source: EntrySource, args: readonly Tensor[]): Tensor {
  if (source.kind === 'argument') return args[source.index]!;
  // as it is now: what is assigned at the end reaches no result
  if (source.kind === 'cell') return source.cell.detach();
  return source.leaf.collectedGrad!;
}
