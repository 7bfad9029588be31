/** Parts put together in one array of zeros: each thread looks which parts cover its element. */

import { contiguousLayout } from '../../src/core/layout.ts';
import type { Params, Region, Spec } from '../../src/core/primitive.ts';
import { elementOf } from './element.ts';
import { coordinatesOf, divideInto, integerVariables, placeOf } from './integer.ts';
import { type Launch, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/** A part and where it lands; that of an earlier launch holds several parts. */
interface Part {
  readonly operand: Operand;
  /** Its index among the operands or, below 0, −1 less the index of its launch. */
  readonly source: number;
  readonly region: Region;
}

/** Zeros of `shape` with part i added at region i; more parts than a kernel may read are put together in boxes first. */
export function planPlace(
  { regions, shape }: Params['place'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  let parts = inputs.map((operand, i): Part => ({ operand, source: i, region: regions[i]! }));
  const launches: Launch[] = [];
  while (parts.length > limits.arrays) {
    const boxes: Part[] = [];
    for (let i = 0; i < parts.length; i += limits.arrays) {
      const group = parts.slice(i, i + limits.arrays);
      const box = boxOf(group);
      const moved = group.map((part) => ({ ...part, region: from(part.region, box.starts) }));
      const launch = join(moved, { shape: box.shape, dtype: out.dtype }, limits);
      if (!launch) return undefined;
      const operand = { layout: contiguousLayout(box.shape), dtype: out.dtype };
      const region = { starts: box.starts, steps: box.starts.map(() => 1) };
      boxes.push({ operand, source: -launches.push(launch), region });
    }
    parts = boxes;
  }
  const last = join(parts, { shape, dtype: out.dtype }, limits);
  return last && [...launches, last];
}

/** The least box around some parts. */
function boxOf(parts: readonly Part[]): { readonly starts: number[]; readonly shape: number[] } {
  const ends = parts.map(({ operand, region }) => {
    return region.starts.map((start, d) => start + (operand.layout.shape[d]! - 1) * region.steps[d]!);
  });
  const rank = parts[0]!.region.starts.length;
  const starts: number[] = [];
  const shape: number[] = [];
  for (let d = 0; d < rank; d++) {
    const corners = parts.flatMap(({ region }, i) => [region.starts[d]!, ends[i]![d]!]);
    starts.push(Math.min(...corners));
    shape.push(Math.max(...corners) - starts[d]! + 1);
  }
  return { starts, shape };
}

function from({ starts, steps }: Region, corner: readonly number[]): Region {
  return { starts: starts.map((start, d) => start - corner[d]!), steps };
}

function join(parts: readonly Part[], { shape, dtype }: Spec, limits: Limits): Launch | undefined {
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, shape, limits);
  if (!coordinates) return undefined;
  const { at, statements, threads } = coordinates;
  const adds = parts.map((part, p) => addition(builder, part, p, at, { shape, dtype }));
  return builder.launch(
    threads,
    `${statements}${integerVariables('q', 'r')}let sum = 0.0;\n${adds.join('')}return sum;`,
  );
}

/** Adds what a part has for an element, if it covers it. */
function addition(
  builder: LaunchBuilder,
  { operand, source, region }: Part,
  p: number,
  at: readonly string[],
  { shape, dtype }: Spec,
): string {
  let [open, close] = ['', ''];
  const own = at.map((name, d) => {
    const [n, start, step] = [operand.layout.shape[d]!, region.starts[d]!, region.steps[d]!];
    if (start === 0 && step === 1 && n === shape[d]) return name;
    const place = `p${p}d${d}`;
    const apart = Math.abs(step);
    const [s, end] = [builder.integer(start), builder.integer((n - 1) * apart + 1)];
    open += `${integerVariables(place)}${place} = ${step > 0 ? `${name} - ${s}` : `${s} - ${name}`};
if (${place} >= 0 && ${place} < ${end}) {\n`;
    close += '}\n';
    if (apart === 1) return place;
    open += `${divideInto(place, builder.integer(apart), 'q', 'r')}if (r === 0) {\n${place} = q;\n`;
    close += '}\n';
    return place;
  });
  const { strides, offset } = operand.layout;
  const element =
    source < 0
      ? `${builder.array({ launch: -source - 1 })}[${placeOf(builder, own, strides, offset)}]`
      : elementOf(builder, source, operand)(placeOf(builder, own, strides, offset));
  const added = dtype === 'bool' ? `if (${element} !== 0.0) { sum = 1.0; }\n` : `sum += ${element};\n`;
  return `${open}${added}${close}`;
}
