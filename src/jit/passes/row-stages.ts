/** The row program of a group of nodes. */
import { scalar, substitute } from '../../core/expression.ts';
import { type Formula, formulaOf } from '../../core/formula.ts';
import { isRow, passesBefore, type RowProgram, type RowStage } from '../../core/row-program.ts';
import type { GraphNode } from '../graph.ts';
import { costOf, itself } from './map-fuser.ts';
import { type Grid, type Kind, rolesOf } from './row-grid.ts';

/** Nodes that one kernel computes. */
export interface Group {
  readonly grid: Grid;
  /** In their order. */
  readonly members: readonly number[];
  /** What they read of others. */
  readonly inputs: readonly { readonly node: number; readonly kind: Kind }[];
  /** The members that others read. */
  readonly outside: ReadonlySet<number>;
  /** Per node, the one whose elements it shows. */
  readonly base: readonly number[];
}

/** Whether a member's numbers are stored. */
export function isKept(member: number, { outside }: Group): boolean {
  return outside.has(member);
}

/** A row that costs more is not computed twice. */
const cheap = 6;

/** The program, and the stage that each member is. */
export function programOf(
  nodes: readonly GraphNode[],
  group: Group,
): { readonly program: RowProgram; readonly stageOf: ReadonlyMap<number, number> } {
  const { grid, members, inputs, base } = group;
  const stages: RowStage[] = [];
  const scalars: number[] = [];
  const stageOf = new Map<number, number>();
  const valueRead = (i: number): number => {
    const stage = stageOf.get(base[i]!);
    return stage === undefined ? inputs.findIndex(({ node }) => node === i) : inputs.length + stage;
  };
  const taking = (formula: Formula, numbers: readonly number[]): Formula => {
    const first = scalars.length;
    scalars.push(...numbers);
    return shifted(formula, first);
  };
  for (const m of members) {
    const node = nodes[m]!;
    const reads = node.inputs.map(valueRead);
    const isNumber = rolesOf(node, nodes, grid)!.of === 'number';
    if (node.op === 'map') {
      const { formula, scalars: numbers } = node.params;
      const { dtype } = node;
      stages.push({ op: isNumber ? 'once' : 'each', formula: taking(formula, numbers), reads, dtype });
    } else if (node.op === 'reduce') {
      stages.push({ op: node.params.op, formula: itself, reads, dtype: 'float32' });
    } else if (node.op === 'mapReduce') {
      const { op, before, after, scalars: numbers } = node.params;
      const first = scalars.length;
      stages.push({ op, formula: taking(before.formula, numbers), reads, dtype: 'float32' });
      const sum = inputs.length + stages.length - 1;
      if (after) stages.push({ op: 'once', formula: shifted(after, first), reads: [sum], dtype: 'float32' });
    } else {
      const [x, index] = reads as [number, number];
      stages.push({ op: node.op === 'gather' ? 'pick' : 'spread', reads: [x, index], dtype: 'float32' });
    }
    stageOf.set(m, stages.length - 1);
  }
  const wanted = members.filter((m) => isKept(m, group)).map((m) => stageOf.get(m)!);
  const stored = storage(inputs.length, stages, wanted);
  return { program: { columns: grid.columns, inputs: inputs.length, stages, scalars, ...stored }, stageOf };
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
