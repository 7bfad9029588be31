/** The schedule: which kernels run in which order, over which buffers; movements become layouts. */
import { takesWhole } from '../backend/composite.ts';
import type { BufferPlan, Place, ProgramPlan, Step } from '../backend/program.ts';
import { bytesPerElement, type TypedArray } from '../core/dtype.ts';
import { contiguousLayout } from '../core/layout.ts';
import type { Spec } from '../core/primitive.ts';
import { sizeOf } from '../core/shape.ts';
import type { Constant, Graph, GraphNode } from './graph.ts';
import { inPlace, placeIn, renamed } from './in-place.ts';
import { type Life, planMemory } from './memory.ts';
import { isMovement, movedLayout } from './movement.ts';

/** A graph as a program. */
export interface Schedule {
  readonly plan: ProgramPlan;
  /** Per entry, the buffer that its numbers are put into; cells are where they are. */
  readonly entries: readonly number[];
  /** Where the results are when the program has run. */
  readonly results: readonly Place[];
  /** Per node of the graph, its first step and the one behind its last; what is a view of another has none. */
  readonly stepsOf: readonly (readonly [from: number, end: number])[];
}

/**
 * @param cellOf which cell an entry is, if it is one and not an argument.
 * @param assigned which results cells get at the end.
 */
export function schedule(
  graph: Graph,
  entryCount: number,
  cellOf: (entry: number) => number | undefined,
  assigned: readonly { readonly result: number; readonly cell: number }[],
): Schedule {
  return new Scheduler(graph, entryCount, cellOf).run(assigned);
}

class Scheduler {
  private readonly graph: Graph;
  private readonly cellOf: (entry: number) => number | undefined;
  private readonly steps: Step[] = [];
  private readonly places: Place[] = [];
  /** The results of composites behind their first ones. */
  private readonly further = new Map<number, readonly Place[]>();
  private readonly buffers: {
    readonly kind: 'own' | 'constant' | 'cell';
    readonly cell: number;
    readonly data?: TypedArray;
    bytes: number;
    from: number;
    to: number;
  }[] = [];
  private readonly entries: number[];

  constructor(graph: Graph, entryCount: number, cellOf: (entry: number) => number | undefined) {
    this.graph = graph;
    this.cellOf = cellOf;
    this.entries = new Array<number>(entryCount).fill(-1);
  }

  run(assigned: readonly { readonly result: number; readonly cell: number }[]): Schedule {
    const stepsOf = this.graph.nodes.map((node, id) => {
      const from = this.steps.length;
      this.places[id] = this.place(node, id);
      return [from, this.steps.length] as const;
    });
    const results = this.graph.results.map((id) => this.places[id]!);
    for (const { result } of assigned) {
      const from = results[result]!;
      // a cell that gets the numbers of another one, which may be about to change too
      if (this.buffers[from.buffer]!.kind === 'cell') results[result] = this.copy(from);
    }
    const end = this.steps.length;
    for (const { buffer } of results) this.last(buffer, end);
    const cells = assigned.map(({ result, cell }) => ({ from: results[result]!, buffer: this.cellBuffer(cell) }));
    const stands = inPlace(this.steps, this.buffers, cells);
    const own = this.buffers.filter(({ kind }, i) => kind !== 'cell' && !stands.has(i));
    const { offsets, bytes } = planMemory(own.map(({ bytes, from, to }): Life => ({ bytes, from, to })));
    const offsetOf = new Map(own.map((buffer, i) => [buffer, offsets[i]!]));
    const buffers = this.buffers.map((buffer): BufferPlan => {
      if (buffer.kind === 'cell') return { kind: 'cell', cell: buffer.cell };
      const offset = offsetOf.get(buffer) ?? 0; // of one that a cell stands for
      return buffer.data ? { kind: 'constant', offset, data: buffer.data } : { kind: 'own', offset };
    });
    const places = results.map((place) => placeIn(place, stands));
    const commits = assigned.map(({ result, cell }) => ({ from: places[result]!, cell }));
    return {
      plan: { steps: renamed(this.steps, stands), buffers, bytes, commits },
      entries: this.entries,
      results: places,
      stepsOf,
    };
  }

  /** The buffer that a cell is, also where nothing reads it. */
  private cellBuffer(cell: number): number {
    const known = this.buffers.findIndex((buffer) => buffer.kind === 'cell' && buffer.cell === cell);
    return known < 0 ? this.buffer('cell', 0, cell) : known;
  }

  private place(node: GraphNode, id: number): Place {
    const { dtype, shape } = node;
    if (node.op === 'entry') {
      const cell = this.cellOf(node.entry);
      const buffer = this.buffer(
        cell === undefined ? 'own' : 'cell',
        sizeOf(shape) * bytesPerElement[dtype],
        cell ?? -1,
      );
      this.buffers[buffer]!.from = -1; // written before the first step
      this.entries[node.entry] = buffer;
      return { buffer, layout: contiguousLayout(shape), dtype };
    }
    if (node.op === 'constant') return this.constant(node);
    if (node.op === 'output') return this.further.get(node.inputs[0])![node.index]!;
    const inputs = node.inputs.map((i) => this.places[i]!);
    const layout = isMovement(node) ? movedLayout(node, inputs[0]!.layout) : 'none';
    if (layout !== 'none') {
      if (layout) return { buffer: inputs[0]!.buffer, layout, dtype };
      return { ...this.copy(inputs[0]!), layout: contiguousLayout(shape) };
    }
    const { op, params, draw } = node;
    const taken = inputs.map((x, i) => (x.layout.contiguous || !takesWhole(op, i) ? x : this.copy(x)));
    const [first, ...more] = this.step(
      { op, params, inputs: taken, to: -1, more: [], shape, dtype, draw } as Step,
      node.more,
    );
    if (more.length > 0) this.further.set(id, more);
    return first;
  }

  private constant({ data, shape, dtype }: Constant): Place {
    const forever = { from: -1, to: Number.POSITIVE_INFINITY };
    const buffer = this.buffers.push({ kind: 'constant', cell: -1, data, bytes: data.byteLength, ...forever }) - 1;
    return { buffer, layout: contiguousLayout(shape), dtype };
  }

  private copy(x: Place): Place {
    const { shape } = x.layout;
    return this.step({ op: 'copy', inputs: [x], to: -1, more: [], shape, dtype: x.dtype })[0];
  }

  /** Appends a step and gives the places of its results, the further ones behind the first. */
  private step(step: Step, further: readonly Spec[] = []): [first: Place, ...more: Place[]] {
    const at = this.steps.length;
    for (const { buffer } of step.inputs) this.last(buffer, at);
    const result = ({ shape, dtype }: Spec): Place => {
      const buffer = this.buffer('own', sizeOf(shape) * bytesPerElement[dtype]);
      this.buffers[buffer]!.from = at;
      this.buffers[buffer]!.to = at;
      return { buffer, layout: contiguousLayout(shape), dtype };
    };
    const first = result(step);
    const more = further.map(result);
    this.steps.push({ ...step, to: first.buffer, more: more.map(({ buffer }) => buffer) } as Step);
    return [first, ...more];
  }

  /** Notes a reader of a buffer. */
  private last(buffer: number, at: number): void {
    const life = this.buffers[buffer]!;
    life.to = Math.max(life.to, at);
  }

  private buffer(kind: 'own' | 'cell', bytes: number, cell: number = -1): number {
    return this.buffers.push({ kind, cell, bytes, from: -1, to: -1 }) - 1;
  }
}
