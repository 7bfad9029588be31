/** Spectral normalisation: a weight divided by its greatest singular value. */
import { defaultGenerator, type Generator } from '../../core/random.ts';
import { normalizeDim } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { ConvTranspose1D, ConvTranspose2D, ConvTranspose3D } from '../convolution/transposed.ts';
import { checkCount, checkEps } from '../module/argument.ts';
import { buffer, parameter } from '../module/cell.ts';
import type { Module } from '../module/module.ts';
import { onFailure } from '../module/running.ts';
import { parametrize } from './parametrization.ts';

/** Options of `spectralNorm`. */
export interface SpectralNormOptions {
  /** Steps of the power iteration in each forward of training. */
  readonly iterations?: number;
  /** The least that vectors are divided by. */
  readonly eps?: number;
  /** The dim of the outputs, which become the rows of the matrix; 0, of transposed convolutions 1, if left out. */
  readonly dim?: number | undefined;
  /** Draws the vectors that the power iteration starts from; the default generator if left out. */
  readonly generator?: Generator | undefined;
}

/** Steps before the first use, so that the first outputs are right nearly. */
const warmUp = 15;

/**
 * w / σ(w), σ the greatest singular value of the weight as a matrix (Miyato et al. 2018). Its vectors u and v are found by
 * power iteration, which goes on in each forward of training. In the state they are PyTorch's `weight_orig` (the parameter),
 * `weight_u` and `weight_v`. It works for any layer, built or not; `removeParametrization` takes it off again.
 * @returns the layer.
 * @throws ArgumentError where the layer has no parameter of that name: at once, or at the first call where it has none yet.
 * @example nn.spectralNorm(new nn.Conv2D(64, 3, { padding: 1 }))
 */
export function spectralNorm<M extends Module>(
  module: M,
  name: string = 'weight',
  options: SpectralNormOptions = {},
): M {
  const { generator = defaultGenerator, dim = isTransposed(module) ? 1 : 0 } = options;
  const iterations = checkCount('spectralNorm', 'iterations', options.iterations ?? 1);
  const eps = checkEps('spectralNorm', options.eps ?? 1e-12);
  const asMatrix = (w: Tensor): Tensor => {
    const rows = normalizeDim('spectralNorm', dim, w.rank);
    const order = [rows, ...w.shape.map((_, d) => d).filter((d) => d !== rows)];
    return w.permute(order).reshape([w.shape[rows]!, -1]);
  };
  const unit = (x: Tensor): Tensor => x.normalize({ dim: 0, eps });
  const iterate = (matrix: Tensor, [u, v]: readonly [Tensor, Tensor], steps: number): readonly [Tensor, Tensor] => {
    let [left, right] = [u, v];
    for (let i = 0; i < steps; i++) {
      right = unit(left.matmul(matrix));
      left = unit(matrix.matmul(right));
    }
    return [left, right];
  };
  return parametrize('spectralNorm', module, name, {
    description: { type: 'spectralNorm', iterations, eps, dim },
    split: (w) => {
      const before = generator.state;
      onFailure(() => {
        generator.state = before;
      });
      const matrix = asMatrix(w);
      const draw = (size: number): Tensor =>
        unit(Tensor.randn([size], { generator, dtype: w.dtype, device: w.device }));
      const start = [draw(matrix.shape[0]!), draw(matrix.shape[1]!)] as const;
      const [u, v] = iterate(matrix, start, warmUp);
      return { Orig: parameter(w), U: buffer(u), V: buffer(v) };
    },
    learn: ({ Orig, U, V }) => {
      const [u, v] = iterate(asMatrix(Orig!.detach()), [U!.detach(), V!.detach()], iterations);
      U!.assign(u);
      V!.assign(v);
    },
    join: ({ Orig, U, V }) => {
      const sigma = asMatrix(Orig!).matmul(V!.detach()).mul(U!.detach()).sum();
      return Orig!.div(sigma);
    },
  });
}

function isTransposed(module: Module): boolean {
  return [ConvTranspose1D, ConvTranspose2D, ConvTranspose3D].some((made) => module instanceof made);
}
