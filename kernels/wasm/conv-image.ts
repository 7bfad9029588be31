/** What the direct and the folded way of convolution share: images one at a time, and tables of what is swept how. */
import type { Statement } from './code.ts';
import {
  coordinates,
  type Geometry,
  needsZeros,
  plainReading,
  product,
  type Reading,
  type Source,
  skippingReading,
  sourceOf,
  stagedReading,
} from './conv-geometry.ts';
import { fullOrder, type SkippingOrder, skippingOrder } from './conv-path.ts';
import { stageSignature } from './conv-stage.ts';
import { leastQuads, mostRows, quadBytes, sweepSignature, tileSizes } from './conv-tile.ts';
import { countDown, type FunctionCode, increase, type Local, type Parameters, when } from './function.ts';
import { memory, select } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import type { Tables } from './table-cache.ts';

/** The arguments of a way that sweeps `images`, these bytes apart. */
export type ImageSignature = typeof sweepSignature &
  Readonly<Record<'images' | 'xImage' | 'yImage', 'i32'>> &
  typeof stageSignature;
export const imageSignature: ImageSignature = {
  ...sweepSignature,
  images: 'i32',
  xImage: 'i32',
  yImage: 'i32',
  ...stageSignature,
};

/** `body` for each image, staged if need be, whose address is in `x`. */
export function eachImage(
  module: ModuleBuilder,
  stage: FunctionCode,
  p: Parameters<ImageSignature>,
  x: Local<'i32'>,
  body: readonly Statement[],
): Statement[] {
  return [
    when(p.stage, memory.fill(p.stage, 0, p.stageBytes)),
    countDown(p.images, 1, [
      when(p.stage, module.call(stage, p.x, p.stage, p.stageLines, p.lineCount, p.fromStep, p.toStep)),
      x.set(select(p.stage, p.stage, p.x)),
      ...body,
      increase(p.x, p.xImage),
      increase(p.y, p.yImage),
    ]),
  ];
}

// on the host

export const quadPixels = 4;
/** Bytes of an image that a run reads, about: they stay in the first cache. */
const runBudget = 24 * 1024;
const mostQuads = 48;
const wholeTiles = 12; // quads that make whole tiles of 2, 3 and 4

/** What both ways know of a geometry before they make tables. */
export interface ImagePlan {
  readonly g: Geometry;
  readonly source: Source;
  /** The order of the first axis. */
  readonly first: SkippingOrder;
  readonly skips: boolean;
  /** Pixels that tiles compute in a line. */
  readonly line: number;
}

export function planImage(g: Geometry, exact: boolean, lastReading: Reading, line: number): ImagePlan {
  const last = g.axes.length - 1;
  const skips = !exact && last > 0 && needsZeros(g.axes[0]!);
  const readings = g.axes.map((a, d) => {
    if (d === last) return lastReading;
    if (d === 0 && skips) return skippingReading(a);
    return needsZeros(a) ? stagedReading(a, 'none') : plainReading(a);
  });
  const neighbours = g.axes[last]!.step === 1;
  const source = sourceOf(g.axes, readings, g.inputs, g.xImage, g.xChannel, !neighbours);
  return { g, source, first: (skips ? skippingOrder : fullOrder)(g.axes[0]!), skips, line };
}

/** Lines of results with the first of the terms that they need, and how many those are. */
function* lines({ g, first }: ImagePlan, terms: number): Generator<{ at: readonly number[]; range: [number, number] }> {
  const outer = g.axes.slice(0, -1);
  const each = outer.length > 0 ? terms / g.axes[0]!.kernel : 0; // terms of an element of the first axis
  for (const at of coordinates(outer.map((a) => a.out))) {
    const [start, count] = outer.length > 0 ? first.needed(at[0]!) : [0, 0];
    yield { at, range: outer.length > 0 ? [start * each, count * each] : [0, terms] };
  }
}

/** Quads that share their terms, and those: the first and how many. */
interface Part {
  readonly range: readonly [number, number];
  readonly quads: (readonly [number, number])[];
}

/** Lines of results by the terms that they need; each is `lineBytes` behind the one before, from `start` on. */
function partsOf(plan: ImagePlan, terms: number, lineBytes: number, start: number): Part[] {
  const { source, line } = plan;
  const last = plan.g.axes.length - 1;
  const parts = new Map<string, Part>();
  let to = start;
  for (const { at, range } of lines(plan, terms)) {
    const key = range.join();
    const part = parts.get(key) ?? { range, quads: [] };
    parts.set(key, part);
    const from = at.reduce((sum, p, d) => sum + source.position(d, p), 0);
    for (let i = 0; i < line; i += quadPixels) {
      const p = Math.min(i, line - quadPixels);
      part.quads.push([from + source.position(last, p), to + 4 * p]);
    }
    to += lineBytes;
  }
  return [...parts.values()];
}

/** What `rows` rows of weights by all quads cost for an image, and with which tallest tile they cost least. */
export function costOf(plan: ImagePlan, rows: number): { readonly cost: number; readonly tallest: number } {
  const { g, source, line } = plan;
  const quads = new Map<string, { terms: number; count: number }>(); // by the terms that they need
  for (const { range } of lines(plan, g.inputs * product(g.axes.map((a) => a.kernel)))) {
    const part = quads.get(range.join()) ?? { terms: range[1], count: 0 };
    part.count += Math.ceil(line / quadPixels);
    quads.set(range.join(), part);
  }
  const costs = [mostRows, 3].map((tallest) => {
    let cost = source.stage ? source.stage.bytes / 8 : 0;
    for (const tile of tileSizes(rows, tallest)) {
      for (const { terms, count } of quads.values()) {
        cost += terms * tile.height * Math.ceil(count / tile.quads) * tile.quads;
      }
    }
    return { cost, tallest };
  });
  return costs[1]!.cost < costs[0]!.cost ? costs[1]! : costs[0]!;
}

/** The tables of runs and quads: parts, cut so that what they read of the image stays in the cache. */
export function addRuns(
  plan: ImagePlan,
  tables: Tables,
  terms: number,
  lineBytes: number,
  start: number,
): { readonly runs: number; readonly runCount: number; readonly quads: number } {
  const { axes, inputs } = plan.g;
  const bytes = 4 * quadPixels * inputs * product(axes.slice(0, -1).map((a) => a.kernel)); // of a quad's surroundings
  const most = Math.max(1, Math.floor(Math.min(mostQuads, runBudget / bytes) / wholeTiles)) * wholeTiles;
  const runs: number[] = [];
  const quads: number[] = [];
  for (const { range, quads: all } of partsOf(plan, terms, lineBytes, start)) {
    for (let i = 0; i < all.length; i += most) {
      const some = all.slice(i, i + most);
      runs.push((quads.length / 2) * quadBytes, some.length, 4 * range[0], range[1]);
      while (some.length < leastQuads) some.push(some[some.length - 1]!);
      quads.push(...some.flat());
    }
  }
  return { runs: tables.add(runs), runCount: runs.length / 4, quads: tables.add(quads) };
}
