/** Epilogues: products that end in a formula give what the product and then a map of the formula give. */
import { describe, expect, it } from 'vitest';
import { map } from '../../../kernels/cpu/map.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { addDot } from '../../../kernels/wasm/dot.ts';
import type { CompiledKernel, Kernels } from '../../../kernels/wasm/engine.ts';
import { canEnd, epilogueOf, scalarEpilogueOf } from '../../../kernels/wasm/epilogue.ts';
import { addGemm, type GemmWay, workspaceOf } from '../../../kernels/wasm/gemm.ts';
import { float32, float64 } from '../../../kernels/wasm/lanes.ts';
import { startAt } from '../../../kernels/wasm/tile.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import type { Formula } from '../../../src/core/formula.ts';
import { contiguousLayout } from '../../../src/core/layout.ts';
import { numberFormulas, unaryFormulas } from '../../../src/tensor/formulas.ts';
import { Dice, elements } from '../operands.ts';
import { Stage } from './stage.ts';

const stage = new Stage();
const { engine } = stage;
const sizes = [
  [1, 1, 1],
  [4, 8, 16],
  [7, 13, 300],
  [5, 19, 513],
] as const;

const way: GemmWay = { left: 'rows', right: 'packColumns' };

describe.each([
  ['float32', float32, ['relu', 'gelu', 'exp', 'tanh']],
  ['float64', float64, ['relu', 'square', 'softsign']],
] as const)('%s', (dtype, lanes, names) => {
  const { bytes } = lanes;

  /** The product of [m, k] and [n, k] transposed by both kernels, ending in a formula or not. */
  function products(m: number, n: number, k: number, formula?: Formula): TypedArray[] {
    const dice = new Dice(9);
    const [a, b] = [m, n].map((lines) => stage.write(elements(dice, dtype, lines * k))) as [number, number];
    const c = engine.heap.allocate(m * n * bytes);
    const { bytes: workBytes, left } = workspaceOf(lanes, way, m, n, k);
    const work = engine.heap.allocate(workBytes);
    const kernels = kernelsOf(formula);
    const run = (kernel: CompiledKernel, args: readonly number[]): TypedArray => {
      kernel(a, k * bytes, ...args);
      return stage.read(c, dtype, m * n);
    };
    const results = [
      run(kernels.dot!, [b, k * bytes, c, n * bytes, m, n, k, 0]),
      run(kernels.gemm!, [bytes, b, bytes, k * bytes, c, n * bytes, m, n, k, startAt.zero, 0, work, work + left]),
    ];
    for (const address of [a, b, c, work]) engine.heap.release(address);
    return results;
  }

  function kernelsOf(formula: Formula | undefined): Kernels {
    return engine.kernels(`${dtype} ${formula?.id}`, (module, constants) => {
      addDot(module, 'dot', lanes, formula && scalarEpilogueOf(formula, lanes, constants));
      addGemm(module, 'gemm', lanes, way, formula && epilogueOf(formula, lanes, constants));
    });
  }

  it.each(names)('products end in %s', (name) => {
    const formula = unaryFormulas[name];
    for (const [m, n, k] of sizes) {
      const plain = products(m, n, k);
      products(m, n, k, formula).forEach((got, i) => {
        const x: Operand = { storage: plain[i]!, layout: contiguousLayout([m * n]), dtype };
        const expected = map(formula, [], [x], dtype);
        const wrong = got.findIndex((v, j) => !(Math.abs(v - expected[j]!) <= 2e-6 * Math.max(1, Math.abs(v))));
        expect(wrong, `[${m}, ${k}] by [${n}, ${k}], kernel ${i}`).toBe(-1);
      });
    }
  });
});

it('says which formulas a product can end in', () => {
  expect(canEnd(unaryFormulas.gelu, float32)).toBe(true);
  expect(canEnd(unaryFormulas.gelu, float64)).toBe(false); // erf has no float64 code
  expect(canEnd(unaryFormulas.isNaN, float32)).toBe(false);
  expect(canEnd(numberFormulas.add, float32)).toBe(false);
});
