/** The graph of a capture: a flat list of operations, each after what it reads. */
import type { Composite, Composites, Mapped } from '../backend/composite.ts';
import type { Dtype, TypedArray } from '../core/dtype.ts';
import { Formula } from '../core/formula.ts';
import type { Params, Primitive, Spec } from '../core/primitive.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { formulaText, numberText, rowsText } from './formula-text.ts';

type AllParams = Params & Composites;

/** An operation, its inputs by their numbers in the list. */
export type Operation = {
  readonly [P in Primitive | Composite]: {
    readonly op: P;
    readonly params: AllParams[P];
    readonly inputs: readonly number[];
    readonly shape: Shape;
    readonly dtype: Dtype;
    /** The results of a composite behind its first one, which is the node itself. */
    readonly more?: readonly Spec[];
    /** Which draw of a call a `random` takes, counted over all. */
    readonly draw: number;
    /** The layer in which it was called, empty outside of all. */
    readonly place: string;
  };
}[Primitive | Composite];

/** The operation of a name. */
export type OperationOf<P extends Primitive | Composite> = Extract<Operation, { readonly op: P }>;

/** Numbers that come from outside: an argument of the call, or a tensor that lives longer than the call. */
export interface Entry {
  readonly op: 'entry';
  readonly inputs: readonly [];
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** Its place among all entries. */
  readonly entry: number;
}

/** A result of a composite behind its first one. */
export interface Output {
  readonly op: 'output';
  /** The composite. */
  readonly inputs: readonly [number];
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** Its place in `more`. */
  readonly index: number;
}

/** Numbers that are known when the program is made. */
export interface Constant {
  readonly op: 'constant';
  readonly inputs: readonly [];
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** Row-major. */
  readonly data: TypedArray;
}

export type GraphNode = Operation | Entry | Output | Constant;

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** The nodes whose numbers are kept: what is returned and what is assigned. */
  readonly results: readonly number[];
}

/** One line per node, as `%7 = matmul(%3, %5) [32, 10]`. */
export function lineOf(node: GraphNode, id: number): string {
  const shape = specText(node);
  if (node.op === 'entry') return `%${id} = entry ${node.entry} ${shape}`;
  if (node.op === 'constant') return `%${id} = constant ${shape}`;
  if (node.op === 'output') return `%${id} = output ${node.index + 1} of %${node.inputs[0]} ${shape}`;
  if (node.op === 'updates') return `%${id} = ${updatesText(node)}`;
  return `%${id} = ${node.op}(${node.inputs.map((i) => `%${i}`).join(', ')}) ${shape}${paramsText(node)}`;
}

function specText({ dtype, shape }: Spec): string {
  return `${dtype}[${shape.join(', ')}]`;
}

/** The first update in full, and how many are like it. */
function updatesText(node: OperationOf<'updates'>): string {
  const { inputs, params, shape, more = [] } = node;
  const { formulas, scalars, count } = params;
  const first = inputs.slice(0, inputs.length / count).map((i) => `%${i}`);
  const sizes = [shape, ...more.map((spec) => spec.shape)].map(sizeOf).filter((_, i) => i % formulas.length === 0);
  const elements = sizes.reduce((sum, size) => sum + size, 0);
  const like = `updates(${first.join(', ')}) ${specText(node)} and ${count - 1} more like it, ${elements} elements in all`;
  return `${like}${mapsText(formulas, first, scalars)}`;
}

function mapsText(mapped: readonly Mapped[], names: readonly string[], scalars: readonly number[]): string {
  return `: ${mapped.map(({ formula }) => formulaText(formula, names, scalars)).join(' | ')}`;
}

function paramsText(node: Operation): string {
  if (node.op === 'random') return ` draw ${node.draw}`;
  const names = node.inputs.map((i) => `%${i}`);
  if (node.op === 'map') {
    const { formula, scalars } = node.params;
    return `: ${formulaText(formula, names, scalars)}`;
  }
  if (node.op === 'maps') {
    return mapsText(node.params.formulas, names, node.params.scalars);
  }
  if (node.op === 'mapReduce') {
    const { op, dims, before, after, scalars } = node.params;
    const reduced = `${op} along ${dims} of ${formulaText(before.formula, names, scalars)}`;
    return `: ${after ? formulaText(after, [reduced], scalars) : reduced}`;
  }
  if (node.op === 'rows') return `: ${rowsText(node.params, names)}`;
  if (node.op === 'expand' || node.op === 'reshape') return '';
  const text = JSON.stringify(node.params, (_, value: unknown) => {
    if (value instanceof Formula) return formulaText(value, ['y'], []);
    return typeof value === 'number' && !isJson(value) ? numberText(value) : value;
  });
  return text === '{}' ? '' : ` ${text}`;
}

/** What a traced map computes, told from all others: its text is rounded, and ends where it is long. */
export function identityOf(node: GraphNode): string {
  return node.op === 'map' ? `formula ${node.params.formula.id} of ${node.params.scalars.map(numberText)}` : '';
}

/** JSON knows no NaN, infinity or −0. */
function isJson(x: number): boolean {
  return Number.isFinite(x) && !Object.is(x, -0);
}
