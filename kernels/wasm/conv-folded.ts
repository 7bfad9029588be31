/**
 * Convolution by the columns of the kernel: lines of the image times weights, then the columns, shifted, added up.
 *
 * Right for gradients by the image, whose zeros it leaves out. A column adds its terms in the order of the table; a result is the bias and its columns in the order of theirs.
 */
import { type Axis, type Geometry, needsZeros, plainReading, product } from './conv-geometry.ts';
import { addGroups, groupArguments } from './conv-group.ts';
import { addRuns, costOf, eachImage, type ImagePlan, imageSignature, planImage, quadPixels } from './conv-image.ts';
import {
  type Candidate,
  type ConvPath,
  commonArguments,
  planStage,
  skippingTerms,
  stageArguments,
  weightRows,
} from './conv-path.ts';
import { define, type FunctionCode, loopFrom, minimum } from './function.ts';
import { i32, memory, select } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { Tables } from './table-cache.ts';

/**
 * The arguments of the folded way. Each of `channels` has `columns` rows of weights, whose sweep goes to `sums` (`block`
 * channels at a time, `sumColumn` bytes a row of weights, `sumBytes` in all) and is folded into y.
 */
const foldedSignature = {
  ...imageSignature,
  columns: 'i32',
  block: 'i32',
  sums: 'i32',
  sumBytes: 'i32',
  sumColumn: 'i32',
  sumLine: 'i32',
  yLine: 'i32',
  yLines: 'i32',
  classes: 'i32',
  classCount: 'i32',
  step: 'i32',
} as const;

/** Adds `name`: a sweep without bias or epilogue for each image, and the fold. */
export function addFolded(
  module: ModuleBuilder,
  name: string,
  stage: FunctionCode,
  sweep: FunctionCode,
  fold: FunctionCode,
): void {
  addGroups(
    module,
    name,
    define(`${name}Group`, foldedSignature, (p, f) => {
      const [x, channel, count, rows] = [f.i32(), f.i32(), f.i32(), f.i32()];
      const { wRow, terms, runs, runCount, quads, sums, sumColumn, sumLine, classes, classCount, step } = p;
      const w = i32.add(p.w, i32.mul(i32.mul(channel, p.columns), wRow));
      const y = i32.add(p.y, i32.mul(channel, p.yChannel));
      const bias = select(p.bias, i32.add(p.bias, i32.shl(channel, 2)), i32.const(0));
      const sumChannel = i32.mul(p.columns, sumColumn);
      return [
        memory.fill(sums, 0, p.sumBytes), // what lies around the lines stays zero
        ...eachImage(module, stage, p, x, [
          loopFrom(channel, 0, p.channels, p.block, [
            count.set(i32.sub(p.channels, channel)),
            count.set(minimum(count, p.block)),
            rows.set(i32.mul(count, p.columns)),
            module.call(sweep, x, w, wRow, terms, runs, runCount, quads, sums, sumColumn, rows, 0, p.tallest),
            module.call(
              fold,
              ...[sums, sumChannel, sumLine, y, p.yChannel, p.yLine],
              ...[count, p.yLines, classes, classCount, step, bias],
            ),
          ]),
        ]),
      ];
    }),
  );
}

// on the host

/** Bytes of columns that are swept before they are folded: they stay in the first cache. */
const sumBudget = 32 * 1024;

/** How the columns of a line lie: their margins of zeros, and which of them a result adds. */
interface Fold {
  /** Elements before those of the image, and in all. */
  readonly margin: number;
  readonly length: number;
  readonly classes: readonly FoldClass[];
}

/** Results `inputDilation` apart: the first, how many, and the column and place in its line of each term of the first. */
interface FoldClass {
  readonly first: number;
  readonly count: number;
  readonly terms: readonly { readonly column: number; readonly at: number }[];
}

function foldOf(a: Axis): Fold {
  const margin = Math.max(0, Math.ceil(a.low / a.inputDilation));
  const farthest = Math.floor((a.out - 1 + (a.kernel - 1) * a.dilation - a.low) / a.inputDilation);
  const classes = Array.from({ length: Math.min(a.inputDilation, a.out) }, (_, first) => ({
    first,
    count: Math.ceil((a.out - first) / a.inputDilation),
    terms: Array.from({ length: a.kernel }, (_, column) => ({
      column,
      at: margin + (first + column * a.dilation - a.low) / a.inputDilation,
    })).filter(({ at }) => Number.isInteger(at)),
  }));
  return { margin, length: margin + Math.max(a.size, farthest + 1), classes };
}

/** The folded way, where lines of the image have 4 pixels or more. */
export function foldedWay(g: Geometry): Candidate | undefined {
  const a = g.axes[g.axes.length - 1]!;
  if (a.stride > 1 || a.size < quadPixels || (a.inputDilation === 1 && a.out < quadPixels)) return undefined;
  const line: Axis = { ...a, out: a.size, kernel: 1, low: 0, dilation: 1, inputDilation: 1 };
  const plan = planImage({ ...g, axes: [...g.axes.slice(0, -1), line] }, false, plainReading(line), a.size);
  const fold = foldOf(a);
  const lines = product(g.axes.slice(0, -1).map((b) => b.out));
  const adding = fold.classes.reduce((sum, c) => sum + Math.ceil(c.count / 4) * (1.5 * c.terms.length + 2), 0);
  const storing = a.inputDilation > 1 ? a.out : 0;
  const { cost, tallest } = costOf(plan, g.outputs * a.kernel);
  return {
    cost: cost + g.outputs * lines * (adding + storing),
    build: () => buildFolded(plan, tallest, a, fold, lines),
  };
}

function buildFolded(plan: ImagePlan, tallest: number, a: Axis, fold: Fold, yLines: number): ConvPath {
  const { g, source } = plan;
  const tables = new Tables();
  const terms = skippingTerms(g, source, plan.first.order, false);
  const columns = Array.from({ length: a.kernel }, (_, k) => 4 * k * a.weightStep);
  const weights = weightRows(g, tables, terms, columns);
  const sumLine = 4 * fold.length;
  const sumColumn = yLines * sumLine;
  const runs = addRuns(plan, tables, terms.x.length, sumLine, 4 * fold.margin);
  const termTable = tables.add(terms.x);
  const classes = tables.add(
    fold.classes.flatMap(({ first, count, terms: list }) => [
      ...[4 * first, count, list.length],
      ...list.map(({ column, at }) => column * sumColumn + 4 * at),
    ]),
  );
  const stage = planStage(source, tables);
  const stageBytes = Math.ceil((stage.stage?.bytes ?? 0) / 16) * 16;
  const block = Math.max(1, Math.min(g.outputs, Math.floor(sumBudget / (a.kernel * sumColumn))));
  const sumBytes = block * a.kernel * sumColumn + 16; // a class of fewer than 4 reads behind its last
  return {
    module: { name: 'image' },
    kernel: 'convFolded',
    skipsZeros: plan.skips || needsZeros(a),
    weights,
    tables,
    workBytes: stageBytes + sumBytes,
    arguments: (share, at) =>
      groupArguments(foldedSignature, {
        ...commonArguments(g, source, weights, a.kernel, share, at),
        ...stageArguments(stage, at.tables, at.work),
        terms: at.tables + termTable,
        runs: at.tables + runs.runs,
        runCount: runs.runCount,
        quads: at.tables + runs.quads,
        tallest,
        columns: a.kernel,
        block,
        sums: at.work + stageBytes,
        sumBytes,
        sumColumn,
        sumLine,
        yLine: 4 * a.out,
        yLines,
        classes: at.tables + classes,
        classCount: fold.classes.length,
        step: 4 * a.inputDilation,
      }),
  };
}
