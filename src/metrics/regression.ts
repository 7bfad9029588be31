/** Scores of models that name numbers: how far off they are. */
import { ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import type { Tally } from './classification.ts';
import { onCpu } from './labels.ts';

/** The mean of |output − target|, without dims; both of one shape. */
export function meanAbsoluteError(output: TensorLike, target: TensorLike): Tensor {
  const { sum, count } = sumAbsolute(output, target);
  return sum.div(count).float32();
}

/** The mean of (output − target)², without dims; both of one shape. */
export function meanSquaredError(output: TensorLike, target: TensorLike): Tensor {
  const { sum, count } = sumSquared(output, target);
  return sum.div(count).float32();
}

/** The sum of |output − target| and how many numbers it has. */
export function sumAbsolute(output: TensorLike, target: TensorLike): Tally {
  return tally(distance('meanAbsoluteError', output, target).abs());
}

/** The sum of (output − target)² and how many numbers it has. */
export function sumSquared(output: TensorLike, target: TensorLike): Tally {
  return tally(distance('meanSquaredError', output, target).square());
}

/** What `r2` needs of all samples so far, column by column. */
export interface Scatter {
  readonly count: number;
  /** [M] */
  readonly mean: Tensor;
  /** Σ (target − mean)², [M] */
  readonly total: Tensor;
  /** Σ (output − target)², [M] */
  readonly residual: Tensor;
}

/**
 * The coefficient of determination, 1 − Σ (output − target)² / Σ (target − mean)²: 1 is perfect, 0 is no better than the
 * mean of the targets. Where all targets are equal it is 1 if the output is them, else 0, as in scikit-learn.
 *
 * @param output and target of one shape, [N] or [N, …]; of several numbers a sample the score is the mean of theirs.
 * @returns without dims; NaN for fewer than two samples.
 */
export function r2(output: TensorLike, target: TensorLike): Tensor {
  return r2Of(scatterOf('r2', output, target)).float32();
}

/** The sums of one batch. */
export function scatterOf(where: string, output: TensorLike, target: TensorLike): Scatter {
  const off = distance(where, output, target);
  const goal = Tensor.from(target).float64();
  if (goal.rank === 0) throw new ShapeError(`${where}: takes [N] or [N, …]; got a single number`);
  const count = goal.shape[0]!;
  const columns = goal.shape.slice(1).reduce((size, n) => size * n, 1);
  const y = goal.reshape([count, columns]);
  const mean = y.sum({ dim: 0 }).div(Math.max(count, 1));
  const residual = off.square().reshape([count, columns]).sum({ dim: 0 });
  return { count, mean, total: y.sub(mean).square().sum({ dim: 0 }), residual };
}

/** The sums of two batches as one (Chan et al. 1979), which cancel nothing. */
export function joinScatters(where: string, a: Scatter, b: Scatter): Scatter {
  if (!sameShape(a.mean.shape, b.mean.shape)) {
    throw new ShapeError(
      `${where}: batches must have equally many numbers a sample; got ${b.mean.size}, before ${a.mean.size}`,
    );
  }
  const count = a.count + b.count;
  if (count === 0) return a;
  const apart = b.mean.sub(a.mean);
  return {
    count,
    mean: a.mean.add(apart.mul(b.count / count)),
    total: a.total.add(b.total).add(apart.square().mul((a.count * b.count) / count)),
    residual: a.residual.add(b.residual),
  };
}

/** The score, float64. */
export function r2Of({ count, total, residual }: Scatter): Tensor {
  if (count < 2) return Tensor.full([], Number.NaN, { dtype: 'float64' });
  const one = Tensor.ones([], { dtype: 'float64' });
  const ofConstant = Tensor.where(residual.eq(0), one, Tensor.zeros([], { dtype: 'float64' }));
  return Tensor.where(total.eq(0), ofConstant, one.sub(residual.div(total))).mean();
}

function tally(distances: Tensor): Tally {
  return { sum: distances.sum(), count: Tensor.full([], distances.size, { dtype: 'float64' }) };
}

/** In double precision, since sums over a data set are long. */
function distance(where: string, output: TensorLike, target: TensorLike): Tensor {
  const [out, goal] = [output, target].map((x) => onCpu(Tensor.from(x)).float64());
  if (!sameShape(out!.shape, goal!.shape)) {
    throw new ShapeError(
      `${where}: output and target must have one shape; got ${shapeText(out!.shape)} and ${shapeText(goal!.shape)}; reshape one of them`,
    );
  }
  return out!.sub(goal!);
}
