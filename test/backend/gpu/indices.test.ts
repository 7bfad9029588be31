/** Indices outside of what they point into: refused where they came from the CPU, never a wrong number elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rangeOf, rangeOfMap } from '../../../src/backend/gpu/indices.ts';
import { add, input, le, lt, max, min, mul, scalar, sub, unary, where } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import { type Gpu, gpu, IndexError, Tensor } from '../../../src/index.ts';
import { nodeLane } from '../../lanes/lane.ts';
import { whyNot } from '../../lanes/suite.ts';

describe('the range of whole numbers', () => {
  const x = input(0);
  const wrap = where(lt(x, 0), add(x, scalar(0)), x);

  it('is that of the data', () => {
    expect(rangeOf(Int32Array.of(3, -7, 12, 0))).toEqual([-7, 12]);
  });

  it.each([
    ['of a sum', add(x, 5), [-2, 3], [3, 8]],
    ['of a difference', sub(x, input(1)), [-2, 3], [-5, 4]],
    ['of a product', mul(x, -2), [-2, 3], [-6, 4]],
    ['of the smaller', min(x, 1), [-2, 3], [-2, 1]],
    ['of the larger', max(x, 1), [-2, 3], [1, 3]],
    ['of a condition that is open', le(x, 0), [-2, 3], [0, 1]],
    ['of a condition that holds', le(x, 3), [-2, 3], [1, 1]],
    ['of an index that counts from the front', wrap, [0, 9], [0, 9]],
    ['of an index that counts from the back', wrap, [-10, -1], [0, 9]],
    ['of an index that does either', wrap, [-1, 9], [-1, 19]],
    ['that is not known', unary('abs', x), [-2, 3], undefined],
  ] as const)('%s', (_, body, range, expected) => {
    expect(rangeOfMap({ formula: formulaOf(body, 2), scalars: [10] }, [range, [-1, 3]])).toEqual(expected);
  });

  it('holds all numbers of the formula', () => {
    const body = where(le(x, input(1)), mul(sub(x, 3), input(1)), max(add(x, 2), input(1)));
    const [low, high] = rangeOfMap({ formula: formulaOf(body, 2), scalars: [] }, [
      [-4, 6],
      [-2, 5],
    ])!;
    for (let a = -4; a <= 6; a++) {
      for (let b = -2; b <= 5; b++) {
        const y = a <= b ? (a - 3) * b : Math.max(a + 2, b);
        expect(y >= low && y <= high).toBe(true);
      }
    }
  });
});

const reason = await whyNot('indices on a device', nodeLane);

describe.skipIf(reason)('an index on a device', () => {
  let device: Gpu;
  let table: Tensor;
  beforeAll(async () => {
    device = await gpu({ mode: 'webgpu', software: true });
    table = Tensor.from([10, 20, 30]).to('gpu');
  });
  afterAll(() => device.dispose());
  const index = (...numbers: readonly number[]): Tensor => Tensor.from(numbers, { dtype: 'int32' }).to('gpu');

  it('that came from the CPU is refused as there', async () => {
    await expect(table.gather(0, index(0, 3)).data()).rejects.toThrow(IndexError);
    await expect(table.indexSelect(0, index(0, 3)).data()).rejects.toThrow(
      /index 3 at position \[1\] is outside \[0, 3\)/,
    );
    await expect(table.indexSelect(0, index(-4)).data()).rejects.toThrow(IndexError);
    expect(await table.indexSelect(0, index(-1, 0)).data()).toEqual(Float32Array.of(30, 10));
  });

  it('may lie beside others that are outside', async () => {
    expect(await table.gather(0, index(7, 1, 2, -9).slice([1, 3])).data()).toEqual(Float32Array.of(20, 30));
  });

  it('that was computed there gives NaN, and no whole number', async () => {
    const at = index(1, 9).float32().sqrt().int32();
    expect(await table.gather(0, at).data()).toEqual(Float32Array.of(20, Number.NaN));
    await expect(index(1, 2, 3).gather(0, at).data()).rejects.toThrow(/index outside/);
  });

  it('and other whole numbers are not read where floats do not hold them', async () => {
    await expect(index(5000).mul(5000).data()).rejects.toThrow(/exact up to 2\^24/);
  });
});
