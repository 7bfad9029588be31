/** Maps go into the reductions before and behind them. */
import { describe, expect, it } from 'vitest';
import { foldConstants } from '../../../src/jit/passes/fold-constants.ts';
import { fuseMaps } from '../../../src/jit/passes/fuse-maps.ts';
import { fuseReductions } from '../../../src/jit/passes/fuse-reductions.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf } from './workbench.ts';

const passes = [foldConstants, fuseMaps, fuseReductions] as const;
const x = Tensor.linspace(-3, 3, 32 * 48).reshape([32, 48]);
const y = Tensor.linspace(2, -1, 32 * 48).reshape([32, 48]);
const images = Tensor.linspace(-1, 1, 3 * 4 * 5 * 6).reshape([3, 4, 5, 6]);

function fused(f: (...args: Tensor[]) => Tensor | readonly Tensor[], ...args: Tensor[]): string[] {
  expect(changeBy(f, args, ...passes)).toBeUndefined(); // these add in the same order
  return kernelsOf(graphOf(f, args, ...passes));
}

describe('a map before', () => {
  it('is computed where it is added', () => {
    expect(fused((x, y) => x!.mul(y!).sum({ dim: 0 }), x, y)).toEqual(['mapReduce']);
    expect(fused((x, y) => x!.sub(y!).square().sum({ dim: 1 }), x, y)).toEqual(['mapReduce']);
    expect(fused((x) => x!.abs().max(), x)).toEqual(['mapReduce']);
    expect(fused((x) => x!.gt(0.5).sum(), x)).toEqual(['mapReduce']);
    expect(fused((x) => x!.gt(0.5).float32().sum({ dim: 0 }), x)).toEqual(['mapReduce']);
    expect(fused((x) => x!.float64().mul(3).sum(), x.float64())).toEqual(['mapReduce']);
    expect(fused((x) => x!.mul(2).sum({ dim: [0, 2, 3] }), images)).toEqual(['mapReduce']);
  });

  it('stays where others read it', () => {
    const f = (x?: Tensor): Tensor[] => {
      const e = x!.exp();
      return [e, e.sum({ dim: 0 })];
    };
    expect(fused(f, x)).toEqual(['map', 'reduce']);
  });
});

describe('a map behind', () => {
  it('is applied to each result', () => {
    expect(fused((x) => x!.sum({ dim: 1 }).mul(0.1).add(1), x)).toEqual(['mapReduce']);
    expect(fused((x) => x!.sum().sqrt(), x)).toEqual(['mapReduce']);
    expect(fused((x) => [x!.sum()].map((s) => s.add(s))[0]!, x)).toEqual(['mapReduce']);
    expect(fused((x) => x!.mean({ dim: 0 }), x)).toEqual(['mapReduce']);
    expect(fused((x) => x!.mean({ dim: [0, 2, 3] }), images)).toEqual(['mapReduce']);
    expect(fused((x, y) => x!.sub(y!).square().mean(), x, y)).toEqual(['mapReduce']);
  });

  it('stays where the sum is read twice or with something else', () => {
    const twice = (x?: Tensor): Tensor[] => {
      const sum = x!.sum({ dim: 1 });
      return [sum, sum.mul(2)];
    };
    expect(fused(twice, x)).toEqual(['reduce', 'map']);
    expect(fused((x, y) => x!.sum({ dim: 1 }).mul(y!.slice([0, 32], [0, 1]).squeeze(1)), x, y)).toEqual([
      'reduce',
      'map',
    ]);
  });
});

it('computes a variance in two passes over its input', () => {
  const f = (x: Tensor): Tensor => x.variance({ dim: 1 });
  const graph = graphOf(f, [x], ...passes);
  expect(kernelsOf(graph)).toEqual(['mapReduce', 'mapReduce']);
});

it('reduces what has no elements', () => {
  expect(fused((x) => x!.slice([0, 0]).mul(2).sum({ dim: 0 }).add(1), x).length).toBeGreaterThan(0);
});
