/**
 * Matrix products: a thread for four neighbours of a row where the device can, so that each element of the left matrix is
 * read once for four products; long sums with few results are cut into parts; parts, and rows that were widened to a
 * multiple of four, are put together by a second launch.
 */
import { mergeDims } from '../../src/core/layout.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { elementOf } from './element.ts';
import { addParts, type Finish, finish, store } from './finish.ts';
import { coordinatesOf, integerVariables, placeOf } from './integer.ts';
import { type Launch, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/** [.., M, K] · [.., K, N] → [.., M, N], equal batch dims. */
export function planMatmul(
  _params: Params['matmul'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  return planProduct({ bias: false, formula: undefined }, inputs, out, limits);
}

/** The product, a bias of [N] added to each row, under a formula. */
export function planProduct(
  { bias, formula }: Finish,
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const product = productOf(inputs, out, limits);
  const end = { bias: bias ? inputs[2]! : undefined, formula };
  if (product.parts === 1 && product.width === product.n) {
    const launch = sumLaunch(product, inputs, limits, end);
    return launch && [launch];
  }
  const parts = sumLaunch(product, inputs, limits);
  const total = totalLaunch(product, limits, end);
  return parts && total && [parts, total];
}

/** The sizes of a product, and how it is cut. */
interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Merged batch dims, and the strides of both matrices along them. */
  readonly batch: readonly number[];
  readonly batchStrides: readonly (readonly number[])[];
  readonly components: 1 | 4;
  /** N as it is computed: a multiple of the components; what is read beyond b makes columns that nobody reads. */
  readonly width: number;
  /** How many threads share each sum, and how many terms one has. */
  readonly parts: number;
  readonly terms: number;
}

interface End {
  readonly bias: Operand | undefined;
  readonly formula: Finish['formula'];
}

/** Multiplications that take longer than a launch. */
const worthALaunch = 2 ** 22;
/** Sums of fewer terms stay whole. */
const leastCut = 512;
/** The fewest terms of a part. */
const leastTerms = 64;
/** Threads that keep a device busy. */
const enoughThreads = 16384;

function productOf([a, b]: readonly Operand[], out: Spec, limits: Limits): Product {
  const [m, n, k] = [out.shape.at(-2)!, out.shape.at(-1)!, a!.layout.shape.at(-1)!];
  const strides = [a!, b!].map((x) => x.layout.strides.slice(0, -2));
  const { dims, strides: batchStrides } = mergeDims(out.shape.slice(0, -2), strides);
  const count = dims.reduce((x, d) => x * d, m);
  const wide = n % 4 === 0 || (n > 2 && count * n * k >= worthALaunch);
  const components = limits.components === 4 && wide ? 4 : 1;
  const width = components * Math.ceil(n / components);
  const threads = (count * width) / components;
  const most = Math.min(Math.floor(k / leastTerms), Math.ceil(Math.sqrt(k))); // as many parts as terms, at last
  const wanted = k < leastCut ? 1 : Math.min(most, Math.floor(enoughThreads / threads));
  const terms = wanted > 1 ? 4 * Math.ceil(k / wanted / 4) : k;
  return { m, n, k, batch: dims, batchStrides, components, width, parts: Math.ceil(k / terms), terms };
}

/** All sums, or all parts of them: [parts, .., M, width]. */
function sumLaunch(product: Product, inputs: readonly Operand[], limits: Limits, end?: End): Launch | undefined {
  const { m, width, batch, batchStrides, components, parts, terms } = product;
  const [a, b] = [inputs[0]!, inputs[1]!];
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, [parts, ...batch, m, width / components], limits, components);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const [part, row, column] = [at[0]!, at.at(-2)!, at.at(-1)!];
  const [am, ak] = a.layout.strides.slice(-2) as [number, number];
  const [bk, bn] = b.layout.strides.slice(-2) as [number, number];
  const batchAt = at.slice(1, -2);
  // a value's place is never read
  const aPlace = placeOf(builder, [...batchAt, row, part], [...batchStrides[0]!, am, ak * terms], a.layout.offset);
  const bPlace = placeOf(
    builder,
    [...batchAt, column, part],
    [...batchStrides[1]!, bn * components, bk * terms],
    b.layout.offset,
  );
  const sums = Array.from({ length: components }, (_, i) => `s${i}`);
  const body = [
    statements,
    integerVariables('ia', 'ib'),
    `ia = ${aPlace};\nib = ${bPlace};\n`,
    ...sums.map((sum) => `let ${sum} = 0.0;\n`),
    loops(builder, product, part, inputs, sums),
    end ? finish(builder, sums, end.formula, biasAt(builder, end.bias, column, components)) : '',
    store(sums),
  ];
  return builder.launch(threads, body.join(''), components);
}

/** Adds up the terms of a thread, four at a time: pairs first, which also rounds less often. */
function loops(
  builder: LaunchBuilder,
  { k, parts, terms }: Product,
  part: string,
  inputs: readonly Operand[],
  sums: readonly string[],
): string {
  const [a, b] = [inputs[0]!, inputs[1]!];
  const [readA, readB] = [elementOf(builder, 0, a), elementOf(builder, 1, b)];
  const stepA = stepText(builder, a.layout.strides.at(-1)!);
  const stepB = stepText(builder, b.layout.strides.at(-2)!);
  const stepN = stepText(builder, b.layout.strides.at(-1)!);
  const term = (j: number, i: number) => `x${j} * ${readB(`ib${stepB(j)}${stepN(i)}`)}`;
  const left = (j: number) => `const x${j} = ${readA(`ia${stepA(j)}`)};\n`;
  const four = [0, 1, 2, 3];
  let count = '';
  let [fours, rest] = ['fours', 'rest'];
  if (parts === 1) [fours, rest] = [builder.integer(Math.floor(k / 4)), builder.integer(k % 4)];
  else {
    const [all, most] = [builder.integer(k), builder.integer(terms)];
    count = `${integerVariables('n', 'fours', 'rest')}n = ${all} - ${part} * ${most};
if (n > ${most}) { n = ${most}; }
fours = n >> 2;
rest = n - fours * 4;
`;
  }
  return `${count}for (let k = 0; k < ${fours}; k++) {
${four.map(left).join('')}${sums.map((s, i) => `${s} += (${term(0, i)} + ${term(1, i)}) + (${term(2, i)} + ${term(3, i)});\n`).join('')}ia = ia${stepA(4)};
ib = ib${stepB(4)};
}
for (let j = 0; j < ${rest}; j++) {
${left(0)}${sums.map((s, i) => `${s} += ${term(0, i)};\n`).join('')}ia = ia${stepA(1)};
ib = ib${stepB(1)};
}
`;
}

/** The text that moves a place by some steps of this stride. */
function stepText(builder: LaunchBuilder, stride: number): (steps: number) => string {
  if (stride === 0) return () => '';
  if (stride === 1) return (steps) => (steps === 0 ? '' : ` + ${steps}`);
  const name = builder.integer(stride);
  return (steps) => (steps === 0 ? '' : steps === 1 ? ` + ${name}` : ` + ${name} * ${steps}`);
}

/** Adds the parts up, without what widened rows have in excess. */
function totalLaunch(product: Product, limits: Limits, end: End): Launch | undefined {
  const { m, n, width, batch, parts } = product;
  const components = product.components === 4 && n % 4 === 0 ? 4 : 1;
  const rows = batch.reduce((x, d) => x * d, m);
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, [rows, n / components], limits, components);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const sums = Array.from({ length: components }, (_, i) => `s${i}`);
  const place = placeOf(builder, at, [width, components]);
  const body = [
    statements,
    addParts(builder, { launch: 0, count: parts, step: rows * width }, place, sums),
    finish(builder, sums, end.formula, biasAt(builder, end.bias, at[1]!, components)),
    store(sums),
  ];
  return builder.launch(threads, body.join(''), components);
}

/** The bias of each column of a thread. */
function biasAt(
  builder: LaunchBuilder,
  bias: Operand | undefined,
  column: string,
  components: number,
): string[] | undefined {
  if (!bias) return undefined;
  const read = elementOf(builder, 2, bias);
  if (bias.value !== undefined) return Array.from({ length: components }, () => read(''));
  const stride = bias.layout.strides[0]!;
  const first = placeOf(builder, [column], [stride * components], bias.layout.offset);
  const step = stepText(builder, stride);
  return Array.from({ length: components }, (_, i) => read(`${first}${step(i)}`));
}
