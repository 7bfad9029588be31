/** The order that sorts each line: short lines by counting what goes before, longer ones by a network of exchanges. */
import type { Params, Spec } from '../../src/core/primitive.ts';
import { elementOf } from './element.ts';
import { coordinatesOf, divideInto, integerVariables, placeOf } from './integer.ts';
import { exactBelow, type Launch, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

const shortLine = 512;

/** Where elements lie: before and behind the dim, and along it. */
interface Lines {
  readonly x: Operand;
  readonly dim: number;
  readonly n: number;
  /** The shape of the result, with the dim at `length`. */
  readonly shape: (length: number) => readonly number[];
}

/** The indices that sort along `dim`; equals keep their order. NaN is the greatest. */
export function planArgsort(
  { dim, descending }: Params['argsort'],
  inputs: readonly Operand[],
  _out: Spec,
  limits: Limits,
): Plan | undefined {
  const x = inputs[0]!;
  const n = x.layout.shape[dim]!;
  if (n > exactBelow) return undefined;
  const lines: Lines = { x, dim, n, shape: (length) => x.layout.shape.map((size, d) => (d === dim ? length : size)) };
  return n <= shortLine ? byCounting(lines, descending, limits) : byNetwork(lines, descending, limits);
}

/** The element of the line at the whole number `k`, as a key: the greater, the later. */
function keyAt(
  builder: LaunchBuilder,
  { x, dim }: Lines,
  at: readonly string[],
  k: string,
  descending: boolean,
): string {
  const from = at.map((name, d) => (d === dim ? k : name));
  const element = elementOf(builder, 0, x)(placeOf(builder, from, x.layout.strides, x.layout.offset));
  return descending ? `-${element}` : element;
}

/** NaN as a number, so that there is an order: the greatest. */
function ordered(name: string, descending: boolean): string {
  const end = descending ? '(-3.4028234e38)' : '3.4028234e38';
  return `const ${name} = ${name}0 <= 3.4028234e38 ? ${name}0 : (${name}0 > 0.0 ? 3.4028234e38 : ${end});\n`;
}

/** First the place of each element, then for each place which element is there. */
function byCounting(lines: Lines, descending: boolean, limits: Limits): Plan | undefined {
  const { n, dim } = lines;
  const ranks = new LaunchBuilder();
  const first = coordinatesOf(ranks, lines.shape(n), limits);
  if (!first) return undefined;
  const own = first.at[dim]!;
  const ranking = `${first.statements}const x0 = ${keyAt(ranks, lines, first.at, own, descending)};
${ordered('x', descending)}let rank = 0.0;
for (let i = 0; i < ${ranks.integer(n)}; i++) {
const y0 = ${keyAt(ranks, lines, first.at, 'i', descending)};
${ordered('y', descending)}if (y < x || (y === x && i < ${own})) { rank += 1.0; }
}
return rank;`;
  const picks = new LaunchBuilder();
  const second = coordinatesOf(picks, lines.shape(n), limits);
  if (!second) return undefined;
  const rankAt = placeOf(picks, alongWith(second.at, dim, 'i'), rowMajor(lines.shape(n)));
  const picking = `${second.statements}const own = ${second.at[dim]} * 1.0;
let where = 0.0;
for (let i = 0; i < ${picks.integer(n)}; i++) {
if (${picks.array({ launch: 0 })}[${rankAt}] === own) { where = i; }
}
return where;`;
  return [ranks.launch(first.threads, ranking), picks.launch(second.threads, picking)];
}

/**
 * Batcher's bitonic network (1968) over indices: in each pass every place keeps its index or takes that of its partner.
 * Places behind the line's end hold indices behind it, which come last. Of equals the lower index comes first.
 */
function byNetwork(lines: Lines, descending: boolean, limits: Limits): Plan | undefined {
  const size = 2 ** Math.ceil(Math.log2(lines.n));
  const launches: Launch[] = [];
  for (let run = 2; run <= size; run *= 2) {
    for (let apart = run / 2; apart >= 1; apart /= 2) {
      const launch = exchange(lines, descending, { size, run, apart, last: launches.length - 1 }, limits);
      if (!launch) return undefined;
      launches.push(launch);
    }
  }
  const cut = new LaunchBuilder();
  const coordinates = coordinatesOf(cut, lines.shape(lines.n), limits);
  if (!coordinates) return undefined;
  const place = placeOf(cut, coordinates.at, rowMajor(lines.shape(size)));
  const index = cut.array({ launch: launches.length - 1 });
  return [...launches, cut.launch(coordinates.threads, `${coordinates.statements}return ${index}[${place}];`)];
}

interface Pass {
  /** Places of a line, a power of 2. */
  readonly size: number;
  /** Runs of this length are sorted after their passes, by turns up and down. */
  readonly run: number;
  readonly apart: number;
  /** The launch before. */
  readonly last: number;
}

function exchange(lines: Lines, descending: boolean, pass: Pass, limits: Limits): Launch | undefined {
  const { dim } = lines;
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, lines.shape(pass.size), limits);
  if (!coordinates) return undefined;
  const { at, statements, threads } = coordinates;
  const [n, run, apart] = [lines.n, pass.run, pass.apart].map((v) => builder.integer(v));
  const indexAt = (place: string): string => {
    if (pass.last < 0) return place;
    const name = builder.array({ launch: pass.last });
    return `Math.floor(${name}[${placeOf(builder, alongWith(at, dim, place), rowMajor(lines.shape(pass.size)))}]) | 0`;
  };
  const key = (k: string) => keyAt(builder, lines, at, k, descending);
  const body = `${statements}${integerVariables('own', 'other', 'q', 'r', 'h', 'up', 'p', 'k')}own = ${at[dim]};
${divideInto('own', apart!, 'q', 'r')}${divideInto('q', '2', 'h', 'r')}other = own + ${apart} - 2 * r * ${apart};
${divideInto('own', run!, 'q', 'p')}${divideInto('q', '2', 'h', 'up')}p = ${indexAt('own')};
k = ${indexAt('other')};
let behind = p > k ? 1.0 : 0.0;
if (p < ${n} && k < ${n}) {
const x0 = ${key('p')};
const y0 = ${key('k')};
${ordered('x', descending)}${ordered('y', descending)}behind = (x > y || (x === y && p > k)) ? 1.0 : 0.0;
}
const wanted = r === up ? 0.0 : 1.0;
return behind === wanted ? p : k;`;
  return builder.launch(threads, body);
}

function alongWith(at: readonly string[], dim: number, name: string): string[] {
  return at.map((own, d) => (d === dim ? name : own));
}

function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}
