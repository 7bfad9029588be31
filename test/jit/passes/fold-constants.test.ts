/** What depends on nothing is computed when the program is made. */
import { describe, expect, it } from 'vitest';
import { input, lt } from '../../../src/core/expression.ts';
import { foldConstants } from '../../../src/jit/passes/fold-constants.ts';
import type { Pass } from '../../../src/jit/passes/optimize.ts';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf, runOnEngine } from './workbench.ts';

const passes: readonly Pass[] = [foldConstants, removeUnused];
const x = Tensor.from([1, -2, 3, 0.5, NaN, -0]).reshape([2, 3]);

function folded(f: (x: Tensor) => Tensor | readonly Tensor[]): string[] {
  expect(changeBy(f, [x], ...passes)).toBeUndefined();
  return kernelsOf(graphOf(f, [x], ...passes));
}

describe('one number everywhere', () => {
  it('stays one through movements, casts, maps and reductions', () => {
    const f = (): Tensor =>
      Tensor.full([1, 3], 0.3).expand([4, 3]).permute([1, 0]).mul(2).float64().sum({ dim: 1 }).neg();
    expect(folded(f)).toEqual(['full']);
    expect(graphOf(f, [], ...passes).nodes).toHaveLength(1);
  });

  it('becomes a number of the map that reads it', () => {
    expect(folded((x) => x.mul(Tensor.full([2, 3], 0.1)))).toEqual(['map']);
    expect(folded((x) => x.lt(Tensor.zeros([2, 1])))).toEqual(['map']);
    expect(folded((x) => Tensor.ones([3]).div(x.add(Tensor.full([2, 1], 1e-3))))).toEqual(['map', 'map']);
  });

  it('stays a tensor where the map would be computed otherwise without it', () => {
    const whole = Tensor.from([2 ** 24 + 1, 3], { dtype: 'int32' });
    const f = (x: Tensor): Tensor => x.map(lt(input(0), input(1)), [Tensor.full([2], 2 ** 24)]);
    expect(changeBy(f, [whole], ...passes)).toBeUndefined();
    expect(kernelsOf(graphOf(f, [whole], ...passes))).toEqual(['full', 'map']);
  });

  it('is a derivative that is 0 everywhere', () => {
    const g = Tensor.from([1, 2, 3], { requiresGrad: true });
    const f = (): Tensor => {
      g.grad = undefined;
      g.floor().sum().backward();
      const out = g.grad!;
      g.grad = undefined;
      return out;
    };
    const graph = graphOf(f, [], ...passes);
    expect(kernelsOf(graph)).toEqual(['full']);
    expect(graph.nodes.at(-1)).toMatchObject({ shape: [3], params: { value: 0 } });
  });
});

describe('numbers that differ', () => {
  it('are kept as they are', () => {
    const f = (x: Tensor): Tensor => x.add(Tensor.arange(6).reshape([2, 3]).mul(0.7).flip(1));
    expect(folded(f)).toEqual(['constant', 'map']);
  });

  it('serve whatever reads them, and may be results', () => {
    const f = (x: Tensor): Tensor[] => {
      const mask = Tensor.arange(3).unsqueeze(1).ge(Tensor.arange(3)); // [3, 3], lower triangle
      return [mask, mask.float32(), x.matmul(mask.float32()), Tensor.eye(2).matmul(x)];
    };
    expect(folded(f).filter((op) => op !== 'constant')).toEqual(['matmul', 'matmul']);
  });

  it('are not kept if they are many', () => {
    const f = (): Tensor => Tensor.arange(2 ** 19).mul(2);
    expect(kernelsOf(graphOf(f, [], ...passes))).not.toContain('constant');
  });
});

it('leaves draws and what depends on arguments', () => {
  const f = (x: Tensor): Tensor => Tensor.rand([2, 3]).add(x.mul(2));
  expect(kernelsOf(graphOf(f, [x], ...passes)).sort()).toEqual(['map', 'map', 'random']);
});

it('computes tensors without elements', () => {
  const f = (x: Tensor): Tensor[] => [Tensor.arange(0).mul(2).sum(), x.slice([0, 0]).add(Tensor.zeros([0, 3]))];
  expect(changeBy(f, [x], ...passes)).toBeUndefined();
  expect(runOnEngine(graphOf(f, [x], ...passes), [x])[0]).toEqual(Float32Array.of(0));
});
