/** Drawing symbols by their logits. */
import { type Dtype, isFloat } from '../../core/dtype.ts';
import { ArgumentError, DtypeError, ShapeError } from '../../core/errors.ts';
import { defaultGenerator, type Generator } from '../../core/random.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';

/** Options of `sample`. */
export interface SampleOptions {
  /** Divides the logits: below 1 likely symbols become likelier; 0 takes the likeliest. */
  readonly temperature?: number;
  /** Only the k likeliest symbols are drawn. */
  readonly topK?: number | undefined;
  /** Only the likeliest symbols are drawn that together have at least this probability (nucleus sampling). */
  readonly topP?: number | undefined;
  /** Where the draws come from; the default generator if left out. */
  readonly generator?: Generator | undefined;
}

/**
 * One symbol per row, drawn with the probabilities softmax(logits / temperature): logits [B, V] → int32 [B]. Of what `topK`
 * leaves, `topP` chooses (Holtzman et al. 2020). A symbol whose logit is −∞ is never drawn, unless all are.
 */
export function sample(
  logits: Tensor,
  { temperature = 1, topK, topP, generator = defaultGenerator }: SampleOptions = {},
): Tensor {
  if (logits.rank !== 2 || logits.shape[1] === 0) {
    throw new ShapeError(`sample: the logits must be [B, V]; got ${shapeText(logits.shape)}`);
  }
  if (!isFloat(logits.dtype)) throw new DtypeError(`sample: the logits must be floats; got ${logits.dtype}`);
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new ArgumentError(`sample: temperature must be at least 0; got ${temperature}`);
  }
  if (topK !== undefined) checkCount('sample', 'topK', topK);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) {
    throw new ArgumentError(`sample: topP must be above 0 and at most 1; got ${topP}`);
  }
  if (temperature === 0) return logits.argMax({ dim: 1 });
  const scaled = logits.detach().cast(finest(logits)).div(temperature);
  if (topK === undefined && topP === undefined) return draw(scaled, generator);
  const { values, indices } = scaled.topK(Math.min(topK ?? Infinity, scaled.shape[1]!), { dim: 1 });
  return indices.gather(1, draw(nucleus(values, topP ?? 1), generator).unsqueeze(1)).squeeze(1);
}

/** Sorted logits, −∞ where those before have the probability together. The first always stays. */
function nucleus(sorted: Tensor, topP: number): Tensor {
  if (topP === 1) return sorted;
  const probabilities = sorted.softmax(1);
  const before = probabilities.cumSum(1).sub(probabilities);
  const first = Tensor.arange(sorted.shape[1]!, { dtype: 'int32', device: sorted.device }).eq(0);
  return sorted.maskedFill(before.ge(topP).logicalAnd(first.logicalNot()), -Infinity);
}

/** The GPU has no float64. */
function finest({ device }: Tensor): Dtype {
  return device === 'cpu' ? 'float64' : 'float32';
}

/** The greatest of the logits, each with Gumbel's noise, falls on each with its probability (Gumbel 1954). */
function draw(logits: Tensor, generator: Generator): Tensor {
  const noise = Tensor.rand(logits.shape, { dtype: finest(logits), device: logits.device, generator })
    .log()
    .neg()
    .log()
    .neg();
  return logits.add(noise).argMax({ dim: 1 });
}
