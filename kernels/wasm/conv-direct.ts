/**
 * Convolution of images one at a time, by tiles that read them where they lie.
 *
 * A result is the bias and its terms in the order of the table.
 */
import { type Geometry, needsZeros, plainReading, stagedReading } from './conv-geometry.ts';
import { addGroups, groupArguments } from './conv-group.ts';
import { addRuns, costOf, eachImage, type ImagePlan, imageSignature, planImage, quadPixels } from './conv-image.ts';
import {
  areNeighbours,
  type Candidate,
  type ConvPath,
  commonArguments,
  naturalTerms,
  planStage,
  skippingTerms,
  stageArguments,
  weightRows,
} from './conv-path.ts';
import { define, type FunctionCode } from './function.ts';
import type { ModuleBuilder } from './module.ts';
import { Tables } from './table-cache.ts';

/** Adds `name`: a sweep for each image. */
export function addDirect(module: ModuleBuilder, name: string, stage: FunctionCode, sweep: FunctionCode): void {
  addGroups(
    module,
    name,
    define(`${name}Group`, imageSignature, (p, f) => {
      const x = f.i32();
      const { w, wRow, terms, runs, runCount, quads, y, yChannel, channels, bias, tallest } = p;
      return eachImage(module, stage, p, x, [
        module.call(sweep, x, w, wRow, terms, runs, runCount, quads, y, yChannel, channels, bias, tallest),
      ]);
    }),
  );
}

/** The direct way, where lines of results have 4 pixels or more; `exact`: no zeros are left out. */
export function directWay(g: Geometry, exact: boolean): Candidate | undefined {
  const last = g.axes[g.axes.length - 1]!;
  if (last.out < quadPixels) return undefined;
  const inPlace = last.stride === 1 && !needsZeros(last);
  const plan = planImage(g, exact, inPlace ? plainReading(last) : stagedReading(last, 'results'), last.out);
  const { cost, tallest } = costOf(plan, g.outputs);
  return { cost, build: () => buildDirect(plan, tallest) };
}

function buildDirect(plan: ImagePlan, tallest: number): ConvPath {
  const { g, source, skips, line } = plan;
  const tables = new Tables();
  const terms = skips ? skippingTerms(g, source, plan.first.order, true) : naturalTerms(g, source);
  const inPlace = areNeighbours(terms) && (!skips || g.wOutput === terms.w.length); // all of them are looked through
  const weights = inPlace ? undefined : weightRows(g, tables, terms);
  const runs = addRuns(plan, tables, terms.x.length, 4 * line, 0);
  const termTable = tables.add(terms.x);
  const stage = planStage(source, tables);
  return {
    module: { name: 'image' },
    kernel: 'convDirect',
    skipsZeros: skips,
    weights,
    tables,
    workBytes: stage.stage?.bytes ?? 0,
    arguments: (share, at) =>
      groupArguments(imageSignature, {
        ...commonArguments(g, source, weights, 1, share, at),
        ...stageArguments(stage, at.tables, at.work),
        terms: at.tables + termTable,
        runs: at.tables + runs.runs,
        runCount: runs.runCount,
        quads: at.tables + runs.quads,
        tallest,
      }),
  };
}
