/** Gather and scatterAdd in WebAssembly agree with the plain loops, errors included. */
import { describe, expect, it } from 'vitest';
import { copy } from '../../../kernels/cpu/copy.ts';
import { gather } from '../../../kernels/cpu/gather.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { scatterAdd } from '../../../kernels/cpu/scatter-add.ts';
import { planGather } from '../../../kernels/wasm/gather.ts';
import { firstOutside } from '../../../kernels/wasm/indexed.ts';
import { planScatterAdd } from '../../../kernels/wasm/scatter-add.ts';
import { dtypes } from '../../../src/core/dtype.ts';
import { expandLayout } from '../../../src/core/layout.ts';
import { type Shape, sizeOf } from '../../../src/core/shape.ts';
import { difference } from '../agreement.ts';
import { cases } from '../conformance.ts';
import { arrangements, Dice, indices, operand } from '../operands.ts';
import { Stage } from './stage.ts';

const stage = new Stage();

function gathered(dim: number, x: Operand, index: Operand) {
  return stage.with([x, index], ([a, i]) =>
    stage.result(x.dtype, index.layout.size, (to) => [planGather({ dim }, a!, i!, to)]),
  );
}

function scattered(dim: number, x: Operand, index: Operand, shape: Shape) {
  return stage.with([x, index], ([a, i]) =>
    stage.result(x.dtype, sizeOf(shape), (to) => planScatterAdd({ dim, size: shape[dim]! }, a!, i!, shape, to)),
  );
}

/** An index that repeats over the last dim. */
function repeated(dice: Dice, rows: Shape, n: number, count: number): Operand {
  const index = indices(dice, [...rows, 1], n);
  return { ...index, layout: expandLayout(index.layout, [...rows, count]) };
}

describe('gather and scatterAdd', () => {
  it('give what the plain loops give in all cases', () => {
    for (const { name, params, inputs } of cases.gather()) {
      const [x, index] = inputs as [Operand, Operand];
      expect(difference(gathered(params.dim, x, index), gather(params, x, index)), name).toBeUndefined();
    }
    for (const { name, params, inputs, out } of cases.scatterAdd()) {
      const [x, index] = inputs as [Operand, Operand];
      const expected = scatterAdd(params, x, index, out.shape);
      expect(difference(scattered(params.dim, x, index, out.shape), expected), name).toBeUndefined();
    }
  });

  it.each(dtypes)('take and add rows of %s', (dtype) => {
    const dice = new Dice(8);
    for (const width of [1, 3, 4, 17, 33, 100]) {
      for (const arrangement of arrangements) {
        const table = operand(dice, [9, width], dtype, arrangement);
        const index = repeated(dice, [40], 9, width);
        expect(difference(gathered(0, table, index), gather({ dim: 0 }, table, index))).toBeUndefined();
        const rows = operand(dice, [40, width], dtype, arrangement);
        const expected = scatterAdd({ dim: 0, size: 9 }, rows, index, [9, width]);
        expect(difference(scattered(0, rows, index, [9, width]), expected)).toBeUndefined();
        const batch = operand(dice, [3, 20, width], dtype, arrangement);
        const own = repeated(dice, [3, 20], 5, width);
        const sums = scatterAdd({ dim: 1, size: 5 }, batch, own, [3, 5, width]);
        expect(difference(scattered(1, batch, own, [3, 5, width]), sums)).toBeUndefined();
      }
    }
  });

  it('pick single elements of longer rows', () => {
    const dice = new Dice(9);
    const x = operand(dice, [30, 7]);
    const index = indices(dice, [30, 2500], 7);
    expect(difference(gathered(1, x, index), gather({ dim: 1 }, x, index))).toBeUndefined();
  });
});

describe('firstOutside', () => {
  const dice = new Dice(10);
  const first = (index: Operand, n: number) => stage.with([index], ([i]) => firstOutside(stage.engine, i!, n));

  it('finds the first index that is outside in any layout', () => {
    for (const arrangement of arrangements) {
      for (const shape of [[], [1], [7], [0], [4, 6], [3, 0], [2, 3, 4]]) {
        for (let turn = 0; turn < 10; turn++) {
          const index = indices(dice, shape, 20, arrangement);
          if (turn === 1) index.storage.fill(-1);
          const limit = turn < 3 ? 20 : 20 - turn;
          const expected = copy(index).findIndex((k) => k < 0 || k >= limit);
          expect(first(index, limit), `[${shape}] by [${index.layout.strides}] below ${limit}`).toBe(expected);
        }
      }
    }
  });

  it('takes nothing for inside where there is nothing', () => {
    expect(first(indices(dice, [3], 1), 0)).toBe(0);
    expect(first(indices(dice, [0], 1), 0)).toBe(-1);
  });
});
