/** Copies, casts, fills, place and fold in WebAssembly agree with the plain loops. */
import { describe, expect, it } from 'vitest';
import { cast, copy } from '../../../kernels/cpu/copy.ts';
import { fold } from '../../../kernels/cpu/fold.ts';
import { place } from '../../../kernels/cpu/place.ts';
import { planCast } from '../../../kernels/wasm/cast.ts';
import { planCopy } from '../../../kernels/wasm/copy.ts';
import { planFull, planZeros } from '../../../kernels/wasm/fill.ts';
import { planFold } from '../../../kernels/wasm/fold.ts';
import { planPlace } from '../../../kernels/wasm/place.ts';
import { allocate, dtypes } from '../../../src/core/dtype.ts';
import { contiguousLayout, permuteLayout, windowsLayout } from '../../../src/core/layout.ts';
import { type Shape, sizeOf } from '../../../src/core/shape.ts';
import { difference } from '../agreement.ts';
import { cases } from '../conformance.ts';
import { arrangements, Dice, elements, operand } from '../operands.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
const shapes: readonly Shape[] = [[], [1], [0], [3], [70], [1100], [3, 0, 2], [33, 21], [5, 7, 19], [3, 20, 4, 6]];

describe.each(dtypes)('%s', (dtype) => {
  const dice = new Dice(31);

  it('is copied from any layout', () => {
    for (const arrangement of arrangements) {
      for (const shape of shapes) {
        const x = operand(dice, shape, dtype, arrangement, true);
        const got = stage.with([x], ([a]) => stage.result(dtype, x.layout.size, (to) => [planCopy(a!, to)]));
        expect(difference(got, copy(x)), `[${shape}] by [${x.layout.strides}]`).toBeUndefined();
      }
    }
  });

  it('is turned', () => {
    for (const [rows, columns] of [
      [1, 9],
      [3, 5],
      [4, 4],
      [6, 2],
      [16, 8],
      [17, 19],
      [50, 34],
    ] as const) {
      for (const batch of [1, 3]) {
        const x = {
          storage: elements(dice, dtype, rows * columns * batch),
          dtype,
          layout: contiguousLayout([batch, rows, columns]),
        };
        const turned = { ...x, layout: permuteLayout(x.layout, [0, 2, 1]) };
        const got = stage.with([turned], ([a]) => stage.result(dtype, x.layout.size, (to) => [planCopy(a!, to)]));
        expect(difference(got, copy(turned)), `${batch} of ${rows} x ${columns}`).toBeUndefined();
      }
    }
  });

  it.each(dtypes)('is cast to %s', (target) => {
    for (const arrangement of arrangements) {
      for (const shape of shapes) {
        const x = operand(dice, shape, dtype, arrangement, true);
        if (dtype.startsWith('float')) {
          [3e9, -3e9, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), 0.9, -0.9, 1e-300, 1e300].forEach((v, i) => {
            if (i < x.storage.length) x.storage[i] = v;
          });
        }
        const got = stage.with([x], ([a]) => stage.result(target, x.layout.size, (to) => [planCast(a!, target, to)]));
        expect(difference(got, cast(x, target)), `[${shape}] by [${x.layout.strides}]`).toBeUndefined();
      }
    }
  });

  it('is filled', () => {
    for (const size of [0, 1, 3, 7, 16, 100, 1000]) {
      const value = { bool: 1, int32: -123456789, float32: Math.fround(0.1), float64: Math.PI }[dtype];
      const expected = allocate(dtype, size);
      expect(stage.result(dtype, size, (to) => [planZeros(dtype, size, to)])).toEqual(expected);
      expect(stage.result(dtype, size, (to) => [planFull(dtype, size, value, to)])).toEqual(expected.fill(value));
    }
  });
});

describe('cast, place and fold', () => {
  it('give what the plain loops give in all cases', () => {
    for (const { name, params, inputs, out } of cases.cast()) {
      const [x] = inputs;
      const got = stage.with([x!], ([a]) =>
        stage.result(out.dtype, sizeOf(out.shape), (to) => [planCast(a!, params.dtype, to)]),
      );
      expect(difference(got, cast(x!, params.dtype)), name).toBeUndefined();
    }
    for (const { name, params, inputs, out } of cases.place()) {
      const got = stage.with(inputs, (parts) =>
        stage.result(out.dtype, sizeOf(out.shape), (to) => planPlace(params, parts, out.dtype, to)),
      );
      expect(difference(got, place(params, inputs, out.dtype)), name).toBeUndefined();
    }
    for (const { name, params, inputs, out } of cases.fold()) {
      const got = stage.with(inputs, ([a]) =>
        stage.result(out.dtype, sizeOf(out.shape), (to) => planFold(params, a!, to)),
      );
      expect(difference(got, fold(params, inputs[0]!)), name).toBeUndefined();
    }
  });

  it('keep -0 where parts are joined', () => {
    const part = { storage: new Float32Array([-0, -0, 1]), layout: contiguousLayout([3]), dtype: 'float32' as const };
    const regions = [0, 3].map((start) => ({ starts: [start], steps: [1] }));
    const got = stage.with([part, part], (parts) =>
      stage.result('float32', 6, (to) => planPlace({ regions, shape: [6] }, parts, 'float32', to)),
    );
    expect(got).toEqual(new Float32Array([-0, -0, 1, -0, -0, 1]));
  });

  it('fold larger images of batches', () => {
    const dice = new Dice(5);
    const windows = [
      { dim: 2, size: 3, stride: 1, dilation: 1 },
      { dim: 3, size: 3, stride: 1, dilation: 2 },
    ];
    const shape = [2, 3, 17, 30];
    const counts = windowsLayout(contiguousLayout(shape), windows).shape;
    const columns = operand(dice, [2, 3, 3, 3, counts[2]!, counts[3]!]);
    const x = { ...columns, layout: permuteLayout(columns.layout, [0, 1, 4, 5, 2, 3]) };
    const got = stage.with([x], ([a]) =>
      stage.result('float32', sizeOf(shape), (to) => planFold({ windows, shape }, a!, to)),
    );
    expect(difference(got, fold({ windows, shape }, x))).toBeUndefined();
  });
});
