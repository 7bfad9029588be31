/** Every optimizer of the table on every way of executing, against its rule in plain numbers. */
import { describe, expect, it, vi } from 'vitest';
import { Generator } from '../../src/core/random.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { optimizerTable, type Rule } from '../optim/optimizer-table.ts';
import { expectClose } from './agreement.ts';
import { ways } from './way.ts';

// However small the work is, it goes to the engine.
vi.mock('../../src/backend/crossover.ts', () => ({
  crossover: { matmul: 0, conv: 0, map: 0, reduce: 0, reduceAcross: 0, move: 0, random: 0 },
  mapWeight: () => 1,
}));

const rate = 0.05;
const shapes = [[5, 7], [11]];

/** The numbers after six steps by the rule, from the same start and gradients. */
function byRule(rule: Rule, params: readonly Tensor[], gradients: readonly (readonly Tensor[])[]): Tensor[] {
  return params.map((p, i) => {
    let x = [...p.dataSync()];
    const state = [0, 1, 2].map(() => x.map(() => 0));
    gradients.forEach((row, t) => {
      x = rule(x, [...row[i]!.dataSync()], state, rate, t + 1, p.shape);
    });
    return Tensor.from(Float64Array.from(x), { shape: p.shape });
  });
}

describe.each(ways)('$name', (way) => {
  it.each(optimizerTable)('$name', ({ make, rule }) => {
    const generator = new Generator(3);
    const draw = (): Tensor[] => shapes.map((shape) => Tensor.randn(shape, { generator }));
    const params = draw().map((x) => Tensor.from(x, { requiresGrad: true }));
    const gradients = Array.from({ length: 6 }, draw);
    const expected = byRule(rule, params, gradients);
    way.run(() => {
      const optimizer = make(params, rate);
      const step = way.prepare(() => optimizer.step());
      for (const row of gradients) {
        for (const [i, p] of params.entries()) p.grad = row[i]!;
        step();
      }
    });
    for (const [i, p] of params.entries()) expectClose(p.detach(), expected[i]!, 1e-5, `parameter ${i}`);
    expect(params.every((p) => p.dtype === 'float32')).toBe(true);
  });
});
