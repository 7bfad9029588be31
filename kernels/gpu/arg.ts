/** Where the greatest and least elements are: a thread for each line, or for each part of one where lines are few. */
import type { Params, Spec } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { elementOf } from './element.ts';
import { coordinatesOf, integerVariables, placeOf } from './integer.ts';
import { exactBelow, type Launch, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

const enoughLines = 8192;
const shortLine = 256;

/** The first index of the greatest or least along `dim`. */
export function planArg(
  { op, dim }: Params['arg'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const x = inputs[0]!;
  const n = x.layout.shape[dim]!;
  if (n > exactBelow) return undefined;
  const whole = n <= shortLine || sizeOf(out.shape) >= enoughLines;
  const parts = whole ? 1 : Math.ceil(n / Math.ceil(Math.sqrt(n)));
  const first = search(x, dim, op, parts, undefined, limits);
  if (!first || whole) return first && [first];
  const second = search(x, dim, op, 1, parts, limits);
  return second && [first, second];
}

/**
 * One pass over the lines, each cut into `parts`; its results have the parts in the place of the dim.
 * @param found how many indices of each line the launch before has found, which then are all that is looked at.
 */
function search(
  x: Operand,
  dim: number,
  op: 'max' | 'min',
  parts: number,
  found: number | undefined,
  limits: Limits,
): Launch | undefined {
  const builder = new LaunchBuilder();
  const { shape, strides, offset } = x.layout;
  const n = shape[dim]!;
  const threads = shape.map((size, d) => (d === dim ? parts : size));
  const coordinates = coordinatesOf(builder, threads, limits);
  if (!coordinates) return undefined;
  const { at } = coordinates;
  const place = placeOf(
    builder,
    at.map((name, d) => (d === dim ? 'k' : name)),
    strides,
    offset,
  );
  const count = found ?? Math.ceil(n / parts);
  const ended = builder.integer(n);
  const better = op === 'max' ? '>' : '<';
  const next = found ? candidate(builder, at, shape, dim, found) : `k = first + i;`;
  const body = `${coordinates.statements}${integerVariables('k', 'first')}first = ${at[dim]} * ${builder.integer(count)};
let best = 0.0;
let where = -1.0;
for (let i = 0; i < ${builder.integer(count)}; i++) {
${next}
if (k < ${ended}) {
const v = ${elementOf(builder, 0, x)(place)};
if (where < 0.0 || v ${better} best) { best = v; where = k; }
}
}
return where;`;
  return builder.launch(coordinates.threads, body);
}

/** The i-th index that was found in the line before. */
function candidate(
  builder: LaunchBuilder,
  at: readonly string[],
  shape: readonly number[],
  dim: number,
  found: number,
): string {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= d === dim ? found : shape[d]!;
  }
  const place = placeOf(
    builder,
    at.map((name, d) => (d === dim ? 'i' : name)),
    strides,
  );
  return `k = Math.floor(${builder.array({ launch: 0 })}[${place}]) | 0;`;
}
