/** Walks: nested loops over dims whose sizes and strides are parameters, for any part of the flattened index. */
import type { Space } from '../../src/core/layout.ts';
import { type I32, type Statement, sequence } from './code.ts';
import { countDown, type FunctionBuilder, increase, type Local, when } from './function.ts';
import { i32 } from './instruction.ts';

export type Int = Local<'i32'>;

/** The parameters of a kernel that takes nothing but whole numbers. */
export type Ints = Readonly<Record<string, 'i32'>>;

/** The dims of a walk, outermost first, and how far each step of a dim moves each pointer. */
export interface Way {
  readonly sizes: readonly Int[];
  /** Per pointer. */
  readonly strides: readonly (readonly Int[])[];
}

/** The parameters of a way that moves some pointers through `rank` dims. */
export function waySignature(prefix: string, rank: number, pointers: number): Ints {
  const names = [`${prefix}Size`, ...Array.from({ length: pointers }, (_, i) => `${prefix}Stride${i}x`)];
  return Object.fromEntries(names.flatMap((name) => upTo(rank).map((d) => [name + d, 'i32' as const])));
}

/** The way among a kernel's parameters. */
export function wayOf(p: Readonly<Record<string, Int>>, prefix: string, rank: number, pointers: number): Way {
  const at = (name: string): Int[] => upTo(rank).map((d) => p[prefix + name + d]!);
  return { sizes: at('Size'), strides: Array.from({ length: pointers }, (_, i) => at(`Stride${i}x`)) };
}

/** The arguments for these parameters: sizes, then the strides of each pointer. */
export function wayArguments({ dims, strides }: Space): number[] {
  return [...dims, ...strides.flat()];
}

/** A space of elements with strides in bytes. */
export function inBytes({ dims, strides }: Space, bytes: readonly number[]): Space {
  return { dims, strides: strides.map((s, i) => s.map((stride) => stride * bytes[i]!)) };
}

/** The innermost dim in blocks of elements, and one more pointer that counts the elements before. */
export function inBlocks({ dims, strides }: Space, size: number): Space {
  const last = dims.length - 1;
  return {
    dims: dims.map((n, d) => (d === last ? Math.ceil(n / size) : n)),
    strides: [
      ...strides.map((s) => s.map((stride, d) => (d === last ? stride * size : stride))),
      dims.map((_, d) => (d === last ? size : 0)),
    ],
  };
}

function upTo(rank: number): number[] {
  return Array.from({ length: rank }, (_, d) => d);
}

/**
 * `body` for each index of the dims in row-major order, with the pointers moved there; or for the flattened indices from
 * `from` to before `to`. The pointers start where index 0 is; they are elsewhere at the end.
 */
export function walk(
  f: FunctionBuilder,
  way: Way,
  pointers: readonly Int[],
  body: readonly Statement[],
  part?: { readonly from: I32; readonly to: I32 },
): Statement {
  const { sizes } = way;
  if (sizes.length === 0 && !part) return sequence(body);
  const at = sizes.map(() => f.i32());
  const left = f.i32();
  const turns = countDown(left, 1, [...body, ...step(way, pointers, at, sizes.length - 1)]);
  if (!part) {
    const count = sizes.slice(1).reduce<I32>((n, size) => i32.mul(n, size), sizes[0]!);
    return sequence(
      at.map((index) => index.set(0)),
      left.set(count),
      turns,
    );
  }
  const { from, to } = part;
  const rest = f.i32();
  const seek = sizes.map((size, d) => [
    ...(d > 0 ? [at[d]!.set(i32.remU(rest, size)), rest.set(i32.divU(rest, size))] : [at[d]!.set(rest)]),
    ...move(way, pointers, d, at[d]!),
  ]);
  return when(i32.lt(from, to), [rest.set(from), ...seek.reverse().flat(), left.set(i32.sub(to, from)), turns]);
}

/** All pointers on by some steps in dim d. */
function move({ strides }: Way, pointers: readonly Int[], d: number, by?: I32): Statement[] {
  return pointers.map((q, i) => increase(q, by === undefined ? strides[i]![d]! : i32.mul(by, strides[i]![d]!)));
}

/** To the next index: one on in dim d, and where that ends, back to its start with one on in the dim before. */
function step(way: Way, pointers: readonly Int[], at: readonly Int[], d: number): readonly Statement[] {
  if (d < 0) return [];
  if (d === 0) return move(way, pointers, 0);
  const back = [at[d]!.set(0), ...move(way, pointers, d, i32.sub(0, way.sizes[d]!))];
  return [
    ...move(way, pointers, d),
    increase(at[d]!, 1),
    when(i32.eq(at[d]!, way.sizes[d]!), [...back, ...step(way, pointers, at, d - 1)]),
  ];
}
