/** Maps put into what reads them, through movements. */
import type { Abilities } from '../../backend/composite.ts';
import type { Dtype } from '../../core/dtype.ts';
import { constant, input, ne, visit, where } from '../../core/expression.ts';
import { type Formula, formulaOf } from '../../core/formula.ts';
import type { Layout } from '../../core/layout.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Graph, GraphNode } from '../graph.ts';
import { isMovement, layoutOf, type MovementNode, movedLayout } from '../movement.ts';
import { agree, composed, type Mapping, mappingOf } from './composition.ts';
import type { Made } from './rebuild.ts';

/** Larger formulas take long to compile, and more registers than there are. */
const mostOperations = 160;
/** What a kernel costs beside its elements, in operations on one. */
export const kernelCost = 2000;

/** A graph under construction in which maps read what other maps read. */
export class MapFuser {
  private readonly made: Made;
  private readonly abilities: Abilities;
  /** How many nodes read each new one. */
  private readonly readers: number[] = [];
  /** Which new nodes are cheap enough to be computed by each reader. */
  private readonly repeatable = new Set<number>();
  private readonly layouts: Layout[] = [];
  private readonly moved = new Map<string, number>();

  constructor(made: Made, abilities: Abilities) {
    this.made = made;
    this.abilities = abilities;
  }

  /** Notes what is known of the node that is about to be added at `at`. */
  note(at: number, readers: number, repeatable: boolean): void {
    this.readers[at] = readers;
    if (repeatable) this.repeatable.add(at);
  }

  /** The mapping with everything in it that it can compute itself; `fits` says what the kernel can. */
  fused(mapping: Mapping, fits: (mapping: Mapping) => boolean): Mapping {
    let fused = mapping;
    const refused = new Set<number>();
    for (;;) {
      const at = fused.inputs.find((i) => !refused.has(i));
      if (at === undefined) return fused;
      const larger = this.taking(fused, at);
      if (larger && fits(larger)) fused = larger;
      else refused.add(at);
    }
  }

  readonly dtypeOf = (node: number): Dtype => this.made.nodes[node]!.dtype;

  /** Whether elements of a node that follow each other lie so in memory. */
  isNear(node: number): boolean {
    const { shape, strides } = this.layout(node);
    return strides[shape.findLastIndex((n) => n !== 1)] === 1;
  }

  /** The mapping with the map that node `at` is, perhaps moved, in it. */
  private taking(outer: Mapping, at: number): Mapping | undefined {
    const movements: MovementNode[] = [];
    let from = at;
    let single = true;
    for (;;) {
      const node = this.made.nodes[from]!;
      single &&= this.readers[from] === 1;
      if (!isMovement(node) || node.op === 'unfold') break;
      movements.unshift(node);
      from = node.inputs[0]!;
    }
    const source = asMapping(this.made.nodes[from]!, this.made.nodes);
    if (!source || (!single && !(this.repeatable.has(from) && this.readsLittle(source)))) return undefined;
    if (!this.isWorth(from, at, source) || !this.moves(source, at, movements)) return undefined;
    const inner = { ...source, inputs: source.inputs.map((i) => this.move(i, movements)) };
    const both = composed(outer, at, inner);
    if (both.inputs.length > this.abilities.mapInputs || operations(both.formula) > mostOperations) return undefined;
    if (!agree(outer, inner, both, this.dtypeOf)) return undefined;
    if (!single) for (const i of source.inputs) this.readers[i]! += 1;
    return both;
  }

  /** Whether it reads about as little as its result is: what takes up one map after another soon does not. */
  private readsLittle({ inputs }: Mapping): boolean {
    return inputs.filter((i) => !this.layout(i).strides.includes(0)).length <= 1;
  }

  /** Whether computing expanded elements again costs less than a kernel of their own. */
  private isWorth(from: number, at: number, { formula }: Mapping): boolean {
    const [computed, read] = [sizeOf(this.made.nodes[from]!.shape), sizeOf(this.made.nodes[at]!.shape)];
    return read <= computed || (read - computed) * costOf(formula) <= kernelCost + computed;
  }

  /** Whether the movements copy none of the inputs, and do not set more of them apart than there were. */
  private moves({ inputs }: Mapping, at: number, movements: readonly MovementNode[]): boolean {
    if (movements.length === 0) return true;
    const layouts: Layout[] = [];
    for (const i of inputs) {
      let layout: Layout | undefined = this.layout(i);
      for (const movement of movements) layout = layout && movedLayout(movement, layout);
      if (!layout) return false;
      layouts.push(layout);
    }
    return layouts.filter(isFar).length <= Number(isFar(this.layout(at)));
  }

  /** A node under movements. */
  private move(node: number, movements: readonly MovementNode[]): number {
    return movements.reduce((i, { op, params, shape, place, draw }) => {
      const key = `${op} ${i} ${JSON.stringify(params)}`;
      let moved = this.moved.get(key);
      if (moved === undefined) {
        const dtype = this.dtypeOf(i);
        moved = this.made.add({ op, params, inputs: [i], shape, dtype, draw, place } as MovementNode);
        this.readers[moved] = 2; // whatever: nothing goes through it again
        this.moved.set(key, moved);
      }
      return moved;
    }, node);
  }

  private layout(node: number): Layout {
    for (let i = this.layouts.length; i <= node; i++) this.layouts.push(layoutOf(this.made.nodes[i]!, this.layouts));
    return this.layouts[node]!;
  }
}

/** Whether elements that follow each other lie apart. */
function isFar({ shape, strides }: Layout): boolean {
  const last = shape.findLastIndex((n) => n !== 1);
  return last >= 0 && strides[last] !== 0 && strides[last] !== 1;
}

/** The formula of what stays as it is. */
export const itself: Formula = formulaOf(input(0), 1);
const isNotZero = formulaOf(ne(input(0), 0), 1);
const oneWhere = formulaOf(where(input(0), constant(1), constant(0)), 1);

/** A map, or a cast that a map can do; undefined for other nodes. */
export function asMapping(node: GraphNode, nodes: readonly GraphNode[]): Mapping | undefined {
  if (node.op === 'map') return mappingOf(node);
  if (node.op !== 'cast') return undefined;
  const { inputs, dtype } = node;
  const from = nodes[inputs[0]!]!.dtype;
  const cast = (formula: Formula): Mapping => ({ formula, inputs, scalars: [], dtype });
  if (from === dtype) return cast(itself);
  if (dtype === 'bool') return cast(isNotZero);
  if (from === 'bool') return cast(oneWhere);
  return dtype === 'float64' || (dtype === 'float32' && from === 'int32') ? cast(itself) : undefined;
}

/** How many operations a formula takes. */
export function operations(formula: Formula): number {
  return measured(formula).operations;
}

const cheap: ReadonlySet<string> = new Set(
  'neg abs sign floor ceil trunc round add sub mul max min lt le eq ne and where'.split(' '),
);

/** About how many additions a formula costs. */
export function costOf(formula: Formula): number {
  return measured(formula).cost;
}

const measures: { readonly operations: number; readonly cost: number }[] = []; // by formula.id

function measured(formula: Formula): (typeof measures)[number] {
  let measure = measures[formula.id];
  if (!measure) {
    let [operations, cost] = [0, 0];
    visit(formula.body, ({ op, args }) => {
      if (args.length === 0) return;
      operations += 1;
      cost += cheap.has(op) ? 1 : op === 'div' || op === 'sqrt' || op === 'rsqrt' ? 4 : 12;
    });
    measure = { operations, cost };
    measures[formula.id] = measure;
  }
  return measure;
}

/** Per node, how many others read it; what is kept counts as one more. */
export function readersOf({ nodes, results }: Graph): number[] {
  const readers = new Array<number>(nodes.length).fill(0);
  for (const { inputs } of nodes) for (const i of new Set(inputs)) readers[i]! += 1;
  for (const id of new Set(results)) readers[id]! += 1;
  return readers;
}
