/**
 * Convolution by gathering: the terms of any 8 pixels, side by side, go through tiles of the matrix product.
 *
 * Serves every stride, dilation and size. A result is the bias and its terms in the order of the table.
 */
import { type Statement, sequence } from './code.ts';
import {
  coordinates,
  type Geometry,
  needsZeros,
  plainReading,
  product,
  sourceOf,
  stagedReading,
} from './conv-geometry.ts';
import { addGroups, groupArguments } from './conv-group.ts';
import {
  areNeighbours,
  type Candidate,
  type ConvPath,
  commonArguments,
  naturalTerms,
  planStage,
  stageArguments,
  weightRows,
} from './conv-path.ts';
import { addStage, stageSignature } from './conv-stage.ts';
import { balanced, mostRows } from './conv-tile.ts';
import {
  countDown,
  define,
  type FunctionCode,
  increase,
  type Local,
  loopFrom,
  loopWhile,
  minimum,
  when,
} from './function.ts';
import { f32, i32, memory, select } from './instruction.ts';
import { float32 } from './lanes.ts';
import type { ModuleBuilder } from './module.ts';
import { Tables } from './table-cache.ts';
import { type Epilogue, startAt, tile } from './tile.ts';

/** Pixels that are packed together. */
const pixelsAtOnce = 8;
/** Bytes of a pixel in its table: where it lies in the image and in the result. */
const pixelBytes = 8;

/**
 * The arguments: `w` are rows of k weights, `terms` says where each lies in the image. `block` images are treated at a
 * time, in which the table has `pixels` pixels each. Neighbours of an image with 8 pixels or more are neighbours in y.
 */
const gatherSignature = {
  x: 'i32',
  w: 'i32',
  wRow: 'i32',
  terms: 'i32',
  k: 'i32',
  table: 'i32',
  pixels: 'i32',
  y: 'i32',
  yChannel: 'i32',
  channels: 'i32',
  bias: 'i32',
  images: 'i32',
  block: 'i32',
  xImage: 'i32',
  yImage: 'i32',
  ...stageSignature,
  work: 'i32',
} as const;

type Int = Local<'i32'>;

/** Packs the k terms of 8 pixels from `first` on; behind `last` that one again. */
function packPixels(module: ModuleBuilder, name: string): FunctionCode {
  const signature = { x: 'i32', table: 'i32', first: 'i32', last: 'i32', terms: 'i32', k: 'i32', to: 'i32' } as const;
  return module.add(
    define(name, signature, (p, f) => {
      const from = f.many('i32', pixelsAtOnce);
      const [at, index] = [f.i32(), f.i32()];
      return [
        ...from.flatMap((q, j) => [
          index.set(i32.add(p.first, j)),
          q.set(i32.add(p.x, i32.load(i32.add(p.table, i32.mul(minimum(index, p.last), pixelBytes))))),
        ]),
        countDown(p.k, 1, [
          at.set(i32.load(p.terms)),
          ...from.map((q, j) => f32.store(p.to, f32.load(i32.add(q, at)), 4 * j)),
          increase(p.terms, 4),
          increase(p.to, 4 * pixelsAtOnce),
        ]),
      ];
    }),
  );
}

const panelSignature = {
  x: 'i32',
  w: 'i32',
  wRow: 'i32',
  terms: 'i32',
  k: 'i32',
  table: 'i32',
  first: 'i32',
  last: 'i32',
  y: 'i32',
  yChannel: 'i32',
  channels: 'i32',
  bias: 'i32',
  work: 'i32',
} as const;

/** Adds the results of 8 pixels from `first` on, or as many as there are; `dense`: they are 8 neighbours in y. */
function addPanel(module: ModuleBuilder, name: string, dense: boolean, epilogue?: Epilogue): FunctionCode {
  const pack = packPixels(module, `${name}Pack`);
  const tiles = [1, 2, 3, 4].map((rows) =>
    module.add(tile(`${name}Tile${rows}`, { lanes: float32, rows, columns: false, inPlace: false, epilogue })),
  );
  return module.add(
    define(name, panelSignature, (p, f) => {
      const [channel, left, height, target, source] = f.many('i32', 5) as [Int, Int, Int, Int, Int];
      const [start, spare, row, pixel, end] = f.many('i32', 5) as [Int, Int, Int, Int, Int];
      const pitch = dense ? p.yChannel : i32.const(4 * pixelsAtOnce);
      const spread = loopFrom(row, 0, height, 1, [
        source.set(i32.add(spare, i32.mul(row, 4 * pixelsAtOnce))),
        loopFrom(pixel, p.first, end, 1, [
          f32.store(i32.add(target, i32.load(i32.add(p.table, i32.mul(pixel, pixelBytes)), 4)), f32.load(source)),
          increase(source, 4),
        ]),
        increase(target, p.yChannel),
      ]);
      const oneTile = (rows: number): Statement[] => {
        const w = i32.add(p.w, i32.mul(channel, p.wRow));
        const bias = i32.add(p.bias, i32.shl(channel, 2));
        const to = dense ? target : spare;
        return [
          target.set(i32.add(p.y, i32.mul(channel, p.yChannel))),
          module.call(tiles[rows - 1]!, w, p.wRow, p.work, 0, to, pitch, p.k, start, bias, 1),
          ...(dense ? [] : [spread]),
        ];
      };
      return [
        module.call(pack, p.x, p.table, p.first, p.last, p.terms, p.k, p.work),
        start.set(select(p.bias, i32.const(startAt.rowBias), i32.const(startAt.zero))),
        spare.set(i32.add(p.work, i32.mul(p.k, 4 * pixelsAtOnce))),
        end.set(i32.add(p.first, pixelsAtOnce)),
        end.set(minimum(end, i32.add(p.last, 1))),
        ...(dense ? [increase(p.y, i32.load(i32.add(p.table, i32.mul(p.first, pixelBytes)), 4))] : []),
        ...balanced(f, p.channels, mostRows, channel, left, height, (rows) => sequence(oneTile(rows))),
      ];
    }),
  );
}

/** Adds `name` and what it calls. */
export function addGather(module: ModuleBuilder, name: string, epilogue?: Epilogue): void {
  const stage = addStage(module, `${name}Stage`);
  const panels = [false, true].map((dense) => addPanel(module, `${name}Panel${dense ? 8 : ''}`, dense, epilogue));
  addGroups(
    module,
    name,
    define(`${name}Group`, gatherSignature, (p, f) => {
      const [x, count, i, pixel, first, last] = f.many('i32', 6) as [Int, Int, Int, Int, Int, Int];
      const panel = (dense: 0 | 1): Statement => {
        const { w, wRow, terms, k, table, y, yChannel, channels, bias, work } = p;
        const args = [x, w, wRow, terms, k, table, first, last, y, yChannel, channels, bias, work];
        return module.call(panels[dense]!, ...args);
      };
      const staged = loopFrom(i, 0, count, 1, [
        module.call(
          stage,
          i32.add(p.x, i32.mul(i, p.xImage)),
          i32.add(p.stage, i32.mul(i, p.stageBytes)),
          ...[p.stageLines, p.lineCount, p.fromStep, p.toStep],
        ),
      ]);
      return [
        when(p.stage, memory.fill(p.stage, 0, i32.mul(p.block, p.stageBytes))),
        loopWhile(p.images, [
          count.set(minimum(p.images, p.block)),
          x.set(select(p.stage, p.stage, p.x)),
          when(p.stage, staged),
          last.set(i32.sub(i32.mul(count, p.pixels), 1)),
          loopFrom(pixel, 0, i32.add(last, 1), pixelsAtOnce, [
            first.set(pixel),
            when(
              i32.ge(p.pixels, pixelsAtOnce),
              [first.set(minimum(pixel, i32.sub(last, pixelsAtOnce - 1))), panel(1)],
              panel(0),
            ),
          ]),
          increase(p.x, i32.mul(count, p.xImage)),
          increase(p.y, i32.mul(count, p.yImage)),
          p.images.set(i32.sub(p.images, count)),
        ]),
      ];
    }),
  );
}

// on the host

const imagePixels = 32; // of a block of images that have fewer than 8 each

/** The way by gathering, which serves all geometries. */
export function gatherWay(g: Geometry): Candidate {
  const pixels = product(g.axes.map((a) => a.out));
  const terms = g.inputs * product(g.axes.map((a) => a.kernel));
  const panels = pixels < pixelsAtOnce ? pixels / pixelsAtOnce : Math.ceil(pixels / pixelsAtOnce);
  return { cost: panels * terms * (2 * g.outputs + 16), build: () => buildGather(g, pixels) };
}

function buildGather(g: Geometry, pixels: number): ConvPath {
  const readings = g.axes.map((a) => (needsZeros(a) ? stagedReading(a, 'none') : plainReading(a)));
  const source = sourceOf(g.axes, readings, g.inputs, g.xImage, g.xChannel, false);
  const block = pixels < pixelsAtOnce ? Math.min(g.images, Math.ceil(imagePixels / Math.max(1, pixels))) : 1;
  const tables = new Tables();
  const terms = naturalTerms(g, source);
  const weights = areNeighbours(terms) ? undefined : weightRows(g, tables, terms);
  const termTable = tables.add(terms.x);
  const stage = planStage(source, tables);
  const pitch = stage.stage?.bytes ?? source.image; // from image to image of a block
  const places: number[] = [];
  for (let image = 0; image < block; image++) {
    let to = image * g.yImage;
    for (const at of coordinates(g.axes.map((a) => a.out))) {
      places.push(
        at.reduce((sum, p, d) => sum + source.position(d, p), image * pitch),
        4 * to++,
      );
    }
  }
  const table = tables.add(places);
  const stageBytes = Math.ceil(((stage.stage?.bytes ?? 0) * block) / 16) * 16;
  return {
    module: { name: 'gather' },
    kernel: 'convGather',
    skipsZeros: false,
    weights,
    tables,
    workBytes: stageBytes + 4 * pixelsAtOnce * (terms.x.length + 4),
    arguments: (share, at) =>
      groupArguments(gatherSignature, {
        ...commonArguments(g, source, weights, 1, share, at),
        ...stageArguments(stage, at.tables, at.work),
        terms: at.tables + termTable,
        k: terms.x.length,
        table: at.tables + table,
        pixels,
        block,
        work: at.work + stageBytes,
      }),
  };
}
