/** Maps over the same tensors become one kernel with several results. */
import { expect, it } from 'vitest';
import { foldConstants } from '../../../src/jit/passes/fold-constants.ts';
import { fuseMaps } from '../../../src/jit/passes/fuse-maps.ts';
import { joinMaps } from '../../../src/jit/passes/join-maps.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf } from './workbench.ts';

const passes = [foldConstants, fuseMaps, joinMaps] as const;
const [p, m, v, g] = [0, 1, 2, 3].map((i) => Tensor.linspace(i, 0.3 - i, 53)) as [Tensor, Tensor, Tensor, Tensor];

function joined(f: (...args: Tensor[]) => Tensor | readonly Tensor[], ...args: Tensor[]): string[] {
  expect(changeBy(f, args, ...passes)).toBeUndefined();
  return kernelsOf(graphOf(f, args, ...passes));
}

it('joins maps that read each other', () => {
  const adam = (p?: Tensor, m?: Tensor, v?: Tensor, g?: Tensor): Tensor[] => {
    const first = m!.mul(0.9).add(g!.mul(0.1));
    const second = v!.mul(0.999).add(g!.square().mul(0.001));
    return [p!.sub(first.div(second.abs().sqrt().add(1e-8)).mul(0.001)), first, second];
  };
  expect(joined(adam, p, m, v, g)).toEqual(['maps']);
});

it('joins maps that read the same', () => {
  expect(joined((a, b) => [a!.mul(b!), a!.add(b!), a!.exp()], p, g)).toEqual(['maps']);
  expect(joined((a) => [a!.lt(0.5), a!.mul(2), a!.gt(1)], p)).toEqual(['maps']);
});

it('gives each kernel at most four results', () => {
  const f = (a?: Tensor): Tensor[] => Array.from({ length: 6 }, (_, i) => a!.mul(i + 2).exp());
  expect(joined(f, p)).toEqual(['maps', 'maps']);
});

it('leaves apart what is needed in between', () => {
  const f = (a?: Tensor): Tensor[] => {
    const e = a!.exp();
    return [e, e.div(e.sum({ dim: 0, keepDim: true }))];
  };
  expect(joined(f, p)).toEqual(['map', 'reduce', 'map']);
});

it('leaves apart what is computed in other numbers', () => {
  const i = Tensor.arange(53, { dtype: 'int32' });
  expect(joined((i, x) => [i!.add(1), i!.float32().mul(x!).tanh()], i, p)).toEqual(['map', 'map']);
  expect(joined((x) => [x!.float64().mul(3), x!.mul(3)], p)).toEqual(['map', 'map']);
});

it('joins through views of the same layout only', () => {
  const square = Tensor.linspace(0, 1, 36).reshape([6, 6]);
  const f = (a?: Tensor): Tensor[] => {
    const e = a!.permute([1, 0]);
    return [e.exp(), e.tanh(), a!.tanh()];
  };
  expect(joined(f, square)).toEqual(['maps', 'map']);
});

it('stores only what something else reads', () => {
  const f = (p?: Tensor, m?: Tensor, v?: Tensor, g?: Tensor): Tensor[] => {
    const clipped = g!.clamp(-0.5, 0.5);
    const steps = clipped.mul(clipped).add(v!);
    return [p!.sub(steps), m!.mul(0.9).add(clipped), steps.exp(), clipped.tanh()];
  };
  expect(joined(f, p, m, v, g)).toEqual(['maps']);
  const [joint] = graphOf(f, [p, m, v, g], ...passes).nodes.filter(({ op }) => op === 'maps');
  expect(joint).toMatchObject({ more: [{}, {}, {}] });
});
