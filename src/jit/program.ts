/** A program: what a trace does, done again on other numbers. */

import { compiler } from '../backend/compiler.ts';
import { currentGpu, elementsOf, noteUse } from '../backend/device.ts';
import { gpuAbilities } from '../backend/gpu/abilities.ts';
import type { GpuBackend } from '../backend/gpu/backend.ts';
import { GpuProgram } from '../backend/gpu/program.ts';
import type { Operand } from '../backend/interface.ts';
import type { Executable } from '../backend/program.ts';
import { replacing, unscoped } from '../backend/scope.ts';
import { IndexError, TsgradError } from '../core/errors.ts';
import type { Draw } from '../core/random.ts';
import { boundaryNode } from '../tensor/boundary.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { EntrySource } from './capture.ts';
import { explain, explainPlanned } from './explanation.ts';
import type { Graph } from './graph.ts';
import { interpret } from './interpret.ts';
import { optimize } from './passes/optimize.ts';
import { type Schedule, schedule } from './schedule.ts';
import type { Trace } from './trace.ts';

/** The program of a trace. */
export interface Program<O> {
  /**
   * @param draws of this call; taken from the generators if left out.
   * @returns what the function returns; cells, gradients and the host change only once everything is computed.
   */
  run(args: readonly Tensor[], draws?: readonly Draw[]): O;
  /** What it does, kernel by kernel, with the time that each takes on these arguments; nothing changes. */
  explain(args: readonly Tensor[]): string;
  /** Gives its memory back. It cannot run any more. */
  dispose(): void;
}

/** Everything but what is returned: the gradients that stay, behind the results that are returned. */
type Compute = (args: readonly Tensor[], draws: readonly Draw[]) => Tensor[];

/** The memory of programs that nobody disposed of. */
const gone = new FinalizationRegistry<Executable | GpuProgram>((executable) => executable.dispose());

/** The program of a trace, compiled for the device where its tensors are. @param args of the call that was traced. */
export function programOf<O>(traced: Trace<O>, args: readonly Tensor[]): Program<O> {
  const gpu = entriesOf(traced, args).some((x) => x.device === 'gpu') ? currentGpu() : undefined;
  return gpu ? gpuProgramOf(traced, gpu, entriesOf(traced, args)) : cpuProgramOf(traced);
}

/** Launches of the GPU, in the order of the graph. */
function gpuProgramOf<O>(traced: Trace<O>, gpu: GpuBackend, entries: readonly Tensor[]): Program<O> {
  const graph = optimize(traced.graph, gpuAbilities);
  const { plan, entries: buffers, results } = schedule(graph, entries.length, () => undefined, []);
  const sizes = entries.map((x) => x.size);
  const device = unscoped(() => new GpuProgram(gpu, { plan, entries: buffers, results }, sizes));
  const kept = keptOf(traced);
  const { returnedCount, cells } = traced;
  const compute: Compute = (args, draws) => {
    const results = device.run(operandsOf(traced, args), draws);
    const out = kept.map((i) => {
      const { layout, dtype, storage } = results[i]!;
      return made(traced, i, traced.like.make(layout, dtype, storage));
    });
    cells.forEach((cell, i) => {
      replace(cell, results[returnedCount + i]!);
    });
    return out;
  };
  const program: Program<O> = {
    run: (args, draws) =>
      finish(
        traced,
        drawing(traced, draws, (all) => compute(args, all), args),
      ),
    explain: () => explain(graph),
    dispose: () => {
      gone.unregister(program);
      device.dispose();
    },
  };
  gone.register(program, device, program);
  return program;
}

/** Planned in the engine's memory, or interpreted where there is none. */
function cpuProgramOf<O>(traced: Trace<O>): Program<O> {
  const graph = optimize(traced.graph, compiler.abilities());
  const cells: Tensor[] = [];
  const entryCells = traced.entries.map((source) => (source.kind === 'cell' ? cells.push(source.cell) - 1 : undefined));
  const assigned = traced.cells.map((cell, i) => {
    const known = cells.indexOf(cell);
    return { result: traced.returnedCount + i, cell: known < 0 ? cells.push(cell) - 1 : known };
  });
  const planned = schedule(graph, traced.entries.length, (entry) => entryCells[entry], assigned);
  const executable = compiler.compile(planned.plan, cells);
  const kept = keptOf(traced);
  const compute: Compute = executable
    ? (args, draws) => runPlanned(traced, kept, planned, executable, args, draws)
    : (args, draws) => runInterpreted(traced, kept, graph, args, draws);
  const program: Program<O> = {
    run: (args, draws) =>
      finish(
        traced,
        drawing(traced, draws, (all) => compute(args, all), args),
      ),
    explain: (args) => {
      if (!executable) return explain(graph);
      const draws = traced.draws.map(({ draw }) => draw);
      return explainPlanned(
        graph,
        planned,
        executable.measure(() => writeEntries(traced, planned, executable, args), draws),
      );
    },
    dispose: () => {
      gone.unregister(program);
      executable?.dispose();
    },
  };
  if (executable) gone.register(program, executable, program);
  return program;
}

/** Computes with the draws of a call; where that fails, nothing has been drawn. */
function drawing<O>(
  traced: Trace<O>,
  given: readonly Draw[] | undefined,
  compute: (draws: readonly Draw[]) => Tensor[],
  args: readonly Tensor[],
): Tensor[] {
  const generators = given ? [] : [...new Set(traced.draws.map(({ generator }) => generator))];
  const states = generators.map(({ state }) => state);
  const draws = given ?? traced.draws.map(({ generator, draw, fixed }) => (fixed ? draw : generator.next()));
  try {
    return compute(draws);
  } catch (error) {
    for (const [i, generator] of generators.entries()) generator.state = states[i]!;
    throw located(traced, error, args, draws);
  }
}

/** The same error as eager mode gives it: programs know no layers and no losses, so the trace is computed node by node. */
function located(traced: Trace<unknown>, error: unknown, args: readonly Tensor[], draws: readonly Draw[]): unknown {
  if (!(error instanceof TsgradError)) return error;
  try {
    interpret(traced.graph, entriesOf(traced, args), draws, (cause, id) => {
      throw told(traced, cause, id);
    });
  } catch (again) {
    return again;
  }
  return error;
}

/** Explained by whoever asked, and with the layer. */
function told({ graph, explanations }: Trace<unknown>, cause: unknown, id: number): unknown {
  if (!(cause instanceof TsgradError)) return cause;
  let error: TsgradError = cause;
  for (const explain of explanations.get(id)?.toReversed() ?? []) {
    if (error instanceof IndexError) error = explain(error);
  }
  const node = graph.nodes[id]!;
  const place = 'place' in node ? node.place : '';
  if (place) {
    const before = error.message;
    error.message = `in ${place}: ${before}`;
    if (error.stack) error.stack = error.stack.replace(before, () => error.message); // the trace quotes the message
  }
  return error;
}

/** The effects of a call, and what it returns. */
function finish<O>(traced: Trace<O>, results: readonly Tensor[]): O {
  let at = traced.returnedCount;
  for (const { leaf, end } of traced.gradients) {
    const gradient = end === 'none' ? undefined : results[at++]!;
    replacing(leaf, leaf.collectedGrad?.home, gradient?.home);
    if (end === 'assigned') leaf.collectedGrad!.assign(gradient!);
    else leaf.collectedGrad = gradient;
  }
  for (const effect of traced.effects) effect();
  return traced.build(traced.returned.map((i) => results[i]!));
}

/** What is returned, and the gradients that stay. */
function runPlanned(
  traced: Trace<unknown>,
  kept: readonly number[],
  planned: Schedule,
  executable: Executable,
  args: readonly Tensor[],
  draws: readonly Draw[],
): Tensor[] {
  writeEntries(traced, planned, executable, args);
  executable.run(draws);
  const out = kept.map((i) => {
    const place = planned.results[i]!;
    return made(traced, i, traced.like.wrap(executable.read(place), place.layout.shape, place.dtype));
  });
  executable.commit();
  return out;
}

/** Puts everything but cells, which are there, to where the program reads it. */
function writeEntries(
  traced: Trace<unknown>,
  { entries }: Schedule,
  executable: Executable,
  args: readonly Tensor[],
): void {
  traced.entries.forEach((source, i) => {
    if (source.kind === 'cell' || entries[i] === -1) return;
    const x = numbersOf(source, args);
    executable.write(entries[i]!, elementsOf(x));
  });
}

function runInterpreted(
  traced: Trace<unknown>,
  kept: readonly number[],
  graph: Graph,
  args: readonly Tensor[],
  draws: readonly Draw[],
): Tensor[] {
  const results = interpret(graph, entriesOf(traced, args), draws);
  const { returnedCount, cells } = traced;
  cells.forEach((cell, i) => {
    cell.assign(results[returnedCount + i]!);
  });
  return kept.map((i) => made(traced, i, results[i]!));
}

/** Which results are returned, or stay as gradients. */
function keptOf({ returnedCount, cells, gradients }: Trace<unknown>): number[] {
  const stay = gradients.filter(({ end }) => end !== 'none').length;
  const first = returnedCount + cells.length;
  return [...range(0, returnedCount), ...range(first, first + stay)];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** What is on the tape inside says so outside, where no gradient flows. */
function made({ taped }: Trace<unknown>, result: number, x: Tensor): Tensor {
  if (taped.has(result)) x.node = boundaryNode;
  return x;
}

function entriesOf(traced: Trace<unknown>, args: readonly Tensor[]): Tensor[] {
  return traced.entries.map((source) => numbersOf(source, args));
}

/** As they are when the call begins. */
function operandsOf(traced: Trace<unknown>, args: readonly Tensor[]): Operand[] {
  return traced.entries.map((source) => {
    const { storage, layout, dtype } = source.kind === 'cell' ? source.cell : numbersOf(source, args);
    return { storage, layout, dtype };
  });
}

/** Gives a cell the numbers that a program made, and frees those that it held alone. */
function replace(cell: Tensor, { storage, layout }: Operand): void {
  replacing(cell, cell.home, storage);
  cell.storage = storage;
  cell.layout = layout;
  noteUse(storage);
}

function numbersOf(source: EntrySource, args: readonly Tensor[]): Tensor {
  if (source.kind === 'argument') return args[source.index]!;
  // as it is now: what is assigned at the end reaches no result
  if (source.kind === 'cell') return source.cell.detach();
  return source.leaf.collectedGrad!;
}
