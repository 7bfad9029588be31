/** What each sample of a batch counts in the loss: by weights of its own, by the weight of its class, or by both. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, IndexError, ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import type { Tensors } from '../data/dataset.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { LossChoice } from './loss-choice.ts';

/** What the losses pass over. */
const ignored = -100;

/** Σ wᵢ·lossᵢ / count over all samples, steps or pixels that the weights tell apart, as in Keras. */
export function weightedMean(losses: Tensor, weights: Tensor): Tensor {
  const { rank } = weights;
  if (rank > losses.rank || !sameShape(weights.shape, losses.shape.slice(0, rank))) {
    throw new ShapeError(
      `sampleWeight: does not fit the losses; got ${shapeText(weights.shape)} for losses ${shapeText(losses.shape)}; give [${losses.shape[0]}], one for each sample`,
    );
  }
  const dim = losses.shape.map((_, d) => d).slice(rank);
  const own = dim.length === 0 ? losses : losses.mean({ dim });
  return own.mul(weights.detach().cast(own.dtype)).mean();
}

/** @throws ArgumentError for what cannot be weights of classes. */
export function checkClassWeight(weights: readonly number[] | undefined): void {
  if (weights === undefined) return;
  if (Array.isArray(weights) && weights.length > 0 && weights.every((w) => Number.isFinite(w) && w >= 0)) return;
  throw new ArgumentError(
    `fit: classWeight must be a list of numbers of at least 0, one for each class; got ${JSON.stringify(weights)}`,
  );
}

/**
 * The weight of each label's class, in the shape of the labels; of labels that are ignored 0.
 * @throws ArgumentError where there are not as many weights as classes, or several outputs; IndexError for a label that is
 * no class.
 */
export function classWeights(
  weights: readonly number[],
  outputs: Tensors,
  targets: Tensors,
  choice: LossChoice,
): Tensor {
  if (!(outputs instanceof Tensor) || !(targets instanceof Tensor)) {
    throw new ArgumentError('classWeight goes with one output; got several; give sampleWeight with the data instead');
  }
  const classes = choice.takesLabels ? outputs.shape[1] : choice.name === undefined ? undefined : 2;
  if (classes !== undefined && weights.length !== classes) {
    throw new ArgumentError(`classWeight must be one for each of the ${classes} classes; got ${weights.length}`);
  }
  const labels = labelsOf(targets, outputs, choice);
  const skipped = labels.eq(ignored);
  try {
    const table = Tensor.from(Float32Array.from(weights), { device: labels.device });
    const at = labels.maskedFill(skipped, 0).reshape([-1]);
    return table.gather(0, at).reshape(labels.shape).maskedFill(skipped, 0);
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    throw new IndexError(`classWeight: a label is none of the ${weights.length} classes that have a weight`, {
      cause: error,
    });
  }
}

/** Classes as int32: indices, the greatest of probabilities, or 0 and 1. */
function labelsOf(y: Tensor, output: Tensor, { takesLabels }: LossChoice): Tensor {
  if (takesLabels && isFloat(y.dtype) && sameShape(y.shape, output.shape)) return y.argMax({ dim: 1 });
  const flat = y.rank === 2 && y.shape[1] === 1 ? y.squeeze(1) : y;
  return isFloat(flat.dtype) ? flat.round().int32() : flat.int32();
}
