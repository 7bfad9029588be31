/** Ways to compute a convolution on the host's side: their tables, their weights in rows, and the shares of a call. */
import { type Axis, coordinates, type Geometry, type Source, type Stage } from './conv-geometry.ts';
import type { Tables } from './table-cache.ts';

/** One way to compute a convolution: a kernel and the arguments of its calls. */
export interface ConvPath {
  /** Which module has the kernel, and its name there. */
  readonly module: ConvModule;
  readonly kernel: string;
  /** Whether it leaves out the zeros around and between the elements, which is right for finite weights only. */
  readonly skipsZeros: boolean;
  /** How the weights are copied to rows first, if they are not read where they lie. */
  readonly weights: WeightRows | undefined;
  /** What the kernels read beside the operands: addresses in it are offsets in bytes. */
  readonly tables: Tables;
  /** Bytes that each call at a time writes. */
  readonly workBytes: number;
  /** The arguments of the call that computes a share. */
  arguments(share: Share, at: Addresses): number[];
}

/** A way whose tables can be made. */
export interface Candidate {
  /** Vector multiplications for an image of a group, and what else takes as long. */
  readonly cost: number;
  build(): ConvPath;
}

/** The modules of the convolutions; dot products have one for each length of lines. */
export type ConvModule =
  | { readonly name: 'image' | 'gather' }
  | { readonly name: 'dot'; readonly vectors: number | 'many'; readonly rest: number };

/** A part of the results: some images of some channels of one group, or of all channels of some groups. */
export interface Share {
  readonly image: number;
  readonly images: number;
  readonly group: number;
  readonly groups: number;
  readonly channel: number;
  readonly channels: number;
}

/** Where everything lies. A bias of 0 is none. */
export interface Addresses {
  readonly x: number;
  readonly w: number;
  readonly y: number;
  readonly bias: number;
  readonly tables: number;
  /** Where the weights lie in rows, if they are copied. */
  readonly rows: number;
  /** Workspace of the share. */
  readonly work: number;
}

/** Weights as rows of k: the offsets (bytes) of the rows and of the terms in a row, as tables. */
export interface WeightRows {
  readonly rows: number;
  readonly rowCount: number;
  readonly terms: number;
  readonly k: number;
}

/** The terms of a result: where each lies in the image and in the weights, in bytes from those of the first. */
export interface Terms {
  readonly x: readonly number[];
  readonly w: readonly number[];
}

/** Terms in the order of the weights: channels, then the kernel. */
export function naturalTerms(g: Geometry, source: Source): Terms {
  return listTerms(g, source, [-1, ...g.axes.keys()]);
}

/**
 * Terms in the order of the first axis (by `first`), the other axes but the last, the channels, and the last axis, if
 * `columns` are among the terms: what a result needs of the first axis is then a run of terms.
 */
export function skippingTerms(g: Geometry, source: Source, first: readonly number[], columns: boolean): Terms {
  const last = g.axes.length - 1;
  const outer = [...g.axes.keys()].slice(0, last);
  return listTerms(g, source, [...outer, -1, ...(columns ? [last] : [])], first);
}

/** @param order the axes from the slowest to the fastest, −1 for the channels. */
function listTerms(g: Geometry, source: Source, order: readonly number[], first?: readonly number[]): Terms {
  const x: number[] = [];
  const w: number[] = [];
  for (const at of coordinates(order.map((d) => (d < 0 ? g.inputs : g.axes[d]!.kernel)))) {
    let [inImage, inWeights] = [0, 0];
    order.forEach((d, i) => {
      const k = d === 0 && first ? first[at[i]!]! : at[i]!;
      inImage += d < 0 ? k * source.channel : source.reach(d, k);
      inWeights += 4 * k * (d < 0 ? g.wInput : g.axes[d]!.weightStep);
    });
    x.push(inImage);
    w.push(inWeights);
  }
  return { x, w };
}

/** How the weights become rows, one for each output channel and each column of `columns` (bytes). */
export function weightRows(g: Geometry, tables: Tables, terms: Terms, columns: readonly number[] = [0]): WeightRows {
  const rows: number[] = [];
  for (let o = 0; o < g.groups * g.outputs; o++) for (const column of columns) rows.push(4 * o * g.wOutput + column);
  return { rows: tables.add(rows), rowCount: rows.length, terms: tables.add(terms.w), k: terms.w.length };
}

/** What the calls of every way but dot products share: addresses and steps in bytes. */
export type CommonName = 'x' | 'w' | 'y' | 'bias' | 'images' | 'xImage' | 'yImage' | 'wRow' | 'yChannel' | 'channels';

/** @param columns rows of weights of an output channel. */
export function commonArguments(
  g: Geometry,
  source: Source,
  weights: WeightRows | undefined,
  columns: number,
  share: Share,
  at: Addresses,
): Record<CommonName | 'groups' | 'xGroup' | 'wGroup' | 'yGroup', number> {
  const channel = share.group * g.outputs + share.channel;
  const wRow = 4 * (weights ? weights.k : g.wOutput);
  return {
    groups: share.groups,
    xGroup: 4 * g.inputs * g.xChannel,
    wGroup: g.outputs * columns * wRow,
    yGroup: 4 * g.outputs * g.yChannel,
    x: at.x + share.image * source.image + 4 * share.group * g.inputs * g.xChannel,
    w: (weights ? at.rows : at.w) + channel * columns * wRow,
    y: at.y + 4 * (share.image * g.yImage + channel * g.yChannel),
    bias: at.bias === 0 ? 0 : at.bias + 4 * channel,
    images: share.images,
    xImage: source.image,
    yImage: 4 * g.yImage,
    wRow,
    yChannel: 4 * g.yChannel,
    channels: share.channels,
  };
}

/** How an image is staged: the table of its lines, if it is. */
export interface StagePlan {
  readonly stage: Stage | undefined;
  readonly lines: number;
}

export function planStage({ stage }: Source, tables: Tables): StagePlan {
  return { stage, lines: stage ? tables.add(stage.lines) : 0 };
}

export type StageName = 'stage' | 'stageBytes' | 'stageLines' | 'lineCount' | 'fromStep' | 'toStep';

/** @param at where the copy is made. */
export function stageArguments({ stage, lines }: StagePlan, tables: number, at: number): Record<StageName, number> {
  return {
    stage: stage ? at : 0,
    stageBytes: stage?.bytes ?? 0,
    stageLines: tables + lines,
    lineCount: (stage?.lines.length ?? 0) / 3,
    fromStep: stage?.fromStep ?? 0,
    toStep: stage?.toStep ?? 0,
  };
}

/** Whether the terms are neighbours in the weights already. */
export function areNeighbours(terms: Terms): boolean {
  return terms.w.every((at, k) => at === 4 * k);
}

/** The kernel's elements along an axis in an order in which those that a result needs are neighbours. */
export interface SkippingOrder {
  readonly order: readonly number[];
  /** The first element (by this order) that result p needs, and how many. */
  readonly needed: (p: number) => readonly [number, number];
}

/** Result p meets the image, not its zeros, at the elements k where (p·stride + k·dilation − low) / inputDilation is inside. */
export function skippingOrder(a: Axis): SkippingOrder {
  const remainder = (n: number): number => ((n % a.inputDilation) + a.inputDilation) % a.inputDilation;
  const kernel = Array.from({ length: a.kernel }, (_, k) => k);
  const order = kernel.sort((i, j) => remainder(i * a.dilation) - remainder(j * a.dilation) || i - j);
  const meets = (p: number, k: number): boolean => {
    const at = p * a.stride + k * a.dilation - a.low;
    return remainder(at) === 0 && at >= 0 && at < a.size * a.inputDilation;
  };
  return {
    order,
    needed: (p) => {
      const first = order.findIndex((k) => meets(p, k));
      return first < 0 ? [0, 0] : [first, order.filter((k) => meets(p, k)).length];
    },
  };
}

/** All elements in their order: nothing is skipped. */
export function fullOrder(a: Axis): SkippingOrder {
  return { order: Array.from({ length: a.kernel }, (_, k) => k), needed: () => [0, a.kernel] };
}
