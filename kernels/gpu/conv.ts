/**
 * Convolutions of any rank: a thread for four neighbours of the last dim where the device can, so that what it reads is met
 * by several products; long sums with few results, as those of a gradient by the weights are, are cut into parts by
 * channels; parts, and rows that were widened to a multiple of four, are put together by a second launch.
 */
import type { ConvParams, Params, Spec } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { elementOf } from './element.ts';
import { addParts, type Finish, finish, store } from './finish.ts';
import { type Coordinates, coordinatesOf, divide, divideInto, integerVariables, placeOf } from './integer.ts';
import { type Launch, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/** x [N, C, ..], w [O, C/groups, ..] → [N, O, ..]. */
export function planConv(
  params: Params['conv'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  return planConvolution({ ...params, bias: false, formula: undefined }, inputs, out, limits);
}

/** The convolution, a bias of [O] added to each channel, under a formula. */
export function planConvolution(
  params: ConvParams & Finish,
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const geometry = geometryOf(params, inputs, out, limits);
  const end = { bias: params.bias ? inputs[2]! : undefined, formula: params.formula };
  if (geometry.parts === 1 && geometry.width === out.shape.at(-1)) {
    const launch = sumLaunch(geometry, inputs, limits, end);
    return launch && [launch];
  }
  const parts = sumLaunch(geometry, inputs, limits);
  const total = totalLaunch(geometry, limits, end);
  return parts && total && [parts, total];
}

interface End {
  readonly bias: Operand | undefined;
  readonly formula: Finish['formula'];
}

interface Geometry extends ConvParams {
  /** [N, O, ..] of the result. */
  readonly shape: readonly number[];
  /** Channels of a group, and of how many of them a part is. */
  readonly channels: number;
  readonly channelsAPart: number;
  readonly parts: number;
  readonly kernel: readonly number[];
  /** Sizes of the image. */
  readonly image: readonly number[];
  readonly components: 1 | 4;
  /** Size of the last dim as it is computed: a multiple of the components. */
  readonly width: number;
}

/** Sums of fewer terms stay whole. */
const leastCut = 512;
/** The fewest terms of a part. */
const leastTerms = 64;
/** Threads that keep a device busy. */
const enoughThreads = 16384;
/** Multiplications that take longer than a launch: for fewer, rows are not widened. */
const worthALaunch = 2 ** 22;
/** How much wider rows may be made where what is read is not met more often for it. */
const mostWidened = 4 / 3;
/** Elements of a row of the kernel that are met at once. */
const atOnce = 4;
/** The longest row of the kernel that is met in one go. */
const longest = 7;

function geometryOf(params: ConvParams, [x, w]: readonly Operand[], out: Spec, limits: Limits): Geometry {
  const { shape } = out;
  const [channels, ...kernel] = w!.layout.shape.slice(1) as [number, ...number[]];
  const terms = channels * sizeOf(kernel);
  const components = limits.components === 4 && isWide(params, shape, terms) ? 4 : 1;
  const width = components * Math.ceil((shape[shape.length - 1] ?? 1) / components);
  const threads = (sizeOf(shape) / shape.at(-1)!) * (width / components);
  const most = Math.min(channels, Math.floor(terms / leastTerms), Math.ceil(Math.sqrt(terms)));
  const wanted = terms < leastCut ? 1 : Math.max(1, Math.min(most, Math.floor(enoughThreads / threads)));
  const channelsAPart = Math.ceil(channels / wanted);
  return {
    ...params,
    shape,
    channels,
    channelsAPart,
    parts: Math.ceil(channels / channelsAPart),
    kernel,
    image: x!.layout.shape.slice(2),
    components,
    width,
  };
}

/** Whether a thread may take neighbours of the last dim. */
function isWide(params: ConvParams, shape: readonly number[], terms: number): boolean {
  if (shape.length < 3 || params.inputDilation.at(-1) !== 1) return false;
  const n = shape.at(-1)!;
  if (n % 4 === 0) return true;
  if (sizeOf(shape) * terms < worthALaunch) return false;
  return 4 * Math.ceil(n / 4) <= mostWidened * n || (n > 4 && isKept(params));
}

/** Whether the elements of a row that a thread reads are neighbours: each is met by several weights. */
function isKept({ stride, dilation }: ConvParams): boolean {
  return stride.at(-1) === 1 && dilation.at(-1) === 1;
}

/** All sums, or all parts of them: [parts, N, O, .., width]. */
function sumLaunch(g: Geometry, inputs: readonly Operand[], limits: Limits, end?: End): Launch | undefined {
  const builder = new LaunchBuilder();
  const coordinates = threadsOf(builder, [g.parts, ...g.shape.slice(0, -1), g.width], g.components, limits);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const [part, image, channel, ...position] = at as [string, string, string, ...string[]];
  const [x, w] = [inputs[0]!.layout, inputs[1]!.layout];
  const group = g.groups === 1 ? '0' : 'group';
  const perGroup = g.shape[1]! / g.groups;
  const sums = Array.from({ length: g.components }, (_, i) => `s${i}`);
  const [xc, wc] = [x.strides[1]!, w.strides[1]!];
  const cs = g.channelsAPart;
  const body = [
    statements,
    g.groups === 1 ? '' : divide(channel, builder.integer(perGroup), 'group', 'within'),
    integerVariables('ix', 'iw', 'last'),
    `ix = ${placeOf(builder, [image, group, part], [x.strides[0]!, g.channels * xc, cs * xc], x.offset)};\n`,
    `iw = ${placeOf(builder, [channel, part], [w.strides[0]!, cs * wc], w.offset)};\n`,
    ...sums.map((sum) => `let ${sum} = 0.0;\n`),
    channelCount(builder, g, part),
    'for (let c = 0; c < last; c++) {\n',
    spatialLoops(builder, g, inputs, position, sums),
    `ix += ${builder.integer(xc)};\niw += ${builder.integer(wc)};\n}\n`,
    end ? finish(builder, sums, end.formula, biasAt(builder, end.bias, channel, sums.length)) : '',
    store(sums),
  ];
  return builder.launch(threads, body.join(''), g.components);
}

function threadsOf(
  builder: LaunchBuilder,
  dims: readonly number[],
  components: 1 | 4,
  limits: Limits,
): Coordinates | undefined {
  return coordinatesOf(builder, [...dims.slice(0, -1), dims.at(-1)! / components], limits, components);
}

/** How many channels the thread adds up. */
function channelCount(builder: LaunchBuilder, { channels, channelsAPart, parts }: Geometry, part: string): string {
  const [all, most] = [builder.integer(channels), builder.integer(channelsAPart)];
  return parts === 1
    ? `last = ${all};\n`
    : `last = ${all} - ${part} * ${most};\nif (last > ${most}) { last = ${most}; }\n`;
}

/** Where along a dim of the image the kernel's first element lies, for the first of the thread's results. */
function startOf(builder: LaunchBuilder, g: Geometry, d: number, position: string): string {
  const step = g.stride[d]! * (d === g.kernel.length - 1 ? g.components : 1);
  const low = g.padding[d]![0];
  const from = placeOf(builder, [position], [step]);
  return low === 0 ? from : `${from} - ${builder.integer(low)}`;
}

/** Whether windows reach beyond the image along a dim. */
function reaches(g: Geometry, d: number): boolean {
  const { shape, stride, padding, dilation, inputDilation, kernel, image } = g;
  const low = padding[d]![0];
  const size = d === kernel.length - 1 ? g.width : shape[d + 2]!;
  const last = (size - 1) * stride[d]! + (kernel[d]! - 1) * dilation[d]! - low;
  return low > 0 || last > (image[d]! - 1) * inputDilation[d]!;
}

/** The loops over one channel's kernel; rows that lie outside are passed over. */
function spatialLoops(
  builder: LaunchBuilder,
  g: Geometry,
  inputs: readonly Operand[],
  position: readonly string[],
  sums: readonly string[],
): string {
  const [x, w] = [inputs[0]!, inputs[1]!];
  const rank = g.kernel.length;
  const [readX, readW] = [elementOf(builder, 0, x), elementOf(builder, 1, w)];
  if (rank === 0) return `s0 += ${readX('ix')} * ${readW('iw')};\n`;
  let [open, close] = ['', ''];
  const [xAt, wAt]: [string[], string[]] = [[], []];
  for (let d = 0; d < rank - 1; d++) {
    const from = startOf(builder, g, d, position[d]!);
    open += `for (let k${d} = 0; k${d} < ${builder.integer(g.kernel[d]!)}; k${d}++) {\n${integerVariables(`i${d}`)}`;
    open += `i${d} = ${from} + k${d} * ${builder.integer(g.dilation[d]!)};\n`;
    const guarded = guard(builder, g, d);
    open += guarded.open;
    close = `${guarded.close}}\n${close}`;
    xAt.push(`i${d}`);
    wAt.push(`k${d}`);
  }
  const rowX = placeOf(builder, ['ix', ...xAt], [1, ...x.layout.strides.slice(2, -1)]);
  const rowW = placeOf(builder, ['iw', ...wAt], [1, ...w.layout.strides.slice(2, -1)]);
  open += `${integerVariables('px', 'pw')}px = ${rowX};\npw = ${rowW};\n`;
  const row: Row = {
    start: startOf(builder, g, rank - 1, position[rank - 1]!),
    x: (place) => readX(`px + ${placeOf(builder, [place], [x.layout.strides.at(-1)!])}`),
    w: (place) => readW(`pw + ${placeOf(builder, [place], [w.layout.strides.at(-1)!])}`),
    sums,
  };
  return `${open}${g.components > 1 && isKept(g) ? keptRows(builder, g, row) : anyRow(builder, g, row)}${close}`;
}

/** One row of the kernel against one of the image. */
interface Row {
  readonly start: string;
  readonly x: (place: string) => string;
  readonly w: (place: string) => string;
  readonly sums: readonly string[];
}

/** Lets only elements in that the image has; between its dilated elements there are none, and `i` becomes their index. */
function guard(builder: LaunchBuilder, g: Geometry, d: number): { open: string; close: string } {
  const size = builder.integer(g.image[d]!);
  const by = g.inputDilation[d]!;
  if (by === 1) {
    if (!reaches(g, d)) return { open: '', close: '' };
    return { open: `if (i${d} >= 0 && i${d} < ${size}) {\n`, close: '}\n' };
  }
  const divided = `${integerVariables(`d${d}`, `m${d}`)}${divideInto(`i${d}`, builder.integer(by), `d${d}`, `m${d}`)}`;
  const open = `${divided}i${d} = d${d};\nif (m${d} === 0 && i${d} >= 0 && i${d} < ${size}) {\n`;
  return { open, close: '}\n' };
}

/** A row of the kernel in one go, or in pieces. */
function keptRows(builder: LaunchBuilder, g: Geometry, row: Row): string {
  const d = g.kernel.length - 1;
  const width = g.kernel[d]!;
  const limit = reaches(g, d) ? builder.integer(g.image[d]!) : undefined;
  const begin = `${integerVariables('i', 'k')}i = ${row.start};\nk = 0;\n`;
  if (width <= longest) return begin + keptPiece(row, width, limit);
  const [pieces, rest] = [Math.floor(width / atOnce), width % atOnce];
  const piece = `${keptPiece(row, atOnce, limit)}i += ${atOnce};\nk += ${atOnce};\n`;
  const last = rest === 0 ? '' : keptPiece(row, rest, limit, 'l');
  return `${begin}for (let piece = 0; piece < ${builder.integer(pieces)}; piece++) {\n${piece}}\n${last}`;
}

/**
 * Some neighbours of a row of the kernel, from the k-th on: the image's elements are read once, from the i-th on.
 * @param limit the size of the image, if the row may reach beyond: there are zeros outside.
 */
function keptPiece({ x, w, sums }: Row, width: number, limit: string | undefined, prefix: string = ''): string {
  let text = '';
  for (let j = 0; j < width + sums.length - 1; j++) {
    const i = j === 0 ? 'i' : `i + ${j}`;
    const name = `${prefix}x${j}`;
    if (!limit) text += `const ${name} = ${x(`(${i})`)};\n`;
    else text += `let ${name} = 0.0;\nif (${i} >= 0 && ${i} < ${limit}) { ${name} = ${x(`(${i})`)}; }\n`;
  }
  for (let k = 0; k < width; k++) text += `const ${prefix}w${k} = ${w(k === 0 ? 'k' : `(k + ${k})`)};\n`;
  const terms = (i: number) =>
    Array.from({ length: width }, (_, k) => `${prefix}x${i + k} * ${prefix}w${k}`).join(' + ');
  return text + sums.map((sum, i) => `${sum} += ${terms(i)};\n`).join('');
}

/** Any row, element by element. */
function anyRow(builder: LaunchBuilder, g: Geometry, { start, x, w, sums }: Row): string {
  const d = g.kernel.length - 1;
  const step = builder.integer(g.stride[d]!);
  const guarded = guard(builder, g, d);
  const products = sums
    .map((sum, i) => {
      const moved = i === 0 ? '' : `i${d} += ${step};\n`;
      return `${moved}${guarded.open}${sum} += ${x(`i${d}`)} * weight;\n${guarded.close}`;
    })
    .join('');
  return `for (let k${d} = 0; k${d} < ${builder.integer(g.kernel[d]!)}; k${d}++) {
${integerVariables(`i${d}`)}i${d} = ${start} + k${d} * ${builder.integer(g.dilation[d]!)};
const weight = ${w(`k${d}`)};
${products}}
`;
}

/** Adds the parts up, without what widened rows have in excess. */
function totalLaunch(g: Geometry, limits: Limits, end: End): Launch | undefined {
  const builder = new LaunchBuilder();
  const components = limits.components === 4 && g.shape.at(-1)! % 4 === 0 ? 4 : 1;
  const coordinates = threadsOf(builder, g.shape, components, limits);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const sums = Array.from({ length: components }, (_, i) => `s${i}`);
  const computed = [...g.shape.slice(0, -1), g.width];
  const strides = computed.map((_, d) => sizeOf(computed.slice(d + 1)));
  strides[strides.length - 1]! *= components;
  const place = placeOf(builder, at, strides);
  const body = [
    statements,
    addParts(builder, { launch: 0, count: g.parts, step: sizeOf(computed) }, place, sums),
    finish(builder, sums, end.formula, biasAt(builder, end.bias, at[1]!, components)),
    store(sums),
  ];
  return builder.launch(threads, body.join(''), components);
}

/** The channel's bias, for each result of a thread. */
function biasAt(
  builder: LaunchBuilder,
  bias: Operand | undefined,
  channel: string,
  components: number,
): string[] | undefined {
  if (!bias) return undefined;
  const place = bias.value === undefined ? placeOf(builder, [channel], bias.layout.strides, bias.layout.offset) : '';
  const text = elementOf(builder, 2, bias)(place);
  return Array.from({ length: components }, () => text);
}
