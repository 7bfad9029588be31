/** How far two distributions are apart: Kullback-Leibler divergences. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { add, type Expr, eq, input, mul, sub, unary, where } from '../../core/expression.ts';
import { sameShape, shapeText, sizeOf } from '../../core/shape.ts';
import type { Tensor, TensorLike } from '../../tensor/tensor.ts';
import {
  checkReduction,
  floatsOf,
  type LossOptions,
  type Reduction,
  reduce,
  requireTensor,
  targetLike,
} from './reduction.ts';

/** Options of `klDiv`. */
export interface KlDivOptions {
  /** `batchmean` divides the sum by the size of the first dim, which the definition asks for; `mean` by all elements. */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether the target holds logarithms of probabilities too. */
  readonly logTarget?: boolean;
}

/** Options of `gaussianKl`. */
export interface GaussianKlOptions extends LossOptions {
  /** The mean of the other distribution; broadcasts. */
  readonly priorMean?: TensorLike;
  /** The logarithm of its variance; broadcasts. */
  readonly priorLogVar?: TensorLike;
}

const x = input(0);
const y = input(1);
// What has no probability costs nothing, whatever the other says of it; its terms are kept finite for the derivatives.
const never: Expr = eq(y, 0);
const ofProbability: Expr = mul(y, sub(unary('log', where(never, 1, y)), where(never, 0, x)));
const neverLog: Expr = eq(y, -Infinity);
const ofLogarithm: Expr = where(neverLog, 0, mul(unary('exp', y), sub(where(neverLog, 0, y), where(neverLog, 0, x))));

/**
 * target·(log target − input), elementwise: KL(target ‖ e^input) once summed over the classes.
 * @param input log-probabilities (from `logSoftmax`).
 * @param target probabilities of the same shape, or their logarithms with `logTarget`. Where one is 0 the term is 0.
 */
export function klDiv(
  input: Tensor,
  target: TensorLike,
  { reduction = 'mean', logTarget = false }: KlDivOptions = {},
): Tensor {
  requireTensor('klDiv', input);
  const logP = floatsOf(input);
  const batchMean = reduction === 'batchmean';
  checkReduction('klDiv', batchMean ? 'mean' : reduction, logP.size, logP.shape);
  if (batchMean && logP.rank === 0) throw new ArgumentError('klDiv: batchmean needs a batch; got a single number');
  const losses = logP.map(logTarget ? ofLogarithm : ofProbability, [targetLike('klDiv', logP, target)]);
  return reduction === 'batchmean' ? losses.sum().div(logP.shape[0]!) : reduce(losses, reduction);
}

const [mean, logVar, priorMean, priorLogVar] = [input(0), input(1), input(2), input(3)];
const shift: Expr = sub(mean, priorMean);
const ratio: Expr = sub(logVar, priorLogVar);
const square: Expr = mul(mul(shift, shift), unary('exp', mul(-1, priorLogVar)));
// e^r − 1 − r without the cancellation near 0
const gaussianTerm: Expr = mul(0.5, add(square, sub(unary('expm1', ratio), ratio)));

/**
 * KL(N(mean, e^logVar) ‖ N(priorMean, e^priorLogVar)) of diagonal Gaussians, summed over the last dim: [.., D] → [..], which
 * `reduction` then averages. The other distribution is the standard normal one: the regular term of a VAE (Kingma and
 * Welling 2014).
 * @example const loss = nn.mse(decoded, x, { reduction: 'sum' }).div(batch).add(nn.gaussianKl(mean, logVar));
 */
export function gaussianKl(
  mean: Tensor,
  logVar: TensorLike,
  { priorMean = 0, priorLogVar = 0, reduction = 'mean' }: GaussianKlOptions = {},
): Tensor {
  requireTensor('gaussianKl', mean);
  if (mean.rank === 0) throw new ShapeError('gaussianKl: the mean must be [.., D]; got []');
  const mu = floatsOf(mean);
  checkReduction('gaussianKl', reduction, sizeOf(mu.shape.slice(0, -1)), mu.shape);
  const others = [
    targetLike('gaussianKl', mu, logVar),
    spread('priorMean', mu, priorMean),
    spread('priorLogVar', mu, priorLogVar),
  ];
  return reduce(mu.map(gaussianTerm, others).sum({ dim: -1 }), reduction);
}

/** Broadcast to the shape of x. */
function spread(name: string, x: Tensor, given: TensorLike): Tensor {
  const y = x.lift('gaussianKl', given).cast(x.dtype);
  const lead = x.rank - y.rank;
  if (
    lead >= 0 &&
    sameShape(
      y.shape,
      x.shape.slice(lead).map((n, d) => (y.shape[d] === 1 ? 1 : n)),
    )
  ) {
    return y.expand(x.shape);
  }
  throw new ShapeError(`gaussianKl: ${name} must broadcast to ${shapeText(x.shape)}; got ${shapeText(y.shape)}`);
}
