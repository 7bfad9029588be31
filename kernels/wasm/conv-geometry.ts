/** The geometry of convolutions on the host: axes, where kernels read along them, and images that are staged for that. */
import type { ConvParams } from '../../src/core/primitive.ts';
import type { Shape } from '../../src/core/shape.ts';

/** How an operand lies: element [i, j, …] at i·strides[0] + j·strides[1] + … (elements). */
export interface Strided {
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** One spatial dim of a convolution. */
export interface Axis {
  /** How many elements the image, the kernel and the result have. */
  readonly size: number;
  readonly kernel: number;
  readonly out: number;
  readonly stride: number;
  /** Zeros before the image; less than 0: elements that are cut off. */
  readonly low: number;
  readonly dilation: number;
  readonly inputDilation: number;
  /** Elements from one to the next, in the image and in the weights. */
  readonly step: number;
  readonly weightStep: number;
}

/** A convolution of operands that lie somewhere. */
export interface Geometry {
  /** At least one; neighbours that are read in one go are merged. */
  readonly axes: readonly Axis[];
  readonly images: number;
  readonly groups: number;
  /** Input and output channels of one group. */
  readonly inputs: number;
  readonly outputs: number;
  /** Elements from one to the next. */
  readonly xImage: number;
  readonly xChannel: number;
  readonly wOutput: number;
  readonly wInput: number;
  readonly yImage: number;
  readonly yChannel: number;
  /** Whether the results start from a bias or end in an epilogue. */
  readonly dressed: boolean;
}

/** Elements from image to image and from channel to channel of a result, whose pixels are neighbours. */
export interface ResultSteps {
  readonly image: number;
  readonly channel: number;
}

/** The geometry of x [N, C, ..] and w [O, C/groups, ..]; the result is row-major if `steps` does not say otherwise. */
export function geometryOf(
  params: ConvParams,
  x: Strided,
  w: Strided,
  dressed: boolean,
  steps: ResultSteps | undefined,
): Geometry {
  const { groups } = params;
  const axes = mergeAxes(params.padding.map((_, d) => axisOf(params, x, w, d)));
  const pixels = product(axes.map((a) => a.out));
  return {
    axes: axes.length > 0 ? axes : [unit],
    images: x.shape[0]!,
    groups,
    inputs: w.shape[1]!,
    outputs: w.shape[0]! / groups,
    xImage: x.strides[0]!,
    xChannel: x.strides[1]!,
    wOutput: w.strides[0]!,
    wInput: w.strides[1]!,
    yImage: steps?.image ?? w.shape[0]! * pixels,
    yChannel: steps?.channel ?? pixels,
    dressed,
  };
}

const unit: Axis = {
  size: 1,
  kernel: 1,
  out: 1,
  stride: 1,
  low: 0,
  dilation: 1,
  inputDilation: 1,
  step: 1,
  weightStep: 1,
};

function axisOf(params: ConvParams, x: Strided, w: Strided, d: number): Axis {
  const [stride, dilation, inputDilation] = [params.stride[d]!, params.dilation[d]!, params.inputDilation[d]!];
  const [low, high] = params.padding[d]!;
  const [size, kernel] = [x.shape[d + 2]!, w.shape[d + 2]!];
  const spread = size === 0 ? 0 : (size - 1) * inputDilation + 1;
  const out = Math.max(0, Math.floor((low + spread + high - dilation * (kernel - 1) - 1) / stride) + 1);
  return {
    size,
    kernel,
    out,
    stride,
    low,
    dilation,
    inputDilation,
    step: x.strides[d + 2]!,
    weightStep: w.strides[d + 2]!,
  };
}

/** Neighbouring axes that are walked in one go become one. */
function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of [...axes].reverse()) {
    const inner = merged[0];
    const both = inner && mergedAxis(axis, inner);
    if (both) merged[0] = both;
    else merged.unshift(axis);
  }
  return merged;
}

/** Two axes as one, if they are walked in one go by the results (kernel 1) or by the kernel (result 1). */
function mergedAxis(a: Axis, b: Axis): Axis | undefined {
  if (!isWhole(a) || !isWhole(b) || a.step !== b.step * b.size) return undefined;
  const byResult = a.kernel === 1 && b.kernel === 1 && a.out === a.size && b.out === b.size;
  const byKernel = a.out === 1 && b.out === 1 && b.kernel === b.size && a.weightStep === b.weightStep * b.kernel;
  const sizes = { size: a.size * b.size, kernel: a.kernel * b.kernel, out: a.out * b.out };
  return byResult || byKernel ? { ...b, ...sizes, stride: 1, dilation: 1 } : undefined;
}

/** Whether the axis is read element by element from its start, without zeros. */
function isWhole(a: Axis): boolean {
  const steps = a.inputDilation === 1 && (a.stride === 1 || a.out === 1) && (a.dilation === 1 || a.kernel === 1);
  return steps && a.low === 0 && a.size > 0 && !needsZeros(a);
}

/** Whether the kernel reads zeros along this axis, around the image or between its elements. */
export function needsZeros(a: Axis): boolean {
  return a.inputDilation > 1 || a.low > 0 || extentOf(a) - a.low > a.size;
}

/** Elements from the first to the last that the kernel reads. */
export function extentOf(a: Axis): number {
  return a.out === 0 || a.kernel === 0 ? 0 : (a.out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1;
}

/** Elements from one to the next of a regular part of an axis, and where they are copied to. */
interface Segment {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Where the kernel's element k reads for result p: at position(p) + reach(k) along the axis. */
export interface Reading {
  /** Elements along the axis, where it is read. */
  readonly length: number;
  readonly position: (p: number) => number;
  readonly reach: (k: number) => number;
  /** Whether it can be read where it lies, but for the distance of its elements. */
  readonly asItLies: boolean;
  /** What is copied where if the image is staged; `fromStep` and `toStep` are from element to element. */
  readonly segments: readonly Segment[];
  readonly fromStep: number;
  readonly toStep: number;
}

/** The axis as it lies; no zeros are read. */
export function plainReading(a: Axis): Reading {
  return {
    length: a.size,
    position: (p) => p * a.stride - a.low,
    reach: (k) => k * a.dilation,
    asItLies: true,
    segments: [{ from: 0, to: 0, count: a.size }],
    fromStep: 1,
    toStep: 1,
  };
}

/** The axis without its zeros, for terms that do not meet them: those with (p·stride + k·dilation − low) inside. */
export function skippingReading(a: Axis): Reading {
  const plain = plainReading(a);
  return {
    ...plain,
    position: (p) => Math.floor((p * a.stride - a.low) / a.inputDilation),
    reach: (k) => Math.ceil((k * a.dilation) / a.inputDilation),
  };
}

/**
 * The axis with its zeros, copied in an order in which what the kernels read in a row lies in a row: neighbouring results
 * (elements `stride` apart), neighbouring elements of the kernel (`dilation` apart), or neither. Elements 0, apart,
 * 2·apart, … come first, then 1, apart + 1, …
 */
export function stagedReading(a: Axis, row: 'results' | 'kernel' | 'none'): Reading {
  const apart = { results: a.stride, kernel: a.dilation, none: 1 }[row];
  const extent = extentOf(a);
  const part = Math.ceil(extent / apart);
  const place = (position: number): number => (position % apart) * part + Math.floor(position / apart);
  const first = Math.max(0, Math.ceil(-a.low / a.inputDilation));
  const land = a.low + first * a.inputDilation;
  const room = Math.floor((extent - 1 - land) / a.inputDilation) + 1;
  const inside = Math.max(0, Math.min(room, a.size - first));
  const common = divisor(apart, a.inputDilation);
  const fromStep = apart / common;
  const segments = Array.from({ length: Math.min(fromStep, inside) }, (_, i) => ({
    from: first + i,
    to: place(land + i * a.inputDilation),
    count: Math.ceil((inside - i) / fromStep),
  }));
  return {
    length: part * apart,
    position: (p) => (row === 'results' ? p : place(p * a.stride)),
    reach: (k) => (row === 'kernel' ? k : place(k * a.dilation)),
    asItLies: false,
    segments,
    fromStep,
    toStep: a.inputDilation / common,
  };
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a * b, 1);
}

/** Where a kernel reads an image: in place, or in a copy that has the zeros it needs. All in bytes. */
export interface Source {
  /** From image to image and from channel to channel. */
  readonly image: number;
  readonly channel: number;
  readonly position: (d: number, p: number) => number;
  readonly reach: (d: number, k: number) => number;
  readonly stage: Stage | undefined;
}

/** A copy of an image: its size, the lines that are copied (where from, where to, how many elements), their steps. */
export interface Stage {
  readonly bytes: number;
  readonly lines: readonly number[];
  readonly fromStep: number;
  readonly toStep: number;
}

/** The source of `channels` channels, `xChannel` elements apart, along axes that are read so; `copy` forces a copy. */
export function sourceOf(
  axes: readonly Axis[],
  readings: readonly Reading[],
  channels: number,
  xImage: number,
  xChannel: number,
  copy: boolean,
): Source {
  const staged = copy || readings.some((r) => !r.asItLies);
  const lengths = readings.map((r) => r.length);
  const steps = axes.map((a, d) => 4 * (staged ? product(lengths.slice(d + 1)) : a.step));
  const volume = product(lengths);
  return {
    image: 4 * xImage,
    channel: 4 * (staged ? volume : xChannel),
    position: (d, p) => readings[d]!.position(p) * steps[d]!,
    reach: (d, k) => readings[d]!.reach(k) * steps[d]!,
    stage: staged ? stageOf(axes, readings, channels, xChannel, steps, volume) : undefined,
  };
}

function stageOf(
  axes: readonly Axis[],
  readings: readonly Reading[],
  channels: number,
  xChannel: number,
  steps: readonly number[],
  volume: number,
): Stage {
  const last = axes.length - 1;
  const { segments, fromStep, toStep } = readings[last]!;
  const outer = readings
    .slice(0, last)
    .map((r) =>
      r.segments.flatMap(({ from, to, count }) =>
        Array.from({ length: count }, (_, i) => ({ from: from + i * r.fromStep, to: to + i * r.toStep })),
      ),
    );
  const lines: number[] = [];
  for (const [channel, ...at] of coordinates([channels, ...outer.map((moves) => moves.length)])) {
    let from = 4 * channel! * xChannel;
    let to = 4 * channel! * volume;
    at.forEach((i, d) => {
      from += 4 * outer[d]![i]!.from * axes[d]!.step;
      to += outer[d]![i]!.to * steps[d]!;
    });
    for (const s of segments) lines.push(from + 4 * s.from * axes[last]!.step, to + 4 * s.to, s.count);
  }
  return { bytes: 4 * channels * volume, lines, fromStep: 4 * fromStep * axes[last]!.step, toStep: 4 * toStep };
}

/** All coordinates of these sizes, in row-major order. */
export function* coordinates(sizes: readonly number[]): Generator<readonly number[]> {
  if (sizes.some((n) => n === 0)) return;
  const at = sizes.map(() => 0);
  for (;;) {
    yield [...at];
    let d = sizes.length - 1;
    while (d >= 0 && ++at[d]! === sizes[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
