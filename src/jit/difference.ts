/** The difference between two traces of one function: what depends on something that no program can see. */
import type { Tensor } from '../tensor/tensor.ts';
import { lineIn } from './call-site.ts';
import type { EntrySource, Taken } from './capture.ts';
import { identityOf, lineOf } from './graph.ts';
import type { Trace } from './trace.ts';

/** One step, as it was at first and as it is now. */
export interface Difference {
  readonly first: string;
  readonly second: string;
  /** Where the user's program makes it, if that is known. */
  readonly line: string | undefined;
  /** What to do. */
  readonly advice: string;
}

const advice =
  'a number that changes from call to call must come in as an argument, or stand in a tensor outside that assign() changes';

/** The first difference; undefined where both do the same. @param b traced with `lines`. */
export function difference(a: Trace<unknown>, b: Trace<unknown>): Difference | undefined {
  return nodes(a, b) ?? sources(a, b) ?? ends(a, b);
}

function nodes(a: Trace<unknown>, b: Trace<unknown>): Difference | undefined {
  const count = Math.max(a.graph.nodes.length, b.graph.nodes.length);
  for (let id = 0; id < count; id++) {
    const [first, second] = [textOf(a, id), textOf(b, id)];
    if (first !== second) return { first, second, line: lineIn(b.stacks[id]), advice };
    const [one, other] = [a, b].map(({ graph }) => identityOf(graph.nodes[id]!)) as [string, string];
    if (one === other) continue;
    return { first: `${first}; ${one}`, second: `${second}; ${other}`, line: lineIn(b.stacks[id]), advice };
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
    const found = (first: string, second: string): Difference => ({
      first,
      second,
      line: lineIn(b.stacks[id]),
      advice,
    });
    const other = a.graph.nodes[id]!;
    if (node.op === 'constant' && other.op === 'constant') {
      if (node.data.every((n, i) => Object.is(n, other.data[i]))) continue;
      return found(`a constant of ${some(other.data)}`, `one of ${some(node.data)}`);
    }
    if (node.op !== 'entry' || other.op !== 'entry') continue;
    const [x, y] = [a.entries[other.entry]!, b.entries[node.entry]!];
    if (x.kind === 'cell' && y.kind === 'cell' && x.cell !== y.cell) {
      return found(`${head(x.cell)} from outside`, 'another one');
    }
    if (x.kind === 'gradient' && y.kind === 'gradient' && x.leaf !== y.leaf) {
      return found('the gradient of one tensor', 'that of another');
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
  const found = (first: string, second: string): Difference => ({ first, second, line: undefined, advice });
  if (first !== second) return found(first, second);
  const cell = a.cells.findIndex((x, i) => x !== b.cells[i]);
  if (cell >= 0) return found(`an assignment to ${head(a.cells[cell]!)}`, 'one to another');
  const draw = a.draws.findIndex((x, i) => !sameDraw(x, b.draws[i]));
  if (draw >= 0 || a.draws.length !== b.draws.length) {
    return found(`${a.draws.length} draws`, `${b.draws.length} draws or others`);
  }
  const value = a.values.findIndex((x, i) => !Object.is(x, b.values[i]));
  if (value >= 0 || a.values.length !== b.values.length) {
    const [x, y] = [a.values[value], b.values[value]];
    if (!isObject(x) || !isObject(y)) return found(`the result ${valueText(x)}`, `the result ${valueText(y)}`);
    const advice = 'return tensors, alone or in arrays and plain objects, beside what stays the same';
    return { ...found(`the result ${valueText(x)}`, `another ${valueText(y)}`), advice };
  }
  return undefined;
}

function isObject(x: unknown): boolean {
  return typeof x === 'function' || (typeof x === 'object' && x !== null);
}

/** A number or a word as it is, anything else by its class. */
function valueText(x: unknown): string {
  return isObject(x) ? ((x as object).constructor?.name ?? 'object') : String(x);
}

function head({ dtype, shape }: Tensor): string {
  return `a tensor of ${dtype} [${shape.join(', ')}]`;
}

function sameDraw(x: Taken, y: Taken | undefined): boolean {
  if (!x.fixed || !y?.fixed) return x.generator === y?.generator;
  return x.draw.index === y.draw.index && x.draw.key.every((word, i) => word === y.draw.key[i]);
}
