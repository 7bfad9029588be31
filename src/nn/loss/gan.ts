/** Losses of generative adversarial networks: of the discriminator, of the generator, and the gradient penalty. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { defaultGenerator, type Generator } from '../../core/random.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { enableGrad, grad } from '../../tensor/grad.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { checkReduction, floatsOf, type LossOptions, reduce, requireTensor } from './reduction.ts';

/**
 * What the two play for. D is the discriminator's raw output (no sigmoid).
 * - `nonSaturating`: −log sigmoid(D(x)) − log(1 − sigmoid(D(G(z)))) and −log sigmoid(D(G(z))) (Goodfellow et al. 2014)
 * - `leastSquares`: ½·(D(x) − 1)² + ½·D(G(z))² and ½·(D(G(z)) − 1)² (Mao et al. 2017)
 * - `hinge`: max(0, 1 − D(x)) + max(0, 1 + D(G(z))) and −D(G(z)) (Lim and Ye 2017)
 * - `wasserstein`: D(G(z)) − D(x) and −D(G(z)), with `gradientPenalty` or clipped weights (Arjovsky et al. 2017)
 */
export type GanKind = 'nonSaturating' | 'leastSquares' | 'hinge' | 'wasserstein';

/** Options of `ganDiscriminator` and `ganGenerator`. */
export interface GanOptions extends LossOptions {
  readonly kind?: GanKind;
}

/** Options of `gradientPenalty`. */
export interface GradientPenaltyOptions extends LossOptions {
  /** The factor. */
  readonly weight?: number;
  /** The length that gradients should have. */
  readonly target?: number;
  /** Draws the places between real and fake; the default generator if left out. */
  readonly generator?: Generator;
}

interface Game {
  readonly real: (d: Tensor) => Tensor;
  readonly fake: (d: Tensor) => Tensor;
  readonly generator: (d: Tensor) => Tensor;
}

const games: Readonly<Record<GanKind, Game>> = {
  nonSaturating: {
    real: (d) => d.neg().softplus(),
    fake: (d) => d.softplus(),
    generator: (d) => d.neg().softplus(),
  },
  leastSquares: {
    real: (d) => d.sub(1).square().mul(0.5),
    fake: (d) => d.square().mul(0.5),
    generator: (d) => d.sub(1).square().mul(0.5),
  },
  hinge: {
    real: (d) => d.neg().add(1).relu(),
    fake: (d) => d.add(1).relu(),
    generator: (d) => d.neg(),
  },
  wasserstein: { real: (d) => d.neg(), fake: (d) => d, generator: (d) => d.neg() },
};

/**
 * What the discriminator minimises, given its raw outputs for real and for generated samples (`detach` those from the
 * generator first). The means or sums of both are added; the sizes may differ unless the reduction is `none`.
 * @example nn.ganDiscriminator(d.forward(x), d.forward(g.forward(z).detach()), { kind: 'hinge' }).backward();
 */
export function ganDiscriminator(
  real: Tensor,
  fake: Tensor,
  { kind = 'nonSaturating', reduction = 'mean' }: GanOptions = {},
): Tensor {
  for (const outputs of [real, fake]) requireTensor('ganDiscriminator', outputs);
  const game = gameOf('ganDiscriminator', kind);
  for (const d of [real, fake]) checkReduction('ganDiscriminator', reduction, d.size, d.shape);
  if (reduction === 'none' && !sameShape(real.shape, fake.shape)) {
    throw new ShapeError(
      `ganDiscriminator: without a reduction both outputs must have one shape; got ${shapeText(real.shape)} and ${shapeText(fake.shape)}`,
    );
  }
  return reduce(game.real(floatsOf(real)), reduction).add(reduce(game.fake(floatsOf(fake)), reduction));
}

/** What the generator minimises, given the discriminator's raw outputs for its samples. */
export function ganGenerator(fake: Tensor, { kind = 'nonSaturating', reduction = 'mean' }: GanOptions = {}): Tensor {
  requireTensor('ganGenerator', fake);
  const game = gameOf('ganGenerator', kind);
  checkReduction('ganGenerator', reduction, fake.size, fake.shape);
  return reduce(game.generator(floatsOf(fake)), reduction);
}

function gameOf(where: string, kind: GanKind): Game {
  if (Object.hasOwn(games, kind)) return games[kind];
  throw new ArgumentError(
    `${where}: no such kind; got ${String(kind)}; choose one of ${Object.keys(games).join(', ')}`,
  );
}

/**
 * weight·(‖∂critic/∂x‖₂ − target)² at random places x between real and fake samples (Gulrajani et al. 2017). Its gradient
 * reaches the critic's parameters, through a gradient of a gradient.
 * @param critic gives one number a sample, [N] or [N, 1].
 * @param real [N, ..]; fake has its shape. No gradient flows to either. `none` gives [N].
 * @example nn.ganDiscriminator(c.forward(x), c.forward(g), { kind: 'wasserstein' }).add(nn.gradientPenalty((y) => c.forward(y), x, g));
 */
export function gradientPenalty(
  critic: (x: Tensor) => Tensor,
  real: Tensor,
  fake: Tensor,
  { weight = 10, target = 1, generator = defaultGenerator, reduction = 'mean' }: GradientPenaltyOptions = {},
): Tensor {
  for (const samples of [real, fake]) requireTensor('gradientPenalty', samples);
  const x = floatsOf(real).detach();
  if (x.rank < 2 || !sameShape(x.shape, fake.shape)) {
    throw new ShapeError(
      `gradientPenalty: real and fake samples must be [N, ..] of one shape; got ${shapeText(x.shape)} and ${shapeText(fake.shape)}`,
    );
  }
  const n = x.shape[0]!;
  checkReduction('gradientPenalty', reduction, n, x.shape);
  const share = Tensor.rand([n, ...x.shape.slice(1).map(() => 1)], { dtype: x.dtype, device: x.device, generator });
  const mixed = x.mul(share).add(fake.detach().cast(x.dtype).mul(share.neg().add(1)));
  return enableGrad(() => {
    const at = Tensor.from(mixed, { requiresGrad: true });
    const scores = critic(at);
    if (scores.size !== n) {
      throw new ShapeError(
        `gradientPenalty: the critic must give one number a sample, [${n}] or [${n}, 1]; got ${shapeText(scores.shape)}`,
      );
    }
    const slope = grad(scores.sum(), [at], { createGraph: true })[0]!;
    const losses = slope.flatten(1).norm({ dim: 1 }).sub(target).square().mul(weight);
    return reduce(losses, reduction);
  });
}
