/** The cases that every backend's kernels must agree on: primitives with their parameters, inputs and layouts. */
import type { Operand } from '../../kernels/cpu/operand.ts';
import { type Dtype, dtypes } from '../../src/core/dtype.ts';
import type { ConvParams, Params, Region, Spec } from '../../src/core/primitive.ts';
import type { Shape } from '../../src/core/shape.ts';
import { infer } from '../../src/tensor/infer.ts';
import type { Listed } from './naive.ts';
import { type Arrangement, arrangements, Dice, indices, operand } from './operands.ts';

/** A primitive, what it is given, and the spec of what it must give. */
export interface Case<P extends Listed> {
  readonly name: string;
  readonly primitive: P;
  readonly params: Params[P];
  readonly inputs: readonly Operand[];
  readonly out: Spec;
}

/** A case of any primitive. */
export type AnyCase = { [P in Listed]: Case<P> }[Listed];

const floats: readonly Dtype[] = ['float32', 'float64'];
const numbers: readonly Dtype[] = ['int32', ...floats];

/** The cases of each primitive, always the same ones. */
export const cases: { readonly [P in Listed]: () => Case<P>[] } = {
  full: () =>
    dtypes.flatMap((dtype) =>
      [0, -0, 1, -2.5, 0.1, 3e9, -1e20, Number.NaN, Infinity, -Infinity].flatMap((value) =>
        shapes.map((shape) => made('full', { shape, value, dtype }, [])),
      ),
    ),
  iota: () =>
    dtypes.flatMap((dtype) =>
      shapes.flatMap((shape) => shape.map((_, dim) => made('iota', { shape, dim, dtype }, []))),
    ),
  random: () =>
    numbers.flatMap((dtype) =>
      [[], [0], [1], [7], [4, 6], [3, 5, 7]].flatMap((shape) => [
        made('random', { draw: { key: [12, -34], index: 0 }, shape, dtype }, []),
        made('random', { draw: { key: [-1, 2 ** 31 - 1], index: 2 ** 32 - 1 }, shape, dtype }, []),
      ]),
    ),
  cast: () =>
    over(dtypes, (dice, from, arrangement) =>
      shapes.flatMap((shape) =>
        dtypes.map((dtype) => made('cast', { dtype }, [operand(dice, shape, from, arrangement, true)])),
      ),
    ),
  reduce: () =>
    over(dtypes, (dice, dtype, arrangement) =>
      reductions.flatMap(([shape, dims]) =>
        (['sum', 'max'] as const)
          .filter((op) => op === 'sum' || !dims.some((d) => shape[d] === 0))
          .flatMap((op) =>
            [false, true].map((special) =>
              made('reduce', { op, dims }, [operand(dice, shape, dtype, arrangement, special)]),
            ),
          ),
      ),
    ),
  place: () =>
    over(dtypes, (dice, dtype, arrangement) =>
      placements.map(([shape, ...parts]) => {
        const inputs = parts.map(([part]) => operand(dice, part, dtype, arrangement));
        return made('place', { shape, regions: parts.map(([, starts, steps]): Region => ({ starts, steps })) }, inputs);
      }),
    ),
  fold: () =>
    over(dtypes, (dice, dtype, arrangement) =>
      foldings.map(([shape, list]) => {
        const windows = list.map(([dim, size, stride, dilation]) => ({ dim, size, stride, dilation }));
        const x = infer.unfold({ windows }, [{ shape, dtype }]);
        return made('fold', { shape, windows }, [operand(dice, x.shape, dtype, arrangement)]);
      }),
    ),
  gather: () =>
    over(dtypes, (dice, dtype, arrangement) =>
      pickings.flatMap(([shape, index, dim]) =>
        [arrangement, 'plain' as const].map((how) =>
          made('gather', { dim }, [
            operand(dice, shape, dtype, arrangement),
            indices(dice, index, Math.max(1, shape[dim]!), how),
          ]),
        ),
      ),
    ),
  scatterAdd: () =>
    over(dtypes, (dice, dtype, arrangement) =>
      pickings.flatMap(([shape, index, dim]) =>
        [arrangement, 'plain' as const].map((how) =>
          made('scatterAdd', { dim, size: Math.max(1, shape[dim]!) }, [
            operand(dice, index, dtype, arrangement),
            indices(dice, index, Math.max(1, shape[dim]!), how),
          ]),
        ),
      ),
    ),
  matmul: () =>
    over(numbers, (dice, dtype, arrangement) =>
      products.flatMap(([a, b]) =>
        [false, true].map((special) =>
          made('matmul', {}, [
            operand(dice, a, dtype, arrangement, special),
            operand(dice, b, dtype, arrangement, special),
          ]),
        ),
      ),
    ),
  conv: () =>
    over(floats, (dice, dtype, arrangement) =>
      convolutions.flatMap(([x, w, params]) =>
        [false, true].map((special) =>
          made('conv', params, [
            operand(dice, x, dtype, arrangement, special),
            operand(dice, w, dtype, arrangement, special),
          ]),
        ),
      ),
    ),
  arg: () =>
    lines((dice, shape, dim, dtype, arrangement) =>
      shape[dim] === 0
        ? []
        : (['max', 'min'] as const).map((op) =>
            made('arg', { op, dim }, [operand(dice, shape, dtype, arrangement, true)]),
          ),
    ),
  argsort: () =>
    lines((dice, shape, dim, dtype, arrangement) =>
      [false, true].map((descending) =>
        made('argsort', { dim, descending }, [operand(dice, shape, dtype, arrangement, true)]),
      ),
    ),
  scan: () =>
    lines((dice, shape, dim, dtype, arrangement) =>
      [false, true].map((reverse) => made('scan', { dim, reverse }, [operand(dice, shape, dtype, arrangement)])),
    ),
};

const shapes: readonly Shape[] = [[], [1], [7], [0], [3, 0, 2], [3, 4], [2, 1, 5], [2, 3, 4, 5]];

// biome-ignore format: a row a case
const reductions: readonly (readonly [Shape, readonly number[]])[] = [
  [[], []],
  [[5], [0]],
  [[0], [0]],
  [[2, 0, 3], [1]],
  [[0, 3], [1]],
  [[4, 6], []],
  [[4, 6], [0]],
  [[4, 6], [1]],
  [[4, 6], [0, 1]],
  [[6, 20], [0]],
  [[3, 4, 5], [0, 2]],
  [[3, 4, 5], [1]],
  [[2, 3, 4, 9], [0, 2]],
  [[2, 3, 4, 5], [3, 1]],
  [[300], [0]],
  [[2, 200, 3], [1]],
];

/** [shape, [part, starts, steps], …]. */
type Placement = readonly [Shape, ...(readonly [Shape, readonly number[], readonly number[]])[]];
// biome-ignore format: a row a case
const placements: readonly Placement[] = [
  [[], [[], [], []]],
  [[], [[], [], []], [[], [], []]],
  [[6], [[2], [1], [1]]],
  [[6], [[3], [5], [-2]], [[2], [0], [2]]],
  [[6], [[4], [0], [1]], [[4], [2], [1]], [[0], [3], [1]]],
  [[4, 5], [[2, 5], [0, 0], [1, 1]], [[2, 5], [2, 0], [1, 1]]],
  [[4, 5], [[2, 3], [3, 0], [-3, 2]], [[4, 2], [0, 3], [1, -3]], [[1, 1], [2, 2], [1, 1]]],
  [[2, 3, 4], [[1, 3, 2], [1, 0, 3], [1, 1, -2]], [[2, 1, 4], [0, 2, 0], [1, 1, 1]]],
  [[3, 0], [[2, 0], [1, 0], [1, 1]]],
];

/** [shape, [dim, size, stride, dilation] of each window]. */
// biome-ignore format: a row a case
const foldings: readonly (readonly [Shape, readonly (readonly [number, number, number, number])[]])[] = [
  [[6], []],
  [[6], [[0, 2, 1, 1]]],
  [[9], [[0, 3, 2, 2]]],
  [[2, 6, 7], [[1, 3, 1, 1], [2, 2, 3, 1]]],
  [[2, 6, 7], [[2, 2, 2, 1], [1, 2, 1, 3]]],
  [[5, 3], [[0, 5, 1, 1]]],
  [[0, 4], [[1, 2, 1, 1]]],
];

/** [shape of x, shape of the index, dim]. */
// biome-ignore format: a row a case
const pickings: readonly (readonly [Shape, Shape, number])[] = [
  [[5], [8], 0],
  [[5], [0], 0],
  [[5, 3], [4, 3], 0],
  [[5, 3], [5, 7], 1],
  [[2, 6, 4], [2, 9, 4], 1],
  [[3, 6, 4], [2, 3, 2], 1],
  [[3, 2, 5], [3, 2, 1], 2],
  [[0, 3], [0, 2], 1],
  [[4, 3, 2], [7, 3, 2], 0],
];

// biome-ignore format: a row a case
const products: readonly (readonly [Shape, Shape])[] = [
  [[2, 3], [3, 4]],
  [[1, 9], [9, 1]],
  [[1, 5], [5, 17]],
  [[19, 6], [6, 1]],
  [[19, 6], [6, 2]],
  [[3, 0], [0, 4]],
  [[0, 3], [3, 4]],
  [[5, 7], [7, 6]],
  [[10, 11], [11, 13]],
  [[3, 4, 5], [3, 5, 6]],
  [[2, 3, 4, 2], [2, 3, 2, 5]],
  [[2, 0, 4], [2, 4, 3]],
  [[2, 600], [600, 4]],
];

const geometry = (rank: number, changes: Partial<ConvParams> = {}): ConvParams => ({
  stride: Array<number>(rank).fill(1),
  padding: Array.from({ length: rank }, () => [0, 0] as const),
  dilation: Array<number>(rank).fill(1),
  inputDilation: Array<number>(rank).fill(1),
  groups: 1,
  ...changes,
});
// biome-ignore format: a row a case
const convolutions: readonly (readonly [Shape, Shape, ConvParams])[] = [
  [[2, 3], [4, 3], geometry(0)],
  [[2, 3, 8], [4, 3, 3], geometry(1)],
  [[1, 2, 9], [4, 1, 3], geometry(1, { stride: [2], padding: [[1, 2]], dilation: [2], groups: 2 })],
  [[2, 3, 6, 5], [4, 3, 3, 2], geometry(2)],
  [[2, 4, 6, 5], [6, 2, 3, 3], geometry(2, { padding: [[1, 1], [1, 1]], groups: 2 })],
  [[2, 3, 7, 6], [3, 1, 3, 3], geometry(2, { stride: [2, 3], padding: [[2, 1], [2, 1]], groups: 3 })],
  [[1, 2, 4, 5], [5, 2, 3, 2], geometry(2, { inputDilation: [2, 3], padding: [[2, 1], [0, 3]] })],
  [[1, 2, 8, 9], [3, 2, 2, 2], geometry(2, { padding: [[-1, -2], [-3, 0]], stride: [1, 2] })],
  [[2, 1, 6, 6], [2, 1, 2, 2], geometry(2, { padding: [[-1, 1], [2, -2]], inputDilation: [2, 2], dilation: [2, 1] })],
  [[1, 1, 8], [2, 1, 2], geometry(1, { padding: [[-2, 1]] })],
  [[1, 1, 2, 2], [1, 1, 1, 1], geometry(2, { padding: [[3, 3], [0, 4]] })],
  [[1, 1, 5], [2, 1, 1], geometry(1, { padding: [[-7, 4]], inputDilation: [2] })],
  [[2, 2, 6, 6], [3, 2, 5, 5], geometry(2, { padding: [[4, 4], [4, 4]] })],
  [[0, 2, 4, 4], [3, 2, 3, 3], geometry(2)],
  [[2, 0, 4, 4], [3, 0, 3, 3], geometry(2)],
  [[1, 2, 4, 3, 5], [3, 2, 2, 3, 2], geometry(3, { padding: [[1, 0], [0, 1], [1, 0]] })],
];

/** A case with the spec that the library infers for it. */
function made<P extends Listed>(primitive: P, params: Params[P], inputs: readonly Operand[]): Case<P> {
  const out = infer[primitive](
    params,
    inputs.map((x) => ({ shape: x.layout.shape, dtype: x.dtype })),
  );
  const views = inputs.map((x) => `${x.dtype} [${x.layout.shape}] by [${x.layout.strides}] from ${x.layout.offset}`);
  return { name: `${primitive} ${JSON.stringify(params)} of ${views.join(', ')}`, primitive, params, inputs, out };
}

/** Cases for each dtype and arrangement. */
function over<T>(kinds: readonly Dtype[], build: (dice: Dice, dtype: Dtype, how: Arrangement) => T[]): T[] {
  const dice = new Dice(2024);
  return kinds.flatMap((dtype) => arrangements.flatMap((how) => build(dice, dtype, how)));
}

/** Cases for each dim of some shapes as well. */
function lines<T>(build: (dice: Dice, shape: Shape, dim: number, dtype: Dtype, how: Arrangement) => T[]): T[] {
  const sizes: readonly Shape[] = [[1], [9], [0], [0, 3], [3, 0], [4, 7], [3, 5, 4], [20, 2], [70]];
  return over(dtypes, (dice, dtype, how) =>
    sizes.flatMap((shape) => shape.flatMap((_, dim) => build(dice, shape, dim, dtype, how))),
  );
}
