/** Losses of GANs: their definitions, and the gradient penalty through a gradient of a gradient. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../../src/core/errors.ts';
import { Generator } from '../../../src/core/random.ts';
import * as nn from '../../../src/nn/index.ts';
import { noGrad } from '../../../src/tensor/grad.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { numbers, signed } from '../../tensor/samples.ts';

const log = Math.log;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe('what the two play for', () => {
  const [real, fake] = [0.7, -0.4];

  it.each([
    ['nonSaturating', -log(sigmoid(real)) - log(1 - sigmoid(fake)), -log(sigmoid(fake))],
    ['leastSquares', 0.5 * (real - 1) ** 2 + 0.5 * fake ** 2, 0.5 * (fake - 1) ** 2],
    ['hinge', 1 - real + (1 + fake), -fake],
    ['wasserstein', fake - real, -fake],
  ] as const)('%s', (kind, discriminator, generator) => {
    expect(nn.ganDiscriminator(numbers([real]), numbers([fake]), { kind }).item()).toBeCloseTo(discriminator, 12);
    expect(nn.ganGenerator(numbers([fake]), { kind }).item()).toBeCloseTo(generator, 12);
  });

  it('is given for batches of different sizes, but not one by one', () => {
    const [many, few] = [signed([4, 1]), signed([2, 1])];
    const apart = nn.ganDiscriminator(many, few, { kind: 'wasserstein' }).item();
    expect(apart).toBeCloseTo(few.mean().sub(many.mean()).item(), 12);
    expect(() => nn.ganDiscriminator(many, few, { reduction: 'none' })).toThrow(ShapeError);
    expect(() => nn.ganDiscriminator(many, few, { kind: 'toString' as 'hinge' })).toThrow(ArgumentError);
    expect(() => nn.ganGenerator(many, { kind: 'least' as 'hinge' })).toThrow(/choose one of nonSaturating/);
    expect(nn.ganDiscriminator(Tensor.from([100]), Tensor.from([-100])).item()).toBeLessThan(1e-40);
    expect(nn.ganGenerator(Tensor.from([-1e4])).item()).toBe(1e4);
  });
});

describe('gradientPenalty', () => {
  const [real, fake] = [signed([5, 3]), signed([5, 3], 2)];

  it('of a linear critic is 10·(‖w‖ − 1)², with the gradient 20·(‖w‖ − 1)·w/‖w‖', () => {
    const w = Tensor.from(numbers([0.6, -1.2, 2]), { requiresGrad: true });
    const length = Math.hypot(0.6, -1.2, 2);
    const penalty = nn.gradientPenalty((x) => x.matmul(w), real, fake);
    expect(penalty.item()).toBeCloseTo(10 * (length - 1) ** 2, 10);
    penalty.backward();
    const expected = [0.6, -1.2, 2].map((n) => (20 * (length - 1) * n) / length);
    [...w.grad!.dataSync()].forEach((g, i) => {
      expect(g).toBeCloseTo(expected[i]!, 10);
    });
  });

  it('leaves the critic without gradients of its own, and reaches all its parameters', () => {
    const critic = new nn.Sequential(new nn.Dense(8, { activation: 'tanh' }), new nn.Dense(1));
    const [x, y] = [real.float32(), fake.float32()];
    critic.forward(x);
    const penalty = nn.gradientPenalty((at) => critic.forward(at), x, y, { generator: new Generator(1) });
    const parameters = critic.parameters();
    expect(parameters.every((p) => p.grad === undefined)).toBe(true);
    penalty.backward();
    const reached = parameters.map((p) => p.grad !== undefined && p.grad.abs().sum().item() > 0);
    expect(reached).toEqual([true, true, true, false]); // the last bias moves no gradient
  });

  it('looks at places between both, drawn by the generator', () => {
    const seen: Tensor[] = [];
    const critic = (x: Tensor): Tensor => {
      seen.push(x);
      return x.square().sum({ dim: 1, keepDim: true });
    };
    const draw = (seed: number): number =>
      nn.gradientPenalty(critic, real, fake, { generator: new Generator(seed), weight: 1, target: 0 }).item();
    expect(draw(7)).toBe(draw(7));
    expect(draw(7)).not.toBe(draw(8));
    const [low, high] = [real.minimum(fake), real.maximum(fake)];
    for (const x of seen) {
      expect(
        x
          .ge(low.sub(1e-12))
          .logicalAnd(x.le(high.add(1e-12)))
          .all()
          .item(),
      ).toBe(1);
    }
    const share = seen[0]!.sub(fake).div(real.sub(fake)); // one a sample
    expect(
      share
        .sub(share.mean({ dim: 1, keepDim: true }))
        .abs()
        .amax()
        .item(),
    ).toBeLessThan(1e-9);
  });

  it('works without a tape around it, and refuses what does not fit', () => {
    const penalty = noGrad(() => nn.gradientPenalty((x) => x.sum({ dim: 1 }), real, fake));
    expect(penalty.item()).toBeCloseTo(10 * (Math.sqrt(3) - 1) ** 2, 10);
    expect(() => nn.gradientPenalty((x) => x, real, fake)).toThrow(/one number a sample, \[5\] or \[5, 1\]/);
    expect(() => nn.gradientPenalty((x) => x.sum({ dim: 1 }), real, signed([4, 3]))).toThrow(ShapeError);
  });
});
