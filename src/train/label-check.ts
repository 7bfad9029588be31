/** All labels of a dataset checked at once, so that a wrong one late in it does not end training half-way. */
import { IndexError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Feed } from './feed.ts';
import { listOf } from './network.ts';

/** What the losses pass over. */
const ignored = -100;

/**
 * Checks the class indices of a dataset in memory; other data are checked batch by batch, by the loss.
 * @param output what the model gave for a batch, [B, C, …], as its output number `k`.
 * @throws IndexError that names the first label which is no class.
 */
export function checkLabels(where: string, feed: Feed, output: Tensor, k: number): void {
  const targets = feed.dataset?.targets?.();
  const labels = targets && listOf(targets)[k];
  if (labels) checkClasses(where, labels, output);
}

/** @throws IndexError that names the first of these labels which is no class of the output; those on the GPU stay unread. */
export function checkClasses(where: string, labels: Tensor, output: Tensor): void {
  const classes = output.shape[1];
  // A target of as many dims as the output holds probabilities.
  if (labels.dtype !== 'int32' || labels.device !== 'cpu' || classes === undefined || labels.rank >= output.rank)
    return;
  const wrong = labels.lt(0).logicalOr(labels.ge(classes)).logicalAnd(labels.ne(ignored)).reshape([-1]);
  if (wrong.any().item() === 0) return;
  const at = wrong.argMax().item();
  const label = labels.reshape([-1]).select(0, at).item();
  const sample = Math.floor(at / (labels.size / labels.shape[0]!));
  throw new IndexError(
    `${where}: a label is outside the ${classes} classes of the model's output; got ${label} at sample ${sample}; labels go from 0 to ${classes - 1}`,
  );
}
