/** Contrastive losses: each sample should recognise its partner among all others of the batch. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { crossEntropy } from './cross-entropy.ts';
import { checkReduction, floatsOf, type LossOptions, requireTensor, targetLike } from './reduction.ts';

/** Options of `ntXent`. */
export interface ContrastiveOptions extends LossOptions {
  /** Similarities are divided by it: the smaller, the more the nearest wrong ones count. */
  readonly temperature?: number;
}

/** Options of `infoNce`. */
export interface InfoNceOptions extends ContrastiveOptions {
  /** Averages the losses of both directions, as CLIP does (Radford et al. 2021). */
  readonly symmetric?: boolean;
  /** [M, D], keys that are nobody's partner. */
  readonly negatives?: TensorLike | undefined;
}

/**
 * The cross-entropy of finding key i for query i by the cosine, among all keys of the batch (van den Oord et al. 2018).
 * @param queries [N, D]; the keys have their shape. `none` gives [N].
 * @example nn.infoNce(imageEncoder.forward(images), textEncoder.forward(texts), { temperature: 0.07, symmetric: true });
 */
export function infoNce(
  queries: Tensor,
  keys: TensorLike,
  { temperature = 0.1, symmetric = false, negatives, reduction = 'mean' }: InfoNceOptions = {},
): Tensor {
  requireTensor('infoNce', queries);
  const q = unitVectors('infoNce', queries, temperature);
  checkReduction('infoNce', reduction, q.shape[0]!, q.shape);
  const k = targetLike('infoNce', q, keys).normalize();
  if (symmetric && negatives !== undefined) {
    throw new ArgumentError('infoNce: negatives are keys only, so the loss cannot be symmetric; leave one of both out');
  }
  const all = negatives === undefined ? k : Tensor.concat([k, unitVectorsLike(q, negatives)]);
  const logits = q.matmul(all.transpose()).div(temperature);
  const partners = Tensor.arange(q.shape[0]!, { dtype: 'int32', device: q.device });
  const forward = crossEntropy(logits, partners, { reduction });
  return symmetric ? forward.add(crossEntropy(logits.transpose(), partners, { reduction })).div(2) : forward;
}

/**
 * The loss of SimCLR: each of the 2N vectors should find the other view of its sample among the 2N − 1 others (Chen et al.
 * 2020).
 * @param first one view of each sample, [N, D]; the second has its shape. `none` gives [2N], the first views in front.
 */
export function ntXent(
  first: Tensor,
  second: TensorLike,
  { temperature = 0.5, reduction = 'mean' }: ContrastiveOptions = {},
): Tensor {
  requireTensor('ntXent', first);
  const a = unitVectors('ntXent', first, temperature);
  const n = a.shape[0]!;
  checkReduction('ntXent', reduction, n, a.shape);
  const views = Tensor.concat([a, targetLike('ntXent', a, second).normalize()]);
  const logits = views.matmul(views.transpose()).div(temperature);
  const others = logits.maskedFill(Tensor.eye(2 * n, 2 * n, { dtype: 'bool', device: a.device }), -Infinity);
  const partners = Tensor.arange(2 * n, { dtype: 'int32', device: a.device }).roll(n, 0);
  return crossEntropy(others, partners, { reduction });
}

function unitVectors(where: string, x: Tensor, temperature: number): Tensor {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new ArgumentError(`${where}: temperature must be above 0; got ${temperature}`);
  }
  if (x.rank !== 2) throw new ShapeError(`${where}: takes vectors [N, D]; got ${shapeText(x.shape)}`);
  return floatsOf(x).normalize();
}

function unitVectorsLike(q: Tensor, given: TensorLike): Tensor {
  const x = q.lift('infoNce', given);
  if (x.rank === 2 && x.shape[1] === q.shape[1]) return x.cast(q.dtype).normalize();
  throw new ShapeError(
    `infoNce: negatives must be [M, ${q.shape[1]}] for queries ${shapeText(q.shape)}; got ${shapeText(x.shape)}`,
  );
}
