/** The engine behind the CPU gives what the plain loops give, on every case of the conformance suite. */
import { describe, expect, it, vi } from 'vitest';
import { plain } from '../../src/backend/plain.ts';
import { type EngineKernel, engineKernels } from '../../src/backend/wasm.ts';
import type { TypedArray } from '../../src/core/dtype.ts';
import type { Computation } from '../../src/core/primitive.ts';
import { type Case, cases } from '../kernels/conformance.ts';
import type { Listed } from '../kernels/naive.ts';

// However small the work is, it goes to the engine.
vi.mock('../../src/backend/crossover.ts', () => ({
  crossover: { matmul: 0, conv: 0, map: 0, reduce: 0, reduceAcross: 0, move: 0, random: 0 },
  mapWeight: () => 1,
}));

/** Primitives that eager mode leaves to the plain loops, and why. */
const skipped: Partial<Record<Computation, string>> = {
  full: 'filling an array where it is costs less than copying it from the heap',
  iota: 'filling an array where it is costs less than copying it from the heap',
  cast: 'one pass over memory, as the copies to and from the heap are',
  argsort: 'the engine has no sort',
};

/** Cases of the others that the engine leaves to the plain loops, and why. */
function reasonOf({ primitive, inputs, out }: Case<Listed>): string | undefined {
  const dtype = inputs[0]?.dtype ?? out.dtype;
  if (primitive === 'conv' && dtype !== 'float32') return 'tiles are of float32';
  if (primitive === 'matmul' && !dtype.startsWith('float')) return 'tiles are of floats';
  if (primitive === 'reduce' && dtype !== 'float32') return 'only float32 is worth the copies';
  return undefined;
}

/** How far two results may be apart, relative to the greatest: sums and products are added in other orders. */
const apart: Partial<Record<Computation, number>> = { matmul: 1e-6, conv: 1e-6, reduce: 1e-6, scan: 1e-6 };

function difference(got: TypedArray, expected: TypedArray, tolerance: number): string | undefined {
  if (got.constructor !== expected.constructor || got.length !== expected.length) return 'another kind of array';
  let greatest = 1;
  for (const x of expected) if (Number.isFinite(x)) greatest = Math.max(greatest, Math.abs(x));
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (!(Math.abs(a - b) <= tolerance * greatest)) return `element ${i}: got ${a}, expected ${b}`;
  }
  return undefined;
}

describe('the engine', () => {
  it.each(Object.keys(cases) as Listed[])('%s', (primitive) => {
    const kernel = engineKernels[primitive] as EngineKernel<Listed> | undefined;
    expect(kernel === undefined).toBe(primitive in skipped);
    if (!kernel) return console.info(`skipped: ${primitive}: ${skipped[primitive]}`);
    const reasons = new Set<string>();
    let computed = 0;
    for (const one of cases[primitive]() as Case<Listed>[]) {
      const got = kernel(one.params, one.inputs, one.out);
      if (got) {
        computed += 1;
        const expected = plain[primitive](one.params as never, one.inputs, one.out);
        expect(
          difference(got, expected, (apart[primitive] ?? 0) * (one.out.dtype === 'float64' ? 1e-7 : 1)),
          one.name,
        ).toBeUndefined();
      } else {
        const reason = reasonOf(one);
        expect(reason, one.name).toBeDefined();
        reasons.add(reason!);
      }
    }
    for (const reason of reasons) console.info(`skipped: some cases of ${primitive}: ${reason}`);
    expect(computed).toBeGreaterThan(10);
  });
});
