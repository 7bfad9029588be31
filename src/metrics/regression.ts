/** Scores of models that name numbers: how far off they are. */
import { ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import type { Tally } from './classification.ts';

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

function tally(distances: Tensor): Tally {
  return { sum: distances.sum(), count: Tensor.full([], distances.size, { dtype: 'float64' }) };
}

/** In double precision, since sums over a data set are long. */
function distance(where: string, output: TensorLike, target: TensorLike): Tensor {
  const [out, goal] = [output, target].map((x) => Tensor.from(x).float64());
  if (!sameShape(out!.shape, goal!.shape)) {
    throw new ShapeError(
      `${where}: output and target must have one shape; got ${shapeText(out!.shape)} and ${shapeText(goal!.shape)}; reshape one of them`,
    );
  }
  return out!.sub(goal!);
}
