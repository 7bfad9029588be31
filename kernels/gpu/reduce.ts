/**
 * Sums and maxima: a thread for each result where that is enough threads, else trees of passes, where each thread takes
 * elements that lie apart, so that neighbours read neighbours.
 */
import { arithmeticOf } from '../../src/core/arithmetic.ts';
import type { Dtype } from '../../src/core/dtype.ts';
import type { Formula } from '../../src/core/formula.ts';
import { mergeDims } from '../../src/core/layout.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { elementOf } from './element.ts';
import { type Printed, printFormula } from './formula.ts';
import { coordinatesOf, integerVariables, placeOf } from './integer.ts';
import { type Launch, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/** A reduction with formulas around it; `scalars` are those of both. */
export interface MapReduce {
  readonly op: 'sum' | 'max';
  /** They become 1. */
  readonly dims: readonly number[];
  /** Of the inputs: what is reduced. */
  readonly before: { readonly formula: Formula; readonly dtype: Dtype };
  /** Of each result. */
  readonly after: Formula | undefined;
  readonly scalars: readonly number[];
}

/** The sum or the greatest over dims, which become 1. */
export function planReduce(
  { op, dims }: Params['reduce'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  return planned({ op, dims, before: undefined, after: undefined, scalars: [] }, inputs, out, limits);
}

/** A formula of inputs of equal shape is reduced, and another one applied to each result. */
export function planMapReduce(
  reduction: MapReduce,
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  return planned({ ...reduction, before: reduction.before }, inputs, out, limits);
}

interface Reduction extends Omit<MapReduce, 'before'> {
  readonly before: MapReduce['before'] | undefined;
}

/** What a pass reads: for each array its strides along what is kept and what is reduced. */
interface Walk {
  readonly kept: readonly number[];
  readonly keptStrides: readonly (readonly number[])[];
  readonly reduced: readonly number[];
  readonly reducedStrides: readonly (readonly number[])[];
  readonly offsets: readonly number[];
  /** Whether what is kept lies closer together than what is reduced: neighbouring threads then take neighbours of it. */
  readonly keptInside: boolean;
}

function planned(reduction: Reduction, inputs: readonly Operand[], out: Spec, limits: Limits): Plan | undefined {
  const arrays = inputs.filter((x) => x.value === undefined);
  if (arrays.length > limits.arrays) return undefined;
  const { shape } = inputs[0]!.layout;
  const strides = arrays.map((x) => x.layout.strides);
  const reduces = shape.map((_, d) => reduction.dims.includes(d));
  const kept = mergeDims(
    shape.map((n, d) => (reduces[d] ? 1 : n)),
    strides,
  );
  const reduced = mergeDims(
    shape.map((n, d) => (reduces[d] ? n : 1)),
    strides,
  );
  let walk: Walk = {
    kept: kept.dims,
    keptStrides: kept.strides,
    reduced: reduced.dims,
    reducedStrides: reduced.strides,
    offsets: arrays.map((x) => x.layout.offset),
    keptInside: closest(kept.strides) < closest(reduced.strides),
  };
  const results = product(out.shape);
  const launches: Launch[] = [];
  for (;;) {
    const cut = cutOf(walk.reduced, termsAThread(product(walk.reduced), results));
    const launch = pass(reduction, inputs, walk, cut, launches.length, out, limits);
    if (!launch) return undefined;
    launches.push(launch);
    const left = [...walk.reduced.slice(0, cut.dim), cut.threads];
    const rest = product(left);
    if (rest === 1) return launches;
    const { keptInside } = walk;
    const [keptStep, step] = keptInside ? [1, results] : [rest, 1];
    const [keptStrides, reducedStrides] = [[[keptStep]], [[step]]];
    walk = { kept: [results], keptStrides, reduced: [rest], reducedStrides, offsets: [0], keptInside };
  }
}

/** The innermost stride of the first array that moves. */
function closest(strides: readonly (readonly number[])[]): number {
  for (const steps of strides) if (steps.some((step) => step !== 0)) return Math.abs(steps.at(-1)!);
  return Infinity;
}

function product(dims: readonly number[]): number {
  return dims.reduce((n, d) => n * d, 1);
}

/** The most terms that a thread takes in its stride, where there are few results and where there are many. */
const fewResults = 128;
const manyResults = 512;
const many = 8192;

/** How many terms each thread takes: all, or about as many in each pass. */
function termsAThread(terms: number, results: number): number {
  const most = results >= many ? manyResults : fewResults;
  if (terms <= most) return terms;
  const passes = Math.ceil(Math.log(terms) / Math.log(most) - 1e-9);
  return Math.ceil(terms ** (1 / passes));
}

/** Where a pass cuts the reduced dims: those behind `dim` are taken whole, and `threads` share that one. */
interface Cut {
  readonly dim: number;
  readonly threads: number;
}

function cutOf(reduced: readonly number[], most: number): Cut {
  let whole = 1;
  for (let dim = reduced.length - 1; dim >= 0; dim--) {
    const n = reduced[dim]!;
    if (whole * n > most) {
      const terms = Math.max(1, Math.floor(most / whole));
      if (terms === 1 && whole > 1) return { dim: dim + 1, threads: 1 };
      return { dim, threads: Math.ceil(n / terms) };
    }
    whole *= n;
  }
  return { dim: 0, threads: 1 };
}

/** One pass; the first one reads the operands, the others the result of the one before. */
function pass(
  reduction: Reduction,
  inputs: readonly Operand[],
  walk: Walk,
  cut: Cut,
  index: number,
  { dtype }: Spec,
  limits: Limits,
): Launch | undefined {
  const { kept, keptStrides, reduced, reducedStrides, offsets, keptInside } = walk;
  const builder = new LaunchBuilder();
  const outer = reduced.slice(0, cut.dim);
  const lanes = [...outer, cut.threads];
  const coordinates = coordinatesOf(builder, keptInside ? [...lanes, ...kept] : [...kept, ...lanes], limits);
  if (!coordinates) return undefined;
  const { threads, statements } = coordinates;
  const split = keptInside ? lanes.length : 0;
  const at = [...coordinates.at.slice(split), ...coordinates.at.slice(0, split)]; // kept, then lanes
  const lane = at.at(-1)!;
  const places = offsets.map((offset, i) => {
    const own = reducedStrides[i]![cut.dim] ?? 0;
    const strides = [...keptStrides[i]!, ...reducedStrides[i]!.slice(0, cut.dim), own];
    return placeOf(builder, at, strides, offset);
  });
  const loop = loops(builder, walk, cut, lane);
  const value = reducedOf(builder, reduction, inputs, index, (i) => `i${i}${loop.moved(i)}`);
  const sum = reduction.op === 'sum';
  const added = sum ? `s += ${value.result};` : `s = Math.max(s, ${value.result});`;
  const last = cut.dim === 0 && cut.threads === 1;
  const body = [
    statements,
    integerVariables(...places.map((_, i) => `i${i}`)),
    ...places.map((place, i) => `i${i} = ${place};\n`),
    `let s = ${sum ? '0.0' : '-3.4028234e38'};\n`,
    loop.open,
    value.statements,
    `${added}\n`,
    loop.close,
    last && reduction.after ? finishing(builder, reduction, dtype) : '',
    'return s;',
  ];
  return builder.launch(threads, body.join(''));
}

/** The loops over the terms of a thread, and how far from its first place each array is in them. */
function loops(
  builder: LaunchBuilder,
  { reduced, reducedStrides }: Walk,
  { dim, threads }: Cut,
  lane: string,
): { open: string; close: string; moved: (i: number) => string } {
  let [open, close] = ['', ''];
  const counters: string[] = [];
  const steps: number[] = []; // what a counter's step is along its dim
  for (let d = dim; d < reduced.length; d++) {
    const n = reduced[d]!;
    const shared = d === dim && threads > 1;
    const counter = `r${d}`;
    const count = shared ? Math.ceil(n / threads) : n;
    const inside = shared && count * threads !== n;
    open += `for (let ${counter} = 0; ${counter} < ${builder.integer(count)}; ${counter}++) {\n`;
    if (inside) open += `if (${counter} * ${builder.integer(threads)} + ${lane} < ${builder.integer(n)}) {\n`;
    close += inside ? '}\n}\n' : '}\n';
    counters.push(counter);
    steps.push(shared ? threads : 1);
  }
  const moved = (i: number): string => {
    const strides = steps.map((step, j) => step * reducedStrides[i]![dim + j]!);
    const place = placeOf(builder, counters, strides);
    return place === '0' ? '' : ` + ${place}`;
  };
  return { open, close, moved };
}

/** What is reduced. */
function reducedOf(
  builder: LaunchBuilder,
  { before, scalars }: Reduction,
  inputs: readonly Operand[],
  index: number,
  placeIn: (array: number) => string,
): Printed {
  if (index > 0) return { statements: '', result: `${builder.array({ launch: index - 1 })}[${placeIn(0)}]` };
  const arrays = inputs.flatMap((x, i) => (x.value === undefined ? [i] : []));
  const read = (i: number): string => {
    const x = inputs[i]!;
    return elementOf(builder, i, x)(x.value === undefined ? placeIn(arrays.indexOf(i)) : '');
  };
  if (!before) return { statements: '', result: read(0) };
  const { formula, dtype } = before;
  const dtypes = inputs.map((x) => x.dtype);
  const isInt = arithmeticOf(formula, dtypes, dtype) === 'int32';
  return printFormula(builder, formula.body, { isInt, dtype, prefix: 't' }, (e) =>
    e.op === 'scalar' ? builder.float(scalars[e.value]!) : read(e.value),
  );
}

/** The formula of a result. */
function finishing(builder: LaunchBuilder, { after, scalars }: Reduction, dtype: Dtype): string {
  const isInt = arithmeticOf(after!, [dtype], dtype) === 'int32';
  const { statements, result } = printFormula(builder, after!.body, { isInt, dtype, prefix: 'y' }, (e) =>
    e.op === 'scalar' ? builder.float(scalars[e.value]!) : 's',
  );
  return `${statements}s = ${result};\n`;
}
