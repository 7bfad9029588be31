/** Pass (exact): makes one kernel of sums and maxima along rows and of what is computed from them and for them. */
import type { Abilities } from '../../backend/composite.ts';
import { isRow } from '../../core/row-program.ts';
import { type Shape, sameShape } from '../../core/shape.ts';
import type { Graph, GraphNode } from '../graph.ts';
import { costOf, kernelCost, operations } from './map-fuser.ts';
import { operation, reshapeNode } from './node.ts';
import { ordered } from './rebuild.ts';
import {
  type Grid,
  gridOf,
  hasRowsApart,
  isReadable,
  isSame,
  isWhole,
  kindOf,
  rolesOf,
  Sources,
  shapeIn,
} from './row-grid.ts';
import { type Group, programOf, type RowSource } from './row-stages.ts';

const mostOperations = 250;
/** Few rows are shared by few threads. */
const fewRows = 4;
const mostOfFewRows = 2048;
/** Vectors hold no row of so few elements well, where there are many. */
const fewColumns = 4;
const manyRows = 64;

export function computeByRows(graph: Graph, abilities: Abilities): Graph {
  if (!abilities.composites.includes('rows')) return graph;
  const grouping = new Grouping(graph, abilities);
  graph.nodes.forEach((node, id) => {
    if (node.op === 'reduce' || node.op === 'mapReduce') grouping.grow(id, node);
  });
  return grouping.groups.length > 0 ? emit(graph, grouping.groups) : graph;
}

class Grouping {
  readonly groups: Group[] = [];
  private readonly graph: Graph;
  private readonly abilities: Abilities;
  private readonly sources: Sources;
  private readonly groupOf = new Map<number, Group>();
  private readonly kept: ReadonlySet<number>;
  /** Of all groups. */
  private lastMember = -1;

  constructor(graph: Graph, abilities: Abilities) {
    this.graph = graph;
    this.abilities = abilities;
    this.sources = new Sources(graph);
    this.kept = new Set(graph.results.map((id) => this.sources.base[id]!));
  }

  /** Makes a group of a reduction and of all around it that goes by the same rows. */
  grow(seed: number, node: Extract<GraphNode, { readonly op: 'reduce' | 'mapReduce' }>): void {
    const grid = gridOf(node, this.graph.nodes);
    if (!grid || this.groupOf.has(seed) || !this.suits(grid)) return;
    const members = new Set<number>();
    if (!this.fits(seed, members, grid)) return;
    members.add(seed);
    for (let grown = true; grown; ) {
      grown = false;
      for (const id of this.around(members)) {
        if (members.has(id) || !this.fits(id, members, grid)) continue;
        members.add(id);
        grown = true;
      }
    }
    if (members.size < 2) return;
    const group = this.groupWith(members, grid);
    this.groups.push(group);
    for (const id of members) this.groupOf.set(id, group);
    this.lastMember = Math.max(this.lastMember, ...members);
  }

  private suits({ count, columns }: Grid): boolean {
    return (
      (columns >= fewColumns || count < manyRows) &&
      columns <= (count < fewRows ? mostOfFewRows : this.abilities.rows.columns)
    );
  }

  /** What members read, and what reads them. */
  private around(members: ReadonlySet<number>): number[] {
    const { base, readers } = this.sources;
    const found = new Set<number>();
    for (const id of members) {
      for (const i of this.graph.nodes[id]!.inputs) found.add(base[i]!);
      for (const reader of readers[id]!) found.add(reader);
    }
    return [...found].sort((a, b) => a - b);
  }

  /** Whether one kernel can compute these members and one more. */
  private fits(id: number, members: ReadonlySet<number>, grid: Grid): boolean {
    const { nodes } = this.graph;
    const roles = this.groupOf.has(id) ? undefined : rolesOf(nodes[id]!, nodes, grid);
    if (!roles) return false;
    if (roles.of === 'number' && this.isBetterAlone(id, members, grid)) return false;
    // updates are written in place, many in one kernel, with what is computed for them
    if (grid.count === 1 && [id, ...this.sources.readers[id]!].some((m) => this.isUpdate(m))) return false;
    const all = new Set(members).add(id);
    if (!this.readsWell(id, all, grid)) return false;
    // those that have read it where it lies are about to read it as it is computed
    for (const m of members) if (this.sources.readers[id]!.includes(m) && !this.readsWell(m, all, grid)) return false;
    const group = this.groupWith(all, grid);
    const outputs = group.outside.size;
    const size = group.members.reduce((sum, m) => sum + operationsOf(nodes[m]!), 0);
    if (group.inputs.length + outputs > this.abilities.rows.arrays || size > mostOperations) return false;
    return !this.returns(all);
  }

  /** Numbers that depend on no row are computed four at a time elsewhere: a kernel of their own costs less if there are many. */
  private isBetterAlone(id: number, members: ReadonlySet<number>, { count }: Grid): boolean {
    const node = this.graph.nodes[id]!;
    if (node.op !== 'map' || node.inputs.some((i) => members.has(this.sources.base[i]!))) return false;
    return count * costOf(node.params.formula) > kernelCost;
  }

  /** Whether a map may give a cell its new numbers. */
  private isUpdate(id: number): boolean {
    const { nodes } = this.graph;
    const { op, inputs, shape } = nodes[id]!;
    const reads = (i: number): boolean => nodes[i]!.op === 'entry' && sameShape(nodes[i]!.shape, shape);
    return op === 'map' && this.kept.has(id) && inputs.some(reads);
  }

  /** Whether a member reads others as they are computed, and everything else where it lies. */
  private readsWell(id: number, members: ReadonlySet<number>, grid: Grid): boolean {
    const { nodes } = this.graph;
    const { base, layouts } = this.sources;
    const node = nodes[id]!;
    const { reads } = rolesOf(node, nodes, grid)!;
    const all = node.inputs.every((i, at) => {
      const kind = reads[at]!;
      const layout = layouts[i]!;
      if (!members.has(base[i]!)) return nodes[i]!.dtype !== 'float64' && isReadable(layout, kind, grid);
      const isIndex = at === 1 && (node.op === 'gather' || node.op === 'scatterAdd');
      return !isIndex && isWhole({ layout, kind, of: kindOf(nodes[base[i]!]!.shape, grid)! }, grid);
    });
    const isReduction = node.op === 'reduce' || node.op === 'mapReduce';
    return all && (!isReduction || node.inputs.some((i) => hasRowsApart(layouts[i]!, grid)));
  }

  private groupWith(ids: ReadonlySet<number>, grid: Grid): Group {
    const { nodes } = this.graph;
    const { base, readers } = this.sources;
    const members = [...ids].sort((a, b) => a - b);
    const inputs = new Map<number, RowSource>();
    for (const m of members) {
      const { reads } = rolesOf(nodes[m]!, nodes, grid)!;
      nodes[m]!.inputs.forEach((i, at) => {
        if (ids.has(base[i]!)) return;
        const kind = reads[at]!;
        inputs.set(i, { node: i, kind, same: isSame(this.sources.layouts[i]!, kind, grid) });
      });
    }
    const outside = new Set(members.filter((m) => this.kept.has(m) || readers[m]!.some((reader) => !ids.has(reader))));
    return { grid, members, inputs: [...inputs.values()], outside, base };
  }

  /** Whether something outside reads one of these and is read by another: then they cannot be one kernel. */
  private returns(members: ReadonlySet<number>): boolean {
    const { readers } = this.sources;
    const seen = new Set<number>();
    const open: number[] = [];
    const last = Math.max(this.lastMember, ...members); // nothing behind is read by any
    const visit = (id: number): void => {
      const group = this.groupOf.get(id);
      for (const one of group ? group.members : [id]) {
        if (one > last || seen.has(one)) continue;
        seen.add(one);
        open.push(one);
      }
    };
    for (const m of members) for (const reader of readers[m]!) if (!members.has(reader)) visit(reader);
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const reader of readers[id]!) {
        if (members.has(reader)) return true;
        visit(reader);
      }
    }
    return false;
  }
}

function operationsOf(node: GraphNode): number {
  if (node.op === 'map') return operations(node.params.formula);
  return node.op === 'mapReduce' ? operations(node.params.before.formula) : 1;
}

/** The graph with a kernel for each group; members become what they are in its results. */
function emit(graph: Graph, groups: readonly Group[]): Graph {
  const nodes: GraphNode[] = [...graph.nodes];
  for (const group of groups) {
    const { grid, members, inputs } = group;
    const read = inputs.map(({ node, kind }) => inShape(nodes, node, shapeIn(grid, kind)));
    const { program, stageOf } = programOf(graph.nodes, group);
    const specs = program.results.map((s) => {
      const stage = program.stages[s]!;
      return { shape: shapeIn(grid, isRow(stage) ? 'row' : 'number'), dtype: stage.dtype };
    });
    const [first, ...more] = specs;
    const { place } = graph.nodes[members[0]!] as Extract<GraphNode, { readonly place: string }>;
    const kernel = { ...operation('rows', program, read, first!), more, place } as GraphNode;
    const kept = program.results.map((s) => members.find((m) => stageOf.get(m) === s));
    const whole = kept[0] !== undefined && sameShape(first!.shape, graph.nodes[kept[0]]!.shape) ? kept[0] : undefined;
    const at = whole ?? nodes.push(kernel) - 1;
    if (whole !== undefined) nodes[whole] = kernel;
    kept.forEach((m, result) => {
      if (m === undefined || m === whole) return; // a row that only the kernel itself reads
      const { shape, dtype } = graph.nodes[m]!;
      const spec = specs[result]!;
      const output: GraphNode = { op: 'output', inputs: [at], ...spec, index: result - 1 };
      if (result > 0 && sameShape(spec.shape, shape)) nodes[m] = output;
      else nodes[m] = reshapeNode(result === 0 ? at : nodes.push(output) - 1, shape, dtype);
    });
  }
  return ordered({ nodes, results: graph.results });
}

function inShape(nodes: GraphNode[], node: number, shape: Shape): number {
  const { dtype, shape: own } = nodes[node]!;
  return sameShape(own, shape) ? node : nodes.push(reshapeNode(node, shape, dtype)) - 1;
}
