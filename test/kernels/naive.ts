/** The primitives once more, as their definitions read: one element at a time, by coordinates. */
import type { Operand } from '../../kernels/cpu/operand.ts';
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import type { Computation, Params, Spec } from '../../src/core/primitive.ts';
import { threefry } from '../../src/core/random.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';

/** All primitives that compute but `map`, which has formulas of its own to be held against. */
export type Listed = Exclude<Computation, 'map'>;

type Definition<P extends Listed> = (params: Params[P], inputs: readonly Operand[], out: Spec) => number[];

/** All coordinates of a shape in row-major order. */
export function* coordinates(shape: Shape): Generator<number[]> {
  const size = sizeOf(shape);
  for (let i = 0; i < size; i++) {
    let left = i;
    const at = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      at[d] = left % shape[d]!;
      left = Math.floor(left / shape[d]!);
    }
    yield at;
  }
}

/** The element at some coordinates. */
export function read(x: Operand, at: readonly number[]): number {
  return x.storage[at.reduce((sum, c, d) => sum + c * x.layout.strides[d]!, x.layout.offset)]!;
}

/** The number as an element of the dtype, as the casts of the library are told. */
export function convert(value: number, dtype: Dtype): number {
  if (dtype === 'bool') return Number.isNaN(value) || value !== 0 ? 1 : 0;
  if (dtype === 'float32') return Math.fround(value);
  if (dtype === 'float64') return value;
  return Number.isNaN(value) ? 0 : Math.min(Math.max(Math.trunc(value), -(2 ** 31)), 2 ** 31 - 1);
}

/** What a primitive gives by its definition, in its dtype. */
export function define<P extends Listed>(
  primitive: P,
  params: Params[P],
  inputs: readonly Operand[],
  out: Spec,
): TypedArray {
  const values = definitions[primitive](params, inputs, out);
  const array: TypedArray = allocate(out.dtype, values.length);
  array.set(values);
  return array;
}

/** The sum as the dtype has it: ints wrap, floats are added in double precision in this order. */
function total(terms: readonly (readonly [number, number])[], dtype: Dtype): number {
  if (dtype !== 'int32') return terms.reduce((sum, [a, b]) => sum + a * b, 0);
  return Number(
    BigInt.asIntN(
      32,
      terms.reduce((sum, [a, b]) => sum + BigInt(a) * BigInt(b), 0n),
    ),
  );
}

const replace = (at: readonly number[], d: number, value: number) => at.map((c, i) => (i === d ? value : c));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** One more addition to an element, in the element's own dtype. */
function plus(a: number, b: number, dtype: Dtype): number {
  if (dtype === 'bool') return a || b;
  return dtype === 'int32' ? (a + b) | 0 : convert(a + b, dtype);
}

const definitions: { readonly [P in Listed]: Definition<P> } = {
  full: ({ shape, value, dtype }) => [...coordinates(shape)].map(() => convert(value, dtype)),
  iota: ({ shape, dim, dtype }) => [...coordinates(shape)].map((at) => convert(at[dim]!, dtype)),
  random: ({ draw, shape, dtype }) =>
    range(sizeOf(shape)).map((i) => {
      const words = new Int32Array(2);
      threefry(draw.key, dtype === 'float64' ? i : Math.floor(i / 2), draw.index, words);
      const [a, b] = [words[0]! >>> 0, words[1]! >>> 0];
      if (dtype === 'float64') return (Math.floor(a / 2 ** 5) * 2 ** 26 + Math.floor(b / 2 ** 6)) / 2 ** 53;
      const word = i % 2 === 0 ? a : b;
      return dtype === 'int32' ? word | 0 : Math.floor(word / 2 ** 8) / 2 ** 24;
    }),
  cast: ({ dtype }, [x]) => [...coordinates(x!.layout.shape)].map((at) => convert(read(x!, at), dtype)),
  reduce: ({ op, dims }, [x], out) =>
    [...coordinates(out.shape)].map((at) => {
      const reduced = x!.layout.shape.map((n, d) => (dims.includes(d) ? n : 1));
      const values = [...coordinates(reduced)].map((r) =>
        read(
          x!,
          r.map((c, d) => c + at[d]!),
        ),
      );
      return op === 'max'
        ? Math.max(...values)
        : total(
            values.map((v) => [v, 1]),
            out.dtype,
          );
    }),
  place: ({ regions, shape }, parts, out) =>
    [...coordinates(shape)].map((at) => {
      const hits = parts.flatMap((part, p) => {
        const within = at.map((c, d) => (c - regions[p]!.starts[d]!) / regions[p]!.steps[d]!);
        const inside = within.every((i, d) => Number.isInteger(i) && i >= 0 && i < part.layout.shape[d]!);
        return inside ? [read(part, within)] : [];
      });
      return hits.length === 0 ? 0 : hits.reduce((sum, v) => plus(sum, v, out.dtype));
    }),
  fold: ({ windows, shape }, [x], out) => {
    const sums = new Map<string, number>();
    const counts = x!.layout.shape.slice(0, shape.length);
    for (const place of coordinates(x!.layout.shape.slice(shape.length))) {
      for (const at of coordinates(counts)) {
        const target = [...at];
        windows.forEach((w, i) => {
          target[w.dim] = at[w.dim]! * w.stride + place[i]! * w.dilation;
        });
        sums.set(target.join(), plus(sums.get(target.join()) ?? 0, read(x!, [...at, ...place]), out.dtype));
      }
    }
    return [...coordinates(shape)].map((at) => sums.get(at.join()) ?? 0);
  },
  gather: ({ dim }, [x, index]) =>
    [...coordinates(index!.layout.shape)].map((at) => read(x!, replace(at, dim, read(index!, at)))),
  scatterAdd: ({ dim }, [x, index], out) => {
    const sums = new Map<string, number>();
    for (const at of coordinates(index!.layout.shape)) {
      const target = replace(at, dim, read(index!, at)).join();
      sums.set(target, plus(sums.get(target) ?? 0, read(x!, at), out.dtype));
    }
    return [...coordinates(out.shape)].map((at) => sums.get(at.join()) ?? 0);
  },
  matmul: (_params, [a, b], out) =>
    [...coordinates(out.shape)].map((at) => {
      const [batch, m, n] = [at.slice(0, -2), at.at(-2)!, at.at(-1)!];
      const terms = range(a!.layout.shape.at(-1)!).map((k): [number, number] => [
        read(a!, [...batch, m, k]),
        read(b!, [...batch, k, n]),
      ]);
      return total(terms, out.dtype);
    }),
  conv: (params, [x, w], out) => {
    const [, channels, ...kernel] = w!.layout.shape;
    const perGroup = out.shape[1]! / params.groups;
    return [...coordinates(out.shape)].map(([n, o, ...p]) => {
      const first = Math.floor(o! / perGroup) * channels!;
      const terms = [...coordinates([channels!, ...kernel])].map(([c, ...k]): [number, number] => {
        const at = p.map((q, d) => q * params.stride[d]! + k[d]! * params.dilation[d]! - params.padding[d]![0]);
        const source = at.map((q, d) => q / params.inputDilation[d]!);
        const inside = source.every((q, d) => Number.isInteger(q) && q >= 0 && q < x!.layout.shape[d + 2]!);
        return [inside ? read(x!, [n!, first + c!, ...source]) : 0, read(w!, [o!, c!, ...k])];
      });
      return total(terms, out.dtype);
    });
  },
  arg: ({ op, dim }, [x], out) =>
    [...coordinates(out.shape)].map((at) => {
      const line = range(x!.layout.shape[dim]!).map((i) => read(x!, replace(at, dim, i)));
      const nan = line.findIndex(Number.isNaN);
      return nan >= 0 ? nan : line.indexOf(op === 'max' ? Math.max(...line) : Math.min(...line));
    }),
  argsort: ({ dim, descending }, [x]) => {
    const before = (a: number, b: number): number => {
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      return a < b ? -1 : a > b ? 1 : 0;
    };
    return [...coordinates(x!.layout.shape)].map((at) => {
      const line = range(x!.layout.shape[dim]!).map((i) => read(x!, replace(at, dim, i)));
      const order = range(line.length).sort((i, j) => before(line[i]!, line[j]!) * (descending ? -1 : 1));
      return order[at[dim]!]!;
    });
  },
  scan: ({ dim, reverse }, [x], out) =>
    [...coordinates(out.shape)].map((at) => {
      const line = range(x!.layout.shape[dim]!).map((i) => read(x!, replace(at, dim, i)));
      const terms = reverse ? line.slice(at[dim]!).reverse() : line.slice(0, at[dim]! + 1);
      return total(
        terms.map((v) => [v, 1]),
        out.dtype,
      );
    }),
};
