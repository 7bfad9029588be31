/** The row program of a group of nodes. */
import { type Expr, input, isBoolean, scalar, substitute } from '../../core/expression.ts';
import { type Formula, formulaOf } from '../../core/formula.ts';
import { isRow, passesBefore, type RowProgram, type RowStage } from '../../core/row-program.ts';
import type { GraphNode } from '../graph.ts';
import { costOf, itself } from './map-fuser.ts';
import { type Grid, type Kind, rolesOf } from './row-grid.ts';

/** What a kernel of rows reads: rows or numbers, and whether it is the same for each element of a row. */
export interface RowSource {
  readonly node: number;
  readonly kind: Kind;
  readonly same: boolean;
}

/** Nodes that one kernel computes. */
export interface Group {
  readonly grid: Grid;
  /** In their order. */
  readonly members: readonly number[];
  /** What they read of others. */
  readonly inputs: readonly RowSource[];
  /** The members that others read. */
  readonly outside: ReadonlySet<number>;
  /** Per node, the one whose elements it shows. */
  readonly base: readonly number[];
}

/** A row that costs more is not computed twice. */
const cheap = 6;
/** What costs as much is not computed for each element where it is the same for a row. */
const dear = 4;

/** The program, and the stage that each member is. */
export function programOf(
  nodes: readonly GraphNode[],
  group: Group,
): { readonly program: RowProgram; readonly stageOf: ReadonlyMap<number, number> } {
  const { grid, members, inputs } = group;
  const list = new StageList(group);
  for (const m of members) list.add(m, nodes[m]!, rolesOf(nodes[m]!, nodes, grid)!.of);
  const { stages, scalars, stageOf } = list;
  const wanted = members.filter((m) => group.outside.has(m)).map((m) => stageOf.get(m)!);
  const stored = storage(inputs.length, stages, wanted);
  return { program: { columns: grid.columns, inputs: inputs.length, stages, scalars, ...stored }, stageOf };
}

/** The stages of a program as far as it is made. */
class StageList {
  readonly stages: RowStage[] = [];
  readonly scalars: number[] = [];
  readonly stageOf = new Map<number, number>();
  private readonly group: Group;

  constructor(group: Group) {
    this.group = group;
  }

  /** Appends what a node computes. */
  add(id: number, node: GraphNode, kind: Kind): void {
    const first = this.scalars.length;
    if ((node.op === 'map' || node.op === 'mapReduce') && 'scalars' in node.params)
      this.scalars.push(...node.params.scalars);
    const reads = 'inputs' in node ? node.inputs.map((i) => this.valueRead(i)) : [];
    if (node.op === 'map') {
      const formula = shifted(node.params.formula, first);
      const { dtype } = node;
      if (kind === 'number') this.stages.push({ op: 'once', formula, reads, dtype });
      else this.stages.push({ op: 'each', ...this.hoisted(formula, reads), dtype });
    } else if (node.op === 'reduce') {
      this.stages.push({ op: node.params.op, formula: itself, reads, dtype: 'float32' });
    } else if (node.op === 'mapReduce') {
      const { op, before, after } = node.params;
      this.stages.push({ op, ...this.hoisted(shifted(before.formula, first), reads), dtype: 'float32' });
      const sum = this.group.inputs.length + this.stages.length - 1;
      if (after) this.stages.push({ op: 'once', formula: shifted(after, first), reads: [sum], dtype: 'float32' });
    } else {
      const [x, index] = reads as [number, number];
      this.stages.push({ op: node.op === 'gather' ? 'pick' : 'spread', reads: [x, index], dtype: 'float32' });
    }
    this.stageOf.set(id, this.stages.length - 1);
  }

  /** The value that an input of a node is. */
  private valueRead(i: number): number {
    const { inputs, base } = this.group;
    const stage = this.stageOf.get(base[i]!);
    return stage === undefined ? inputs.findIndex(({ node }) => node === i) : inputs.length + stage;
  }

  private isNumber(value: number): boolean {
    const { inputs } = this.group;
    return value < inputs.length ? inputs[value]!.same : !isRow(this.stages[value - inputs.length]!);
  }

  /** The formula with what is dear and the same for a whole row computed once before. */
  private hoisted(formula: Formula, reads: readonly number[]): { formula: Formula; reads: readonly number[] } {
    const known = new Map<Expr, boolean>();
    const isSame = (e: Expr): boolean => {
      let same = known.get(e);
      same ??= e.op === 'input' ? this.isNumber(reads[e.value]!) : e.args.every(isSame);
      known.set(e, same);
      return same;
    };
    const all = [...reads];
    const body = substitute(formula.body, (e) => {
      if (e.args.length === 0 || isBoolean(e) || !isSame(e)) return undefined;
      const part = formulaOf(e, formula.arity);
      if (costOf(part) < dear) return undefined;
      this.stages.push({ op: 'once', formula: part, reads, dtype: 'float32' });
      return input(all.push(this.group.inputs.length + this.stages.length - 1) - 1);
    });
    return all.length === reads.length ? { formula, reads } : { formula: formulaOf(body, all.length), reads: all };
  }
}

/** A formula whose scalars come behind others. */
function shifted(formula: Formula, by: number): Formula {
  if (by === 0 || formula.scalarCount === 0) return formula;
  const body = substitute(formula.body, (e) => (e.op === 'scalar' ? scalar(by + e.value) : undefined));
  return formulaOf(body, formula.arity);
}

/** Which stages are stored: what is wanted, and rows that are dear and read by a later pass, where there is room for them. */
function storage(
  inputs: number,
  stages: readonly RowStage[],
  wanted: readonly number[],
): Pick<RowProgram, 'results' | 'guests'> {
  const passes = passesBefore(inputs, stages).slice(inputs);
  const results = [...wanted];
  const guests: [stage: number, result: number][] = [];
  const last = [...passes]; // per row, the last pass that reads it
  const isStored = (s: number): boolean => results.includes(s) || guests.some(([guest]) => guest === s);
  for (let s = stages.length - 1; s >= 0; s--) {
    const stage = stages[s]!;
    if (stage.op === 'each' && !isStored(s) && last[s]! > passes[s]! && costOf(stage.formula) > cheap) {
      const host = results.findIndex(
        (o, r) => isRoom(stages[o]!, stage) && passes[o]! >= last[s]! && !isTaken(guests, r),
      );
      if (host >= 0) guests.push([s, host]);
      else results.push(s);
    }
    // a row that is not stored is computed by whoever reads it, and reads what it reads then
    const [at] = isRow(stage) ? [isStored(s) ? passes[s]! : last[s]!] : [passes[s]! - 1];
    for (const v of stage.reads)
      if (v >= inputs && stage.op !== 'pick') last[v - inputs] = Math.max(last[v - inputs]!, at!);
  }
  return { results, guests };
}

function isRoom(host: RowStage, guest: RowStage): boolean {
  return isRow(host) && host.dtype === 'float32' && guest.dtype === 'float32';
}

function isTaken(guests: readonly (readonly [number, number])[], result: number): boolean {
  return guests.some(([, r]) => r === result);
}
