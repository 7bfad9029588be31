/**
 * Convolution by dot products of lines, for kernels larger than the result: the cotangent in the gradient by the weights.
 *
 * Lines of the kernel and of the image are read where they lie. A result adds, per block of input channels and of lines, elements 0, 4, 8, … of all lines in lane 0, 1, 5, … in lane 1 and so on,
 * then the lanes; then the blocks: the same in every tile.
 */
import { type Code, type I32, type Statement, sequence } from './code.ts';
import {
  coordinates,
  type Geometry,
  needsZeros,
  plainReading,
  product,
  type Source,
  sourceOf,
  stagedReading,
} from './conv-geometry.ts';
import { addGroups, groupArguments } from './conv-group.ts';
import { type Candidate, type ConvPath, planStage, stageArguments } from './conv-path.ts';
import { addStage, stageSignature } from './conv-stage.ts';
import { balanced, mostRows } from './conv-tile.ts';
import {
  countDown,
  define,
  type FunctionCode,
  increase,
  type Local,
  loopFrom,
  minimum,
  type Parameters,
  when,
} from './function.ts';
import { f32x4, i32, memory, select, v128 } from './instruction.ts';
import { type FloatType, float32 } from './lanes.ts';
import type { ModuleBuilder } from './module.ts';
import { Tables } from './table-cache.ts';

/** Columns beside 1, 2, 3 or 4 rows of results. */
const columnsOf = [0, 4, 4, 3, 2] as const;
/** Bytes of a column in its table: where its first element lies in the image, and its result. */
export const columnBytes = 8;

/** How long the lines are; the shortest have kernels of their own, without an inner loop. */
export interface LineLength {
  /** Whole vectors in a line, or 'many' for any number. */
  readonly vectors: number | 'many';
  /** Elements behind them, 0 to 3. */
  readonly rest: number;
}

const mostVectors = 4; // of lines that are unrolled; longer ones gain nothing

/** The kernel for lines of `length` elements. */
export function lineLength(length: number): LineLength {
  const vectors = length >> 2;
  return { vectors: vectors > mostVectors ? 'many' : vectors, rest: length & 3 };
}

/**
 * Where lines lie: `lines` of `length` elements `xLine` bytes apart in each of `slices` that are `xSlice` apart in each
 * input channel. The lines of the kernel are neighbours; its input channels are `wChannel` apart, its outputs `wRow`.
 */
const linesSignature = {
  length: 'i32',
  lines: 'i32',
  slices: 'i32',
  xLine: 'i32',
  xSlice: 'i32',
  xChannel: 'i32',
  wChannel: 'i32',
  wRow: 'i32',
} as const;

const tileSignature = {
  ...linesSignature,
  x: 'i32',
  w: 'i32',
  inputs: 'i32',
  table: 'i32',
  y: 'i32',
  yChannel: 'i32',
  add: 'i32',
} as const;

/**
 * The arguments: `columns` results of the table for each of `channels`, from `inputs` channels `block` at a time, of each
 * slice `lineBlock` lines at a time (all, if there are several slices).
 */
const dotSignature = {
  ...linesSignature,
  x: 'i32',
  w: 'i32',
  inputs: 'i32',
  block: 'i32',
  lineBlock: 'i32',
  table: 'i32',
  columns: 'i32',
  y: 'i32',
  yChannel: 'i32',
  channels: 'i32',
  ...stageSignature,
} as const;

type Int = Local<'i32'>;

/** `rows` output channels by `columns` of the table; `add` says whether to add to what is there. */
function tile(name: string, { vectors, rest }: LineLength, rows: number, columns: number): FunctionCode {
  return define(name, tileSignature, (p, f) => {
    const images = f.many('i32', columns);
    const kernels = [p.w, ...f.many('i32', rows - 1)];
    const sums = kernels.map(() => f.many('v128', columns));
    const right = f.many('v128', columns);
    const left = f.v128();
    const [line, slice, vector, at] = [f.i32(), f.i32(), f.i32(), f.i32()];
    const [lineSkip, sliceSkip, channelSkip, kernelSkip] = [f.i32(), f.i32(), f.i32(), f.i32()];
    const forward = (pointers: readonly Int[], by: I32): Statement[] => pointers.map((q) => increase(q, by));
    const term = (load: (q: Int) => Code<'v128'>): Statement[] => [
      ...images.map((q, j) => right[j]!.set(load(q))),
      ...kernels.flatMap((q, i) => [
        left.set(load(q)),
        ...right.map((r, j) => sums[i]![j]!.set(f32x4.add(sums[i]![j]!, f32x4.mul(left, r)))),
      ]),
    ];
    const whole = (u: number): Statement[] => term((q) => v128.load(q, 16 * u));
    const behind = (u: number): Statement[] => (rest > 0 ? term((q) => partial(q, rest, 16 * u)) : []);
    const both = [...images, ...kernels];
    const oneLine =
      vectors === 'many'
        ? [
            vector.set(p.length),
            countDown(vector, 16, [...[0, 1, 2, 3].flatMap(whole), ...forward(both, 64)]),
            countDown(vector, 4, [...whole(0), ...forward(both, 16)]),
            ...behind(0),
            ...forward(kernels, 4 * rest),
          ]
        : [
            ...Array.from({ length: vectors }, (_, u) => whole(u)).flat(),
            ...behind(vectors),
            ...forward(kernels, 4 * (4 * vectors + rest)),
          ];
    const consumed = vectors === 'many' ? i32.sub(i32.shl(p.length, 2), 4 * rest) : 0; // of a line of the image
    return [
      ...images.map((q, j) => q.set(i32.add(p.x, i32.load(p.table, columnBytes * j)))),
      ...kernels.slice(1).map((q, i) => q.set(i32.add(kernels[i]!, p.wRow))),
      lineSkip.set(i32.sub(p.xLine, consumed)),
      sliceSkip.set(i32.sub(p.xSlice, i32.mul(p.lines, p.xLine))),
      channelSkip.set(i32.sub(p.xChannel, i32.mul(p.slices, p.xSlice))),
      kernelSkip.set(i32.sub(p.wChannel, i32.shl(i32.mul(i32.mul(p.slices, p.lines), p.length), 2))),
      countDown(p.inputs, 1, [
        slice.set(p.slices),
        countDown(slice, 1, [
          line.set(p.lines),
          countDown(line, 1, [...oneLine, ...forward(images, lineSkip)]),
          ...forward(images, sliceSkip),
        ]),
        ...forward(images, channelSkip),
        ...forward(kernels, kernelSkip),
      ]),
      ...sums.flatMap((row, i) => [
        ...row.flatMap((s, j) => store(p, at, columnBytes * j + 4, float32.sum(s))),
        ...(i < rows - 1 ? [increase(p.y, p.yChannel)] : []),
      ]),
    ];
  });
}

/** The first `count` elements at an address, zeros behind. */
function partial(address: Int, count: number, offset: number): Code<'v128'> {
  if (count === 1) return v128.load32Zero(address, offset);
  const two = v128.load64Zero(address, offset);
  return count === 2 ? two : v128.loadLane32(address, two, 2, offset + 8);
}

function store(p: Parameters<typeof tileSignature>, at: Int, entry: number, sum: Code<FloatType>): Statement[] {
  const { scalar } = float32;
  return [
    at.set(i32.add(p.y, i32.load(p.table, entry))),
    when(p.add, scalar.store(at, scalar.add(scalar.load(at), sum)), scalar.store(at, sum)),
  ];
}

/** Adds `name` for lines of some length, and what it calls. */
export function addDots(module: ModuleBuilder, name: string, length: LineLength): void {
  const stage = addStage(module, `${name}Stage`);
  const tileOf = (rows: number, columns: number): FunctionCode =>
    module.add(tile(`${name}Tile${rows}${columns}`, length, rows, columns));
  const tiles = [1, 2, 3, 4].map((rows) => ({ whole: tileOf(rows, columnsOf[rows]!), single: tileOf(rows, 1) }));
  addGroups(
    module,
    name,
    define(`${name}Group`, dotSignature, (p, f) => {
      const [x, first, count, i, line, lines] = f.many('i32', 6) as [Int, Int, Int, Int, Int, Int];
      const [channel, left, height, entry, columns] = f.many('i32', 5) as [Int, Int, Int, Int, Int];
      const call = (tile: FunctionCode): Statement => {
        const w = i32.add(i32.add(p.w, i32.mul(channel, p.wRow)), i32.shl(i32.mul(line, p.length), 2));
        const y = i32.add(p.y, i32.mul(channel, p.yChannel));
        const pitch = select(p.stage, p.stageBytes, p.xChannel);
        const places = [p.length, lines, p.slices, p.xLine, p.xSlice, pitch, p.wChannel, p.wRow];
        const from = i32.add(x, i32.mul(line, p.xLine));
        return module.call(tile, ...places, from, w, count, entry, y, p.yChannel, i32.or(first, line));
      };
      const rowTiles = (rows: number): Statement => {
        const { whole, single } = tiles[rows - 1]!;
        const step = columnsOf[rows]!;
        return sequence(
          entry.set(p.table),
          columns.set(p.columns),
          countDown(columns, step, [call(whole), increase(entry, step * columnBytes)]),
          countDown(columns, 1, [call(single), increase(entry, columnBytes)]),
        );
      };
      const staged = loopFrom(i, 0, count, 1, [
        module.call(
          stage,
          i32.add(p.x, i32.mul(i, p.xChannel)),
          i32.add(p.stage, i32.mul(i, p.stageBytes)),
          ...[p.stageLines, p.lineCount, p.fromStep, p.toStep],
        ),
      ]);
      return [
        when(p.stage, memory.fill(p.stage, 0, i32.mul(p.block, p.stageBytes))),
        loopFrom(first, 0, p.inputs, p.block, [
          count.set(i32.sub(p.inputs, first)),
          count.set(minimum(count, p.block)),
          x.set(select(p.stage, p.stage, p.x)),
          when(p.stage, staged),
          loopFrom(line, 0, p.lines, p.lineBlock, [
            lines.set(i32.sub(p.lines, line)),
            lines.set(minimum(lines, p.lineBlock)),
            ...balanced(f, p.channels, mostRows, channel, left, height, rowTiles),
          ]),
          increase(p.x, i32.mul(count, p.xChannel)),
          increase(p.w, i32.mul(count, p.wChannel)),
        ]),
      ];
    }),
  );
}

// on the host

/** Bytes of images and kernels that are treated at a time: they stay in the second cache. */
const blockBudget = 256 * 1024;
const mostChannels = 8; // in a block, so that float32 sums stay short
/** Bytes of lines that a tile reads at a time: they stay in the first cache. */
const lineBudget = 32 * 1024;
const tileLines = 6;

/** The way of dot products, where nothing but plain sums is wanted and the kernel's lines are neighbours. */
export function dotWay(g: Geometry): Candidate | undefined {
  const kernels = g.axes.map((a) => a.kernel);
  const dense = g.axes.every((a, d) => a.kernel === 1 || a.weightStep === product(kernels.slice(d + 1)));
  if (g.dressed || !dense || g.inputs * product(kernels) === 0) return undefined;
  const lines = g.inputs * product(kernels.slice(0, -1));
  const vectors = Math.ceil(kernels[kernels.length - 1]! / 4);
  const cost = g.outputs * product(g.axes.map((a) => a.out)) * lines * (vectors + 0.75);
  return { cost, build: () => buildDot(g) };
}

function dotSource(g: Geometry): Source {
  const last = g.axes.length - 1;
  const readings = g.axes.map((a, d) => {
    if (d < last) return needsZeros(a) ? stagedReading(a, 'none') : plainReading(a);
    const inPlace = !needsZeros(a) && (a.dilation === 1 || a.kernel === 1);
    return inPlace ? plainReading(a) : stagedReading(a, 'kernel');
  });
  // the images of the convolution are the channels of the copy: its input channels are summed one after another
  return sourceOf(g.axes, readings, g.images, g.xChannel, g.xImage, g.axes[last]!.step !== 1);
}

/** The columns of results: where each one's first element lies in an input channel, and its result. */
function dotColumns(g: Geometry, source: Source): number[] {
  const columns: number[] = [];
  for (let image = 0; image < g.images; image++) {
    let to = image * g.yImage;
    for (const at of coordinates(g.axes.map((a) => a.out))) {
      columns.push(
        at.reduce((sum, p, d) => sum + source.position(d, p), image * source.channel),
        4 * to++,
      );
    }
  }
  return columns;
}

function buildDot(g: Geometry): ConvPath {
  const source = dotSource(g);
  const tables = new Tables();
  const stage = planStage(source, tables);
  const table = tables.add(dotColumns(g, source));
  const pixels = product(g.axes.map((a) => a.out));
  const kernel = product(g.axes.map((a) => a.kernel));
  const last = g.axes.length - 1;
  const reach = (d: number): number => (d < 0 ? 0 : source.reach(d, 1));
  const each = g.images * source.channel + 4 * g.outputs * kernel; // bytes of an input channel
  const block = Math.max(1, Math.min(g.inputs, mostChannels, Math.floor(blockBudget / each)));
  const [slices, lines, length] = [g.axes[last - 2]?.kernel ?? 1, g.axes[last - 1]?.kernel ?? 1, g.axes[last]!.kernel];
  const lineBlock = slices > 1 ? lines : Math.max(1, Math.floor(lineBudget / (4 * length * tileLines)));
  return {
    module: { name: 'dot', ...lineLength(length) },
    kernel: 'convDot',
    skipsZeros: false,
    weights: undefined,
    tables,
    workBytes: (stage.stage?.bytes ?? 0) * block,
    arguments: (share, at) => {
      const channel = share.group * g.outputs + share.channel;
      return groupArguments(dotSignature, {
        groups: share.groups,
        xGroup: g.inputs * source.image,
        wGroup: 4 * g.outputs * g.wOutput,
        yGroup: 4 * g.outputs * g.yChannel,
        length,
        lines,
        slices,
        xLine: reach(last - 1),
        xSlice: reach(last - 2),
        xChannel: source.image,
        wChannel: 4 * g.wInput,
        wRow: 4 * g.wOutput,
        x: at.x + share.group * g.inputs * source.image + 4 * share.image * g.xImage,
        w: at.w + 4 * channel * g.wOutput,
        inputs: g.inputs,
        block,
        lineBlock,
        table: at.tables + table,
        columns: share.images * pixels,
        y: at.y + 4 * (share.image * g.yImage + channel * g.yChannel),
        yChannel: 4 * g.yChannel,
        channels: share.channels,
        ...stageArguments(stage, at.tables, at.work),
        lineCount: ((stage.stage?.lines.length ?? 0) / 3 / g.images) * share.images,
      });
    },
  };
}
