/** Scaled dot-product attention, the core of every transformer. */

import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { eq, input, sub, unary, where } from '../../core/expression.ts';
import type { Generator } from '../../core/random.ts';
import { broadcastShapes, type Shape, shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Dropout } from '../dropout/dropout.ts';
import { additive, causalMask, checkMask, sumOf } from './mask.ts';

/** Options of `scaledDotProduct`. */
export interface ScaledDotProductOptions {
  /** Broadcasts to [.., Tq, Tk]. Bool: true where attention is NOT allowed. Float: added to the scores. */
  readonly mask?: Tensor | undefined;
  /** Whether each query sees only the keys up to its own; the last query stands at the last key. */
  readonly causal?: boolean | undefined;
  /** Factor of the scores; 1/√D if left out. */
  readonly scale?: number | undefined;
  /** With which probability a weight is left out, in training and elsewhere. */
  readonly dropout?: number | undefined;
  /** Draws what is left out; the default generator if left out. */
  readonly generator?: Generator | undefined;
}

/**
 * softmax(q·kᵀ·scale + mask)·v (Vaswani et al. 2017): queries [.., Tq, D], keys [.., Tk, D], values [.., Tk, E] →
 * [.., Tq, E]; the dims in front broadcast. A query that may look at no key gives 0, with the gradient 0.
 * @throws ShapeError, DtypeError
 * @example nn.scaledDotProduct(q, k, v, { causal: true })
 */
export function scaledDotProduct(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask, causal = false, scale, dropout = 0, generator }: ScaledDotProductOptions = {},
): Tensor {
  const scores = scoresShape(q, k, v);
  const [queries, keys] = [scores.at(-2)!, scores.at(-1)!];
  if (scale !== undefined && !Number.isFinite(scale)) {
    throw new ArgumentError(`scaledDotProduct: scale must be a finite number; got ${scale}`);
  }
  if (mask) checkMask('scaledDotProduct: the mask', mask, scores);
  const hidden = sumOf([
    mask && additive(mask, q, 'scaledDotProduct: the mask'),
    causal ? additive(causalMask(queries, keys, q), q) : undefined,
  ]);
  const drop = dropout === 0 ? undefined : new Dropout(dropout, { generator });
  return attend(q, k, v, { hidden, scale, drop }).output;
}

/** The shape of all scores, if the three fit together. */
function scoresShape(q: Tensor, k: Tensor, v: Tensor): Shape {
  const fits =
    Math.min(q.rank, k.rank, v.rank) >= 2 && q.shape.at(-1) === k.shape.at(-1) && k.shape.at(-2) === v.shape.at(-2);
  if (!fits || k.shape.at(-2) === 0) {
    const got = [q, k, v].map((x) => shapeText(x.shape)).join(', ');
    throw new ShapeError(
      `scaledDotProduct: takes queries [.., Tq, D], keys [.., Tk, D] and values [.., Tk, E] with at least one key; got ${got}`,
    );
  }
  const leads = [q, k, v].map((x): Shape => x.shape.slice(0, -2));
  const lead = leads.reduce((known, other) => broadcastShapes('scaledDotProduct', known, other));
  return [...lead, q.shape.at(-2)!, k.shape.at(-2)!];
}

/** How `attend` weighs. */
interface Weighing {
  /** Added to the scores: −∞ where attention is not allowed. */
  readonly hidden?: Tensor | undefined;
  readonly scale?: number | undefined;
  /** Applied to the weights. */
  readonly drop?: Dropout | undefined;
}

/** @internal What `attend` gives; the weights are computed when they are asked for. */
export interface Attended {
  readonly output: Tensor;
  readonly weights: () => Tensor;
}

const expOfDifference = unary('exp', sub(input(0), input(1)));
/** The greatest score of a row, where all are −∞ 0: e^(−∞ − 0) is 0, and e^(−∞ + ∞) would be NaN. */
const finiteGreatest = where(eq(input(0), -Infinity), 0, input(0));
const oneForNone = where(eq(input(0), 0), 1, input(0));

/** @internal Attention of fitting shapes. The division by the sums comes last, where there is less to divide. */
export function attend(q: Tensor, k: Tensor, v: Tensor, { hidden, scale, drop }: Weighing): Attended {
  const raw = q.mul(scale ?? 1 / Math.sqrt(q.shape.at(-1)!)).matmul(k.transpose()); // [.., Tq, Tk]
  const scores = hidden ? raw.add(hidden) : raw;
  const most = scores.detach().amax({ dim: -1, keepDim: true }); // [.., Tq, 1]
  const greatest = hidden ? most.map(finiteGreatest) : most;
  const all = scores.map(expOfDifference, [greatest.expand(scores.shape)]);
  const sum = all.sum({ dim: -1, keepDim: true });
  const total = hidden ? sum.map(oneForNone) : sum;
  const kept = drop ? drop.forward(all) : all;
  return { output: kept.matmul(v).div(total), weights: () => kept.div(total) };
}
