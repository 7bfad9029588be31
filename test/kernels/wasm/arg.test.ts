/** Searches and running sums in WebAssembly agree with the plain loops. */
import { describe, expect, it } from 'vitest';
import { arg } from '../../../kernels/cpu/arg.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { scan } from '../../../kernels/cpu/scan.ts';
import { planArg } from '../../../kernels/wasm/arg.ts';
import { planScan, scanDtype } from '../../../kernels/wasm/scan.ts';
import { dtypes } from '../../../src/core/dtype.ts';
import type { Params } from '../../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../../src/core/shape.ts';
import { difference } from '../agreement.ts';
import { cases } from '../conformance.ts';
import { arrangements, Dice, operand } from '../operands.ts';
import { Stage } from './stage.ts';

const stage = new Stage();

function searched(params: Params['arg'], x: Operand) {
  const size = sizeOf(x.layout.shape.map((n, d) => (d === params.dim ? 1 : n)));
  return stage.with([x], ([a]) => stage.result('int32', size, (to) => [planArg(params, a!, to)]));
}

function scanned(params: Params['scan'], x: Operand) {
  return stage.with([x], ([a]) => stage.result(scanDtype(x.dtype), x.layout.size, (to) => [planScan(params, a!, to)]));
}

const larger: readonly Shape[] = [[3], [50], [20, 33], [33, 20], [3, 7, 37], [5, 40, 6]];

describe('arg and scan', () => {
  it('give what the plain loops give in all cases', () => {
    for (const { name, params, inputs } of cases.arg()) {
      expect(difference(searched(params, inputs[0]!), arg(params, inputs[0]!)), name).toBeUndefined();
    }
    for (const { name, params, inputs } of cases.scan()) {
      expect(difference(scanned(params, inputs[0]!), scan(params, inputs[0]!)), name).toBeUndefined();
    }
  });

  it.each(dtypes)('go along longer lines of %s', (dtype) => {
    const dice = new Dice(12);
    for (const arrangement of arrangements) {
      for (const shape of larger) {
        for (let dim = 0; dim < shape.length; dim++) {
          const name = `${arrangement} [${shape}] along ${dim}`;
          for (const flag of [false, true]) {
            const x = operand(dice, shape, dtype, arrangement, flag);
            for (const op of ['max', 'min'] as const) {
              expect(difference(searched({ op, dim }, x), arg({ op, dim }, x)), `${op} ${name}`).toBeUndefined();
            }
            const sums = { dim, reverse: flag };
            expect(difference(scanned(sums, x), scan(sums, x)), `scan ${name}`).toBeUndefined();
          }
        }
      }
    }
  });

  it('find the first of equals and the first NaN wherever it is', () => {
    for (const n of [1, 4, 7, 16, 40]) {
      for (let first = 0; first < n; first++) {
        const storage = new Float32Array(n).map((_, i) => (i >= first ? 5 : -i));
        const x = { ...operand(new Dice(1), [n]), storage };
        expect([...searched({ op: 'max', dim: 0 }, x)]).toEqual([first]);
        storage[first] = Number.NaN;
        if (first + 2 < n) storage[first + 2] = Number.NaN;
        for (const op of ['max', 'min'] as const) expect([...searched({ op, dim: 0 }, x)]).toEqual([first]);
      }
    }
  });
});
