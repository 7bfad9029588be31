/** Updates of several parameters by one rule become one kernel, where none of them has to be ready before. */
import { describe, expect, it } from 'vitest';
import { fuseMaps } from '../../../src/jit/passes/fuse-maps.ts';
import { fuseUpdates } from '../../../src/jit/passes/fuse-updates.ts';
import { joinMaps } from '../../../src/jit/passes/join-maps.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf } from './workbench.ts';

const passes = [fuseMaps, joinMaps, fuseUpdates] as const;
const shapes = [[1], [3], [2, 2], [5], [1000], []];
const ps = shapes.map((shape, i) => Tensor.randn(shape).add(i));
const gs = shapes.map((shape) => Tensor.randn(shape));

type F = (...args: Tensor[]) => readonly Tensor[];

function kernels(f: F, ...args: Tensor[]): string[] {
  expect(changeBy(f, args, ...passes)).toBeUndefined();
  return kernelsOf(graphOf(f, args, ...passes));
}

/** What `rule` makes of each of the first tensors and its fellow among the second ones. */
const each =
  (rule: (p: Tensor, g: Tensor, i: number) => readonly Tensor[]): F =>
  (...all) =>
    all.slice(0, all.length / 2).flatMap((p, i) => rule(p, all[i + all.length / 2]!, i));

const moments = (p: Tensor, g: Tensor): Tensor[] => {
  const m = p.mul(0.9).add(g.mul(0.1));
  return [m, p.sub(m.div(m.square().add(1e-8).sqrt()))];
};

describe('updates', () => {
  it('of one result each are one kernel', () => {
    expect(
      kernels(
        each((p, g) => [p.sub(g.mul(0.1))]),
        ...ps,
        ...gs,
      ),
    ).toEqual(['updates']);
  });

  it('of several results each are one kernel', () => {
    expect(kernels(each(moments), ...ps, ...gs)).toEqual(['updates']);
  });

  it('share numbers that are spread over them', () => {
    const f: F = (rate, ...all) => each((p, g) => [p.sub(g.mul(rate!.expand(p.shape)))])(...all);
    expect(kernels(f, Tensor.from(0.3), ...ps, ...gs)).toEqual(['updates']);
  });

  it('may read views, and parts of them', () => {
    const table = Tensor.randn([6, 7]);
    const f: F = (table, ...rest) => {
      const views = [table!.transpose(), table!.slice([1, 5]), rest[0]!, table!.slice([2, 3])];
      return views.map((x) => x.mul(2).add(1));
    };
    expect(kernels(f, table, Tensor.randn([4]))).toEqual(['updates']);
  });

  it('by other numbers, formulas or dtypes are apart', () => {
    expect(
      kernels(
        each((p, g, i) => [p.sub(g.mul(i < 3 ? 0.1 : 0.2))]),
        ...ps,
        ...gs,
      ),
    ).toEqual(['updates', 'updates']);
    expect(
      kernels(
        each((p, g, i) => [i < 3 ? p.sub(g) : p.add(g)]),
        ...ps,
        ...gs,
      ),
    ).toEqual(['updates', 'updates']);
    const [a, b] = [Tensor.randn([3]), Tensor.randn([3], { dtype: 'float64' })];
    expect(kernels((a, b) => [a!.mul(3), b!.mul(3)], a, b)).toEqual(['map', 'map']);
    expect(kernels((a, b) => [a!.mul(0), b!.mul(-0)], ...ps.slice(0, 2))).toEqual(['map', 'map']);
  });

  it('that something else reads in between are apart', () => {
    const f: F = (a, b) => {
      const first = a!.mul(2);
      const sum = first.sum({ dim: 0 });
      return [first, b!.cumSum(0).add(sum).softmax(0), sum.expand([9]).add(b!).cumSum(0).mul(2)];
    };
    expect(kernels(f, Tensor.randn([5]), Tensor.randn([9]))).not.toContain('updates');
  });

  it('that are not kept are no updates', () => {
    const f: F = (a, b) => [a!.mul(2).cumSum(0), b!.mul(2).cumSum(0)];
    expect(kernels(f, Tensor.randn([5]), Tensor.randn([9]))).toEqual(['map', 'scan', 'map', 'scan']);
  });

  it('wait for others over large tensors only if they are small', () => {
    const f: F = (x, ...all) => {
      const first = all[0]!.mul(2);
      const far = x!.cumSum(0);
      return [first, far, all[1]!.mul(2), all[2]!.mul(2)];
    };
    const large = [5000, 6000, 7000].map((n) => Tensor.randn([n]));
    const x = Tensor.randn([9000]);
    expect(kernels(f, x, ...large)).toEqual(['map', 'scan', 'updates']);
    expect(kernels(f, x, ...ps.slice(0, 3))).toEqual(['scan', 'updates']);
    expect(kernels(f, x.slice([0, 100]), ...large)).toEqual(['scan', 'updates']);
  });

  it('of a result that two have are as they were', () => {
    const f: F = (a, b) => {
      const first = a!.mul(2);
      return [first, first, b!.mul(2)];
    };
    expect(kernels(f, Tensor.randn([5]), Tensor.randn([9]))).toEqual(['updates']);
  });
});
