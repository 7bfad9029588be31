/** Running sums: short lines at once; long ones in blocks, whose totals are summed up in the same way and added. */
import { mergeDims } from '../../src/core/layout.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { elementOf } from './element.ts';
import { coordinatesOf, integerVariables, placeOf } from './integer.ts';
import { type Launch, LaunchBuilder, type Limits, type Operand, type Plan, type Source } from './launch.ts';

/** Elements of a block: 2 ** 5. */
const block = 32;
const blockBits = 5;

/** Lines of `n` elements: the dims before and behind, and the strides along all of them. */
interface Lines {
  readonly outer: readonly number[];
  readonly n: number;
  readonly inner: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly source: Source | { readonly value: Operand };
}

/** Element i along `dim` is the sum of elements 0 to i, or of i to the end if `reverse`. */
export function planScan(
  { dim, reverse }: Params['scan'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const x = inputs[0]!;
  const { shape, strides, offset } = x.layout;
  const before = mergeDims(shape.slice(0, dim), [strides.slice(0, dim)]);
  const behind = mergeDims(shape.slice(dim + 1), [strides.slice(dim + 1)]);
  const n = shape[dim]!;
  const step = strides[dim]!;
  const lines: Lines = {
    outer: before.dims,
    n,
    inner: behind.dims,
    strides: [...before.strides[0]!, reverse ? -step : step, ...behind.strides[0]!],
    offset: reverse ? offset + (n - 1) * step : offset,
    source: x.value === undefined ? { operand: 0 } : { value: x },
  };
  const launches: Launch[] = [];
  return out.shape.length > 0 && scanLines(launches, lines, reverse, limits) ? launches : undefined;
}

/** Adds the launches that sum up lines; the last one's result is row-major, turned round if `turned`. */
function scanLines(launches: Launch[], lines: Lines, turned: boolean, limits: Limits): boolean {
  const { outer, n, inner } = lines;
  const whole = n <= block;
  if (!push(launches, withinBlocks(lines, whole && turned, limits))) return false;
  if (whole) return true;
  const within = launches.length - 1;
  const strides = rowMajor([...outer, n, ...inner]);
  const line = strides[outer.length]!;
  const totals: Lines = {
    outer,
    n: Math.ceil(n / block) - 1, // nobody needs the last one's
    inner,
    strides: strides.map((s, d) => (d === outer.length ? s * block : s)),
    offset: (block - 1) * line,
    source: { launch: within },
  };
  if (!scanLines(launches, totals, false, limits)) return false;
  return push(launches, joined(lines, totals.n, within, launches.length - 1, turned, limits));
}

function push(launches: Launch[], launch: Launch | undefined): boolean {
  if (launch) launches.push(launch);
  return launch !== undefined;
}

function rowMajor(dims: readonly number[]): number[] {
  return dims.map((_, d) => dims.slice(d + 1).reduce((n, m) => n * m, 1));
}

/** Each element with those before it in its block. */
function withinBlocks(lines: Lines, turned: boolean, limits: Limits): Launch | undefined {
  const { outer, n, inner, strides, offset, source } = lines;
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, [...outer, n, ...inner], limits);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const line = outer.length;
  const [own, step] = [at[line]!, builder.integer(strides[line]!)];
  const index = turned ? `${builder.integer(n - 1)} - ${own}` : own;
  const start = placeOf(builder, [...at.slice(0, line), 'first', ...at.slice(line + 1)], strides, offset);
  const read = 'value' in source ? elementOf(builder, 0, source.value) : arrayElement(builder, source);
  const body = `${statements}${integerVariables('i', 'first', 'place')}i = ${index};
first = ${n <= block ? '0' : `(i >> ${blockBits}) * ${block}`};
place = ${start};
let s = 0.0;
for (let k = 0; k < i - first + 1; k++) {
s += ${read(`place + k * ${step}`)};
}
return s;`;
  return builder.launch(threads, body);
}

function arrayElement(builder: LaunchBuilder, source: Source): (place: string) => string {
  const name = builder.array(source);
  return (place) => `${name}[${place}]`;
}

/** Each sum within a block with the totals of all blocks before. */
function joined(
  { outer, n, inner }: Lines,
  blocks: number,
  within: number,
  totals: number,
  turned: boolean,
  limits: Limits,
): Launch | undefined {
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, [...outer, n, ...inner], limits);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const line = outer.length;
  const named = (name: string): string[] => at.map((text, d) => (d === line ? name : text));
  const index = turned ? `${builder.integer(n - 1)} - ${at[line]!}` : at[line]!;
  const place = placeOf(builder, named('i'), rowMajor([...outer, n, ...inner]));
  const total = placeOf(builder, named('before'), rowMajor([...outer, blocks, ...inner]));
  const body = `${statements}${integerVariables('i', 'before')}i = ${index};
before = (i >> ${blockBits}) - 1;
let s = ${builder.array({ launch: within })}[${place}];
if (before >= 0) { s += ${builder.array({ launch: totals })}[${total}]; }
return s;`;
  return builder.launch(threads, body);
}
