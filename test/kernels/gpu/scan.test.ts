/** Running sums as plans: within a block, over several, over blocks of blocks, and backwards. */
import { describe, expect, it } from 'vitest';
import { scan } from '../../../kernels/cpu/scan.ts';
import { planScan } from '../../../kernels/gpu/scan.ts';
import type { Shape } from '../../../src/core/shape.ts';
import { arrangements } from '../operands.ts';
import { expectClose, given, single } from './given.ts';
import { run, wide } from './on-cpu-mode.ts';

/** [shape, dim, how many launches]. */
// biome-ignore format: a row a case
const lines: readonly (readonly [Shape, number, number])[] = [
  [[32], 0, 1],
  [[33], 0, 3],
  [[64], 0, 3],
  [[1056], 0, 3],
  [[1057], 0, 5],
  [[2, 70, 3], 1, 3],
  [[70, 2, 3], 0, 3],
  [[2, 3, 1100], 2, 5],
];

describe.each(lines)('%j along %i', (shape, dim, launches) => {
  it.each([false, true])('reverse: %s', (reverse) => {
    for (const how of arrangements) {
      const x = given(shape, how);
      const plan = planScan({ dim, reverse }, [x], { shape, dtype: 'float32' }, wide)!;
      expect(plan).toHaveLength(launches);
      expectClose(run(plan, [x]), scan({ dim, reverse }, x));
    }
  });
});

it('sums a number up', () => {
  const x = single([40], 0.5);
  const plan = planScan({ dim: 0, reverse: true }, [x], { shape: [40], dtype: 'float32' }, wide)!;
  expectClose(
    run(plan, [x]),
    Float32Array.from({ length: 40 }, (_, i) => 20 - i * 0.5),
  );
});
