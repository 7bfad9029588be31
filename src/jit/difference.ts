/** The difference between two traces of one function: what depends on something that no program can see. */
import type { Tensor } from '../tensor/tensor.ts';
import { lineIn } from './call-site.ts';
import type { EntrySource, Taken } from './capture.ts';
import { lineOf } from './graph.ts';
import type { Trace } from './trace.ts';

/** One step, as it was at first and as it is now. */
export interface Difference {
  readonly first: string;
  readonly second: string;
  /** Where the user's program makes it, if that is known. */
  readonly line: string | undefined;
}

/** The first difference; undefined where both do the same. @param b traced with `lines`. */
export function difference(a: Trace<unknown>, b: Trace<unknown>): Difference | undefined {
  return nodes(a, b) ?? sources(a, b) ?? ends(a, b);
}

function nodes(a: Trace<unknown>, b: Trace<unknown>): Difference | undefined {
  const count = Math.max(a.graph.nodes.length, b.graph.nodes.length);
  for (let id = 0; id < count; id++) {
    const [first, second] = [textOf(a, id), textOf(b, id)];
    if (first !== second) return { first, second, line: lineIn(b.stacks[id]) };
  }
  return undefined;
}

function textOf(traced: Trace<unknown>, id: number): string {
  const node = traced.graph.nodes[id];
  if (!node) return 'nothing';
  const source = node.op === 'entry' ? ` (${sourceText(traced.entries[node.entry]!)})` : '';
  const place = node.op !== 'entry' && 'place' in node && node.place ? ` in ${node.place}` : '';
  return lineOf(node, id) + source + place;
}

function sourceText(source: EntrySource): string {
  switch (source.kind) {
    case 'argument':
      return `argument ${source.index}`;
    case 'cell':
      return 'a tensor from outside';
    case 'gradient':
      return 'a gradient';
  }
}

/** Which tensors are read, and constants. */
function sources(a: Trace<unknown>, b: Trace<unknown>): Difference | undefined {
  for (const [id, node] of b.graph.nodes.entries()) {
    const line = lineIn(b.stacks[id]);
    const other = a.graph.nodes[id]!;
    if (node.op === 'constant' && other.op === 'constant') {
      if (node.data.every((n, i) => Object.is(n, other.data[i]))) continue;
      return { first: `a constant of ${some(other.data)}`, second: `one of ${some(node.data)}`, line };
    }
    if (node.op !== 'entry' || other.op !== 'entry') continue;
    const [x, y] = [a.entries[other.entry]!, b.entries[node.entry]!];
    if (x.kind === 'cell' && y.kind === 'cell' && x.cell !== y.cell) {
      return { first: `${head(x.cell)} from outside`, second: 'another one', line };
    }
    if (x.kind === 'gradient' && y.kind === 'gradient' && x.leaf !== y.leaf) {
      return { first: 'the gradient of one tensor', second: 'that of another', line };
    }
  }
  return undefined;
}

function some(data: ArrayLike<number>): string {
  const shown = Array.from({ length: Math.min(data.length, 4) }, (_, i) => data[i]);
  return `${shown.join(', ')}${data.length > 4 ? ', …' : ''}`;
}

/** What is returned, assigned, collected and drawn. */
function ends(a: Trace<unknown>, b: Trace<unknown>): Difference | undefined {
  const [first, second] = [a, b].map(
    ({ graph, returned, taped, cells, gradients }) =>
      `results ${graph.results.join(', ')}: ${returned.join(', ') || 'none'} returned, ${[...taped].join(', ') || 'none'} on the tape, ${cells.length} assigned, ${gradients.length} gradients`,
  ) as [string, string];
  if (first !== second) return { first, second, line: undefined };
  const cell = a.cells.findIndex((x, i) => x !== b.cells[i]);
  if (cell >= 0) return { first: `assigns to ${head(a.cells[cell]!)}`, second: 'to another', line: undefined };
  const draw = a.draws.findIndex((x, i) => !sameDraw(x, b.draws[i]));
  if (draw >= 0 || a.draws.length !== b.draws.length) {
    return { first: `${a.draws.length} draws`, second: `${b.draws.length} draws or others`, line: undefined };
  }
  const value = a.values.findIndex((x, i) => !Object.is(x, b.values[i]));
  if (value >= 0 || a.values.length !== b.values.length) {
    return { first: `returns ${String(a.values[value])}`, second: String(b.values[value]), line: undefined };
  }
  return undefined;
}

function head({ dtype, shape }: Tensor): string {
  return `a tensor of ${dtype} [${shape.join(', ')}]`;
}

function sameDraw(x: Taken, y: Taken | undefined): boolean {
  if (!x.fixed || !y?.fixed) return x.generator === y?.generator;
  return x.draw.index === y.draw.index && x.draw.key.every((word, i) => word === y.draw.key[i]);
}
