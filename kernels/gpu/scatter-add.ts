/** The adjoint of gather: without atomics, each element of the result looks for what belongs to it. */
import { rowMajorStrides } from '../../src/core/layout.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { elementOf } from './element.ts';
import { coordinatesOf, integerVariables, placeOf } from './integer.ts';
import { exactBelow, type Launch, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/** Steps of a search through all indices that are not worth lists of equal ones. */
const enough = 2 ** 16;

/** Where and what is added. */
interface Addition {
  readonly x: Operand;
  readonly index: Operand;
  readonly dim: number;
  /** Elements of the result along `dim`. */
  readonly size: number;
  /** Indices along `dim`. */
  readonly n: number;
  readonly out: Spec;
}

/** Zeros with each element of x added at its index along `dim`, in their order. An index outside gives NaN all along its line. */
export function planScatterAdd(
  { dim, size }: Params['scatterAdd'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const [x, index] = inputs as readonly [Operand, Operand];
  const n = index.layout.shape[dim]!;
  const addition: Addition = { x, index, dim, size, n, out };
  const rows = index.layout.shape.map((length, d) => (index.layout.strides[d] === 0 && d !== dim ? 1 : length));
  const repeats = index.layout.size / sizeOf(rows); // how many elements each index moves
  const lists = repeats >= 4 && n >= 16 && n * sizeOf(out.shape) > enough && n < exactBelow;
  if (!lists) {
    const launch = bySearch(addition, limits);
    return launch && [launch];
  }
  const next = nextEqual(addition, rows, limits);
  const first = firstEqual(addition, rows, limits);
  const sums = byLists(addition, rows, limits);
  return next && first && sums && [next, first, sums];
}

/** Every element goes through all indices of its line. */
function bySearch(addition: Addition, limits: Limits): Launch | undefined {
  const { x, dim, n, out } = addition;
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, out.shape, limits);
  if (!coordinates) return undefined;
  const { at } = coordinates;
  const body = `${coordinates.statements}let sum = 0.0;
if (${inside(builder, addition, at)}) {
const own = ${at[dim]} * 1.0;
for (let i = 0; i < ${builder.integer(n)}; i++) {
${picking(builder, addition, at, 'i')}
if (picked === own) { ${adding(out, elementOf(builder, 0, x)(placeOf(builder, along(at, dim, 'i'), x.layout.strides, x.layout.offset)))} }
${refusing(builder, addition, 'sum')}
}
}
return sum;`;
  return builder.launch(coordinates.threads, body);
}

/** For each index the next place behind it where the same one stands; the end if there is none. */
function nextEqual(addition: Addition, rows: readonly number[], limits: Limits): Launch | undefined {
  const { dim, n } = addition;
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, rows, limits);
  if (!coordinates) return undefined;
  const { at, statements, threads } = coordinates;
  const end = builder.integer(n);
  const own = builder.array({ operand: 1 });
  const { strides, offset } = addition.index.layout;
  const body = `${statements}const own = ${own}[${placeOf(builder, at, strides, offset)}];
${integerVariables('j')}j = ${at[dim]};
for (let i = 0; i < ${end}; i++) {
j = j + 1;
if (j >= ${end}) { break; }
${picking(builder, addition, at, 'j')}
if (picked === own) { break; }
}
return j;`;
  return builder.launch(threads, body);
}

/** For each place of the result the first index that leads to it. */
function firstEqual(addition: Addition, rows: readonly number[], limits: Limits): Launch | undefined {
  const { dim, n, size } = addition;
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, along(rows, dim, size), limits);
  if (!coordinates) return undefined;
  const { at, statements, threads } = coordinates;
  const end = builder.integer(n);
  const body = `${statements}const own = ${at[dim]} * 1.0;
let found = ${end} * 1.0;
let wrong = 0.0;
for (let i = 0; i < ${end}; i++) {
${picking(builder, addition, at, 'i')}
if (picked === own && found >= ${end}) { found = i; }
if (picked < 0.0 || picked >= ${builder.integer(size)}) { wrong = 1.0; }
}
return wrong > 0.5 ? -1.0 : found;`;
  return builder.launch(threads, body);
}

/** Every element follows the list of its index. */
function byLists(addition: Addition, rows: readonly number[], limits: Limits): Launch | undefined {
  const { x, dim, n, size, out } = addition;
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, out.shape, limits);
  if (!coordinates) return undefined;
  const { at, statements, threads } = coordinates;
  const [next, first] = [builder.array({ launch: 0 }), builder.array({ launch: 1 })];
  const inRows = (shape: readonly number[], name: string): string => {
    const steps = rowMajorStrides(shape).map((step, d) => (rows[d] === 1 && d !== dim ? 0 : step));
    return placeOf(builder, along(at, dim, name), steps);
  };
  const end = builder.integer(n);
  const element = elementOf(builder, 0, x)(placeOf(builder, along(at, dim, 'j'), x.layout.strides, x.layout.offset));
  const body = `${statements}let sum = 0.0;
if (${inside(builder, addition, at)}) {
${integerVariables('j')}const start = ${first}[${inRows(along(rows, dim, size), at[dim]!)}];
if (start < 0.0) { return ${builder.float(Number.NaN)}; }
j = Math.floor(start) | 0;
for (let i = 0; i < ${end}; i++) {
if (j >= ${end}) { break; }
${adding(out, element)}
j = Math.floor(${next}[${inRows(rows, 'j')}]) | 0;
}
}
return sum;`;
  return builder.launch(threads, body);
}

/** Names the index at place `i` of the line. */
function picking(builder: LaunchBuilder, { index, dim }: Addition, at: readonly string[], i: string): string {
  const { strides, offset } = index.layout;
  return `const picked = ${elementOf(builder, 1, index)(placeOf(builder, along(at, dim, i), strides, offset))};`;
}

/** Bools are or-ed. */
function adding({ dtype }: Spec, element: string): string {
  return dtype === 'bool' ? `if (${element} !== 0.0) { sum = 1.0; }` : `sum += ${element};`;
}

function refusing(builder: LaunchBuilder, { size }: Addition, sum: string): string {
  return `if (picked < 0.0 || picked >= ${builder.integer(size)}) { ${sum} = ${builder.float(Number.NaN)}; }`;
}

/** Whether there are indices beside an element of the result: they may cover less than it along the other dims. */
function inside(builder: LaunchBuilder, { index, dim, out }: Addition, at: readonly string[]): string {
  const tests = out.shape.flatMap((n, d) => {
    const covered = index.layout.shape[d]!;
    return d === dim || covered === n ? [] : [`${at[d]} < ${builder.integer(covered)}`];
  });
  return tests.length === 0 ? '1.0 > 0.0' : tests.join(' && ');
}

function along<T>(at: readonly T[], dim: number, name: T): T[] {
  return at.map((own, d) => (d === dim ? name : own));
}
