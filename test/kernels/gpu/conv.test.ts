/** Convolutions as plans: rows in fours or widened to fours, wide kernels in pieces, channels in parts, every geometry. */
import { describe, expect, it } from 'vitest';
import { conv } from '../../../kernels/cpu/conv.ts';
import { planConv, planConvolution } from '../../../kernels/gpu/conv.ts';
import type { Limits } from '../../../kernels/gpu/launch.ts';
import { add, input, max } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import type { ConvParams } from '../../../src/core/primitive.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { infer } from '../../../src/tensor/infer.ts';
import { arrangements } from '../operands.ts';
import { type Both, expectClose, given, single } from './given.ts';
import { narrow, run, wide } from './on-cpu-mode.ts';

const geometry = (rank: number, changes: Partial<ConvParams> = {}): ConvParams => ({
  stride: Array<number>(rank).fill(1),
  padding: Array.from({ length: rank }, () => [0, 0] as const),
  dilation: Array<number>(rank).fill(1),
  inputDilation: Array<number>(rank).fill(1),
  groups: 1,
  ...changes,
});

const two = [2, 2];
// biome-ignore format: a row a case
const geometries: readonly (readonly [string, Shape, Shape, ConvParams])[] = [
  ['rows of four', [2, 3, 8, 12], [4, 3, 3, 5], geometry(2)],
  ['padded rows', [2, 3, 6, 8], [4, 3, 3, 3], geometry(2, { padding: [[1, 1], [1, 1]] })],
  ['rows that are widened', [4, 16, 22, 23], [18, 16, 3, 3], geometry(2)],
  ['rows of three', [8, 32, 6, 5], [48, 32, 3, 3], geometry(2)],
  ['rows of five', [8, 16, 9, 14], [30, 16, 5, 10], geometry(2, { padding: [[0, 0], [1, -1]] })],
  ['rows of six, with strides', [8, 16, 11, 13], [32, 16, 3, 3], geometry(2, { stride: two })],
  ['a kernel in pieces', [2, 3, 10, 25], [4, 3, 4, 14], geometry(2, { padding: [[0, 0], [2, 1]] })],
  ['strides', [2, 3, 9, 9], [4, 3, 3, 3], geometry(2, { stride: two, padding: [[1, 1], [0, 1]] })],
  ['dilation', [2, 3, 9, 12], [4, 3, 3, 3], geometry(2, { dilation: two, padding: [[2, 2], [2, 2]] })],
  ['dilated images', [2, 3, 5, 6], [4, 3, 3, 3], geometry(2, { inputDilation: two, padding: [[2, 3], [2, 3]] })],
  ['dilated rows alone', [2, 3, 5, 6], [4, 3, 3, 3], geometry(2, { inputDilation: [2, 1], padding: [[1, 1], [1, 1]] })],
  ['groups', [2, 6, 6, 6], [9, 2, 3, 3], geometry(2, { groups: 3, padding: [[1, 1], [1, 1]] })],
  ['cropping', [2, 3, 9, 10], [4, 3, 2, 3], geometry(2, { padding: [[-1, -2], [-2, 0]] })],
  ['channels in parts', [1, 40, 12, 12], [2, 40, 10, 9], geometry(2)],
  ['channels in uneven parts', [1, 41, 9, 9], [2, 41, 5, 5], geometry(2)],
  ['channels in uneven parts, widened', [2, 301, 9, 9], [18, 301, 5, 5], geometry(2)],
  ['groups in parts', [1, 60, 7, 7], [4, 30, 5, 5], geometry(2, { groups: 2, padding: [[1, 1], [1, 1]] })],
  ['one dim', [3, 4, 21], [5, 4, 4], geometry(1, { padding: [[2, 2]] })],
  ['three dims', [2, 2, 5, 6, 8], [3, 2, 2, 3, 3], geometry(3, { padding: [[1, 0], [0, 1], [1, 1]] })],
  ['no dims', [5, 700], [6, 700], geometry(0)],
];

const outOf = (params: ConvParams, x: Both, w: Both): Shape =>
  infer.conv(
    params,
    [x, w].map(({ layout, dtype }) => ({ shape: layout.shape, dtype })),
  ).shape;

describe.each([
  ['in fours', wide],
  ['alone', narrow],
] as [string, Limits][])('results %s', (_, limits) => {
  it.each(geometries)('%s', (_name, xShape, wShape, params) => {
    for (const how of arrangements) {
      const [x, w] = [given(xShape, how), given(wShape, how)];
      const shape = outOf(params, x, w);
      const plan = planConv(params, [x, w], { shape, dtype: 'float32' }, limits)!;
      expectClose(run(plan, [x, w]), conv(params, x, w, shape));
    }
  });

  it('takes a number in the place of the image or the weights', () => {
    const params = geometry(2, {
      padding: [
        [1, 1],
        [1, 1],
      ],
    });
    const [x, w] = [given([2, 3, 6, 8]), given([4, 3, 3, 3])];
    const [flat, even] = [single([2, 3, 6, 8], 0.5), single([4, 3, 3, 3], -2)];
    for (const [image, weights] of [
      [flat, w],
      [x, even],
      [flat, even],
    ] as const) {
      const shape = outOf(params, image, weights);
      const plan = planConv(params, [image, weights], { shape, dtype: 'float32' }, limits)!;
      expectClose(run(plan, [image, weights]), conv(params, image, weights, shape));
    }
  });

  it('adds a bias and applies a formula, in one launch or behind the parts', () => {
    const formula = formulaOf(add(max(input(0), 0), 1), 1);
    for (const [, xShape, wShape, params] of geometries.filter(([, , w]) => w.length === 4)) {
      const [x, w] = [given(xShape), given(wShape)];
      const shape = outOf(params, x, w);
      const channels = shape[1]!;
      const plane = shape[2]! * shape[3]!;
      const sums = conv(params, x, w, shape);
      for (const bias of [given([channels], 'flipped'), single([channels], 0.75)]) {
        const finish = { ...params, bias: true, formula };
        const plan = planConvolution(finish, [x, w, bias], { shape, dtype: 'float32' }, limits)!;
        const { strides, offset } = bias.layout;
        const expected = sums.map((s, i) => {
          const o = Math.floor(i / plane) % channels;
          return Math.max(s + bias.storage[bias.value === undefined ? offset + o * strides[0]! : 0]!, 0) + 1;
        });
        expectClose(run(plan, [x, w, bias]), expected);
      }
    }
  });
});

it('cuts long sums with few results, and widens rows only where threads give four', () => {
  const launches = (xShape: Shape, wShape: Shape, limits: Limits): number => {
    const [x, w] = [given(xShape), given(wShape)];
    return planConv(geometry(2), [x, w], { shape: outOf(geometry(2), x, w), dtype: 'float32' }, limits)!.length;
  };
  expect(launches([1, 40, 12, 12], [2, 40, 10, 9], wide)).toBe(2);
  expect(launches([4, 16, 22, 23], [18, 16, 3, 3], wide)).toBe(2);
  expect(launches([4, 16, 22, 23], [18, 16, 3, 3], narrow)).toBe(1);
  expect(launches([2, 3, 8, 9], [4, 3, 3, 3], wide)).toBe(1);
  expect(launches([2, 3, 8, 10], [4, 3, 3, 3], wide)).toBe(1);
});
