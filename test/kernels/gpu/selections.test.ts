/** Plans of several launches on larger arrays, run by gpu.js without a device: what small cases never reach. */
import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { random } from '../../../kernels/cpu/random.ts';
import type { Limits, Plan, Operand as Planned } from '../../../kernels/gpu/launch.ts';
import { plans } from '../../../kernels/gpu/plans.ts';
import { cpu } from '../../../src/backend/cpu.ts';
import { add, div, fmod, input, mul, sub } from '../../../src/core/expression.ts';
import { formulaOf } from '../../../src/core/formula.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import type { Computation, Params, Spec } from '../../../src/core/primitive.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { infer } from '../../../src/tensor/infer.ts';
import { type Arrangement, Dice, indices, operand } from '../operands.ts';
import { narrow, run } from './on-cpu-mode.ts';

const dice = new Dice(3);
const planners: {
  readonly [P in Computation]?: (
    params: Params[P],
    inputs: readonly Planned[],
    out: Spec,
    limits: Limits,
  ) => Plan | undefined;
} = plans;

/** The result of the plan beside the CPU's, and how many launches it took. */
function both<P extends Computation>(
  primitive: P,
  params: Params[P],
  inputs: readonly Operand[],
): { got: number[]; expected: number[]; launches: number } {
  const out = infer[primitive](
    params,
    inputs.map((x) => ({ shape: x.layout.shape, dtype: x.dtype })),
  );
  const plan = planners[primitive]!(params, inputs, out, narrow)!;
  const given = inputs.map((x) => ({ ...x, data: Float32Array.from(x.storage) }));
  return {
    got: Array.from(run(plan, given)),
    expected: Array.from(cpu.kernels[primitive](params, inputs, out) as Float32Array),
    launches: plan.length,
  };
}

function near(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  got.forEach((x, i) => {
    if (!(Math.abs(x - expected[i]!) <= 1e-5 * Math.max(1, Math.abs(expected[i]!)))) {
      expect.fail(`element ${i}: got ${x}, expected ${expected[i]}`);
    }
  });
}

const tied = (shape: Shape, how: Arrangement): Operand => {
  const x = operand(dice, shape, 'float32', how);
  return { ...x, storage: x.storage.map((v) => Math.round(v * 20)) as Float32Array };
};

describe('arg', () => {
  it.each([
    [[3, 1000], 1, 2],
    [[1000, 3], 0, 2],
    [[4, 257, 2], 1, 2],
    [[90, 100, 2], 1, 1],
  ] as const)('finds the first of equals in %j along %i by %i launches', (shape, dim, launches) => {
    for (const op of ['max', 'min'] as const) {
      const result = both('arg', { op, dim }, [tied(shape, 'mixed')]);
      expect(result.got).toEqual(result.expected);
      expect(result.launches).toBe(launches);
    }
  });
});

describe('argsort', () => {
  it.each([
    [[600], 0],
    [[2, 513], 1],
    [[1025, 2], 0],
    [[512, 2], 0],
  ] as const)('keeps the order of equals in %j along %i', (shape, dim) => {
    for (const descending of [false, true]) {
      const result = both('argsort', { dim, descending }, [tied(shape, 'mixed')]);
      expect(result.got).toEqual(result.expected);
    }
  });

  it('has a place for NaN and infinities', () => {
    const storage = Float32Array.of(3, Number.NaN, -Infinity, Infinity, -1, Number.NaN, 0);
    for (const descending of [false, true]) {
      const x: Operand = { storage, layout: contiguousLayout([7]), dtype: 'float32' };
      const { got } = both('argsort', { dim: 0, descending }, [x]);
      expect([...got].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(got.indexOf(2)).toBe(descending ? 6 : 0);
    }
  });
});

describe('scatterAdd', () => {
  /** An index of `n` tokens that moves rows of `width`. */
  const rows = (n: number, width: number, size: number): Operand => {
    const { storage, dtype } = indices(dice, [n], size);
    const layout = { ...contiguousLayout([n, width]), strides: [1, 0], contiguous: false };
    return { storage, layout, dtype };
  };

  it.each(['float32', 'int32', 'bool'] as const)('adds rows of %s by lists of equal indices', (dtype) => {
    const x = operand(dice, [120, 16], dtype, 'permuted');
    const small: Operand = dtype === 'int32' ? { ...x, storage: x.storage.map((v) => v % 50) as Int32Array } : x;
    const result = both('scatterAdd', { dim: 0, size: 40 }, [small, rows(120, 16, 40)]);
    near(result.got, result.expected);
    expect(result.launches).toBe(3);
  });

  it('adds rows where the index has other dims too', () => {
    const { storage, dtype } = indices(dice, [3, 90], 30);
    const layout = { ...contiguousLayout([3, 90, 12]), strides: [90, 1, 0], contiguous: false };
    const x = operand(dice, [3, 90, 12], 'float32', 'sliced');
    const result = both('scatterAdd', { dim: 1, size: 30 }, [x, { storage, layout, dtype }]);
    near(result.got, result.expected);
    expect(result.launches).toBe(3);
  });

  it('marks the line of an index outside', () => {
    for (const [n, width] of [
      [120, 16],
      [4, 2],
    ] as const) {
      const index = rows(n, width, 40);
      index.storage[3] = 40;
      const x = operand(dice, [n, width], 'float32');
      const out = { shape: [40, width], dtype: 'float32' as const };
      const plan = plans.scatterAdd!({ dim: 0, size: 40 }, [x, index], out, narrow)!;
      const given = [x, index].map((one) => ({ ...one, data: Float32Array.from(one.storage) }));
      expect(run(plan, given).every(Number.isNaN)).toBe(true);
    }
  });
});

describe('gather', () => {
  it('marks the element of an index outside', () => {
    const x = operand(dice, [5], 'float32');
    for (const wrong of [-1, 5, 1e6]) {
      const index: Operand = { storage: Int32Array.of(0, wrong, 4), layout: contiguousLayout([3]), dtype: 'int32' };
      const plan = plans.gather!({ dim: 0 }, [x, index], { shape: [3], dtype: 'float32' }, narrow)!;
      const got = run(
        plan,
        [x, index].map((one) => ({ ...one, data: Float32Array.from(one.storage) })),
      );
      expect(Array.from(got, Number.isNaN)).toEqual([false, true, false]);
    }
  });
});

describe('place', () => {
  it('joins more parts than a kernel may read', () => {
    const parts = Array.from({ length: 60 }, () => operand(dice, [2, 1, 3], 'float32', 'mixed'));
    const regions = parts.map((_, i) => ({ starts: [0, 59 - i, 1], steps: [1, 1, 1] }));
    const result = both('place', { shape: [2, 60, 5], regions }, parts);
    expect(result.got).toEqual(result.expected);
    expect(result.launches).toBe(9 + 2 + 1);
  });

  it('adds many that overlap, forwards and backwards', () => {
    const parts = Array.from({ length: 20 }, () => operand(dice, [4, 2], 'float32', 'sliced'));
    const regions = parts.map((_, i) => ({
      starts: [i % 3 === 0 ? 9 : i % 4, i % 2],
      steps: [i % 3 === 0 ? -3 : 2, 1 + (i % 3)],
    }));
    const result = both('place', { shape: [12, 6], regions }, parts);
    near(result.got, result.expected);
  });
});

describe('map', () => {
  it('computes parts first where it reads more arrays than a kernel may', () => {
    const terms = Array.from({ length: 20 }, (_, i) => mul(input(i), input((i + 1) % 20)));
    const formula = formulaOf(
      terms.reduce((sum, term, i) => (i % 2 ? sub(sum, term) : add(div(sum, 2), term))),
      20,
    );
    const inputs = terms.map(() => operand(dice, [3, 5], 'float32', 'mixed'));
    const result = both('map', { formula, scalars: [] }, inputs);
    near(result.got, result.expected);
    expect(result.launches).toBeGreaterThan(2);
  });

  it('stays in whole numbers then', () => {
    const terms = Array.from({ length: 9 }, (_, i) => input(i));
    const formula = formulaOf(
      terms.reduce((sum, x, i) => (i % 2 ? div(mul(sum, 3), 2) : fmod(add(sum, x), 1000))),
      9,
    );
    const product = formulaOf(
      terms.reduce((sum, x) => div(add(sum, x), 2)),
      9,
    );
    for (const one of [formula, product]) {
      const inputs = terms.map(() => indices(dice, [4, 3], 500, 'mixed'));
      const result = both('map', { formula: one, scalars: [] }, inputs);
      expect(result.got).toEqual(result.expected);
    }
  });
});

describe('random', () => {
  it.each([
    ['words', true],
    ['halves of words', false],
  ] as const)('has the bits of the CPU by %s', (_, words) => {
    for (const [key, index] of [
      [[0, 0], 0],
      [[-1, 2147483647], 4294967295],
      [[123456789, -987654321], 65536],
    ] as const) {
      const params = { draw: { key, index }, shape: [999], dtype: 'float32' } as const;
      const plan = plans.random!(params, [], params, { ...narrow, words })!;
      expect(Array.from(run(plan, []))).toEqual(Array.from(random(params)));
    }
  });
});
