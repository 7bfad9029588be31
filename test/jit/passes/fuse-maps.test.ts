/** Maps that read maps become one, through movements, without a bit of difference. */
import { describe, expect, it } from 'vitest';
import { foldConstants } from '../../../src/jit/passes/fold-constants.ts';
import { fuseMaps } from '../../../src/jit/passes/fuse-maps.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf } from './workbench.ts';

const x = Tensor.linspace(-3, 3, 24).reshape([4, 6]);
const y = Tensor.linspace(2, -1, 24).reshape([4, 6]);
const row = Tensor.linspace(0.1, 0.7, 6);
const whole = Tensor.arange(24, { dtype: 'int32' }).sub(12).reshape([4, 6]);

function fused(f: (...args: Tensor[]) => Tensor | readonly Tensor[], ...args: Tensor[]): string[] {
  expect(changeBy(f, args, foldConstants, fuseMaps)).toBeUndefined();
  return kernelsOf(graphOf(f, args, foldConstants, fuseMaps));
}

describe('maps in a row', () => {
  it('become one', () => {
    expect(fused((x, y) => x!.mul(0.1).add(y!).div(3).tanh().neg(), x, y)).toEqual(['map']);
    expect(fused((x) => x!.mul(0.3).sub(0.3).mul(0.7).add(0.1), x)).toEqual(['map']);
  });

  it('read each tensor once', () => {
    const graph = graphOf((x: Tensor, y: Tensor) => x.add(y).mul(x).sub(y.mul(x)), [x, y], fuseMaps);
    expect(graph.nodes.filter(({ op }) => op === 'map')).toMatchObject([{ inputs: [0, 1] }]);
  });

  it('stay apart where the first is kept or read by what computes no map', () => {
    const twice = (x?: Tensor): Tensor[] => {
      const e = x!.exp();
      return [e, e.add(1)];
    };
    expect(fused(twice, x)).toEqual(['map', 'map']);
    const multiplied = (x?: Tensor): Tensor => {
      const e = x!.exp();
      return e
        .matmul(e.permute([1, 0]))
        .sum()
        .add(e.add(1).sum());
    };
    expect(fused(multiplied, x).filter((op) => op === 'map')).toHaveLength(3);
  });

  it('are repeated where they are cheap, and not where they are dear', () => {
    const large = Tensor.ones([100, 100]);
    const by = (f: (x: Tensor) => Tensor) => (x?: Tensor) => {
      const z = f(x!);
      return [z.exp(), z.tanh()];
    };
    expect(
      fused(
        by((x) => x.add(1)),
        large,
      ),
    ).toEqual(['map', 'map']);
    expect(
      fused(
        by((x) => x.exp()),
        large,
      ),
    ).toEqual(['map', 'map', 'map']);
  });

  it('are not repeated where that would read two tensors for one', () => {
    const [a, b, c] = [1, 2, 3].map((n) => Tensor.full([100, 100], n)) as [Tensor, Tensor, Tensor];
    const f = (a?: Tensor, b?: Tensor, c?: Tensor): Tensor[] => {
      const first = a!.add(b!);
      const second = first.add(c!);
      return [first.exp(), second.exp(), second.tanh()];
    };
    expect(fused(f, a, b, c)).toEqual(['map', 'map', 'map', 'map', 'map']);
  });

  it('take no more inputs than a kernel has', () => {
    const many = Array.from({ length: 20 }, (_, i) => Tensor.full([5], i + 0.5));
    const f = (...xs: Tensor[]): Tensor => xs.reduce((sum, x) => sum.add(x));
    expect(fused(f, ...many)).toEqual(['map', 'map']);
  });
});

describe('dtypes', () => {
  it('join where what they are computed in is the same', () => {
    expect(fused((x, y) => Tensor.where(x!.lt(y!).logicalAnd(x!.gt(0)), x!, 0).mul(2), x, y)).toEqual(['map']);
    expect(fused((x) => x!.lt(0).float32().mul(x!), x)).toEqual(['map']);
    expect(fused((i, x) => i!.float32().mul(x!), whole, x)).toEqual(['map']);
    expect(fused((i) => i!.add(1).mul(3).abs(), whole)).toEqual(['map']);
    expect(fused((x, y) => x!.lt(y!).logicalNot().logicalOr(x!.eq(y!)), x, y)).toEqual(['map']);
  });

  it('stay apart where it is not', () => {
    const large = Tensor.from([2 ** 24 + 1, 2 ** 24 + 3], { dtype: 'int32' });
    expect(fused((i) => i!.add(1).float32().mul(0.5), large)).toEqual(['map', 'map']);
    expect(
      fused(
        (i) =>
          i!
            .eq(2 ** 24 + 1)
            .float32()
            .mul(0.5),
        large,
      ),
    ).toEqual(['map', 'map']);
    expect(fused((x) => x!.mul(0.1).float64().mul(0.1), x)).toEqual(['map', 'map']);
    expect(fused((x) => x!.float64().mul(0.1).float32().mul(0.1), x)).toEqual(['map', 'cast', 'map']);
  });
});

describe('movements between', () => {
  it('move the inputs instead', () => {
    expect(fused((x) => x!.mul(2).reshape([6, 4]).add(1), x)).toEqual(['map']);
    expect(fused((x) => x!.neg().permute([1, 0]).mul(3), x)).toEqual(['map']);
    expect(fused((x) => x!.exp().slice([1, 3], [0, 6, 2]).mul(3), x)).toEqual(['map']);
    expect(fused((x) => x!.exp().flip(1).mul(3), x)).toEqual(['map']);
    expect(fused((x, row) => x!.add(row!.mul(2)), x, row)).toEqual(['map']);
  });

  it('stay where computing again would cost more', () => {
    const [long, wide] = [Tensor.linspace(0, 1, 300), Tensor.ones([300, 300])];
    expect(fused((a, b) => a!.exp().unsqueeze(1).add(b!), long, wide)).toEqual(['map', 'map']);
  });

  it('stay where inputs would have to be copied, or lie further apart', () => {
    expect(fused((x) => x!.permute([1, 0]).mul(2).reshape([24]).add(1), x)).toEqual(['map', 'map']);
    expect(fused((x, y) => x!.mul(y!).permute([1, 0]).add(1), x, y)).toEqual(['map', 'map']);
  });
});

it('joins a few elements also where no vector code serves', () => {
  const [t, large] = [Tensor.full([], 3, { dtype: 'float64' }), Tensor.linspace(1, 2, 99).float64()];
  const f = (t?: Tensor): Tensor => Tensor.full([], 0.9, { dtype: 'float64' }).pow(t!).neg().add(1).sqrt();
  expect(fused(f, t)).toEqual(['map']);
  expect(fused((x) => x!.exp().neg().mul(x!), large)).toEqual(['map', 'map']);
});
