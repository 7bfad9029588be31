/** Running statistics of a module computed anew, for weights that they do not fit. */
import { ArgumentError } from '../core/errors.ts';
import type { Module } from '../nn/module/module.ts';
import { placeOf } from '../nn/module/placement.ts';
import { BatchNorm } from '../nn/norm/batch-norm.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import { tidy } from '../tensor/tidy.ts';
import { batchOf, feedOf, isBatched, type TrainingData } from './feed.ts';
import { run } from './network.ts';
import { Pauses } from './pause.ts';
import { sent } from './place.ts';
import { cellsOf, modesOf, restoreModes, Snapshot } from './snapshot.ts';

/** Options of `updateBatchNorm`. */
export interface UpdateBatchNormOptions {
  /** Samples per batch; default 128. */
  readonly batchSize?: number;
}

/** The statistics of one layer, and their sums over the batches. */
interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly batches: Tensor;
  readonly share: number;
  sums: readonly [mean: Tensor, variance: Tensor] | undefined;
}

/**
 * Gives every BatchNorm in a module the means over these data of the batches' means and variances, as averaged weights
 * need it (Izmailov et al. 2018). Nothing else changes: dropout is off, and no weight moves.
 * @throws what a batch leads to; then the statistics are as before.
 * @example
 * swa.apply();
 * await updateBatchNorm(model.module, train);
 */
export async function updateBatchNorm(
  module: Module,
  data: TrainingData,
  { batchSize = 128 }: UpdateBatchNormOptions = {},
): Promise<void> {
  const where = 'updateBatchNorm';
  const feed = feedOf(where, data, isBatched(data) ? {} : { batchSize }, false);
  const norms = module.namedModules().flatMap(([, part]) => (part instanceof BatchNorm ? [part] : []));
  const layers = norms.flatMap(statisticsOf);
  const [before, modes] = [new Snapshot(cellsOf(module)), modesOf(module)];
  const pauses = new Pauses();
  let batches = 0;
  module.eval();
  for (const norm of norms) norm.training = true;
  try {
    for await (const given of feed.epoch()) {
      const { x } = batchOf(where, given);
      noGrad(() => tidy(() => collect(layers, () => run(module, sent(x, placeOf(module))))));
      batches += 1;
      await pauses.due();
    }
    if (batches === 0) throw new ArgumentError(`${where}: there was no batch; give at least one sample`);
    for (const { mean, variance, batches: counter, sums } of layers) {
      if (!sums) continue;
      mean.assign(sums[0].div(batches));
      variance.assign(sums[1].div(batches));
      counter.assign(Tensor.fullLike(counter, batches));
    }
  } catch (error) {
    before.restore();
    throw error;
  } finally {
    restoreModes(modes);
  }
}

/** Layers that keep statistics, and ever take something into them. */
function statisticsOf({ runningMean, runningVar, numBatchesTracked, momentum }: BatchNorm): Statistics[] {
  if (!runningMean || !runningVar || !numBatchesTracked || momentum === 0) return [];
  return [
    { mean: runningMean, variance: runningVar, batches: numBatchesTracked, share: momentum ?? 1, sums: undefined },
  ];
}

/** The sums so far. What a forward adds to statistics of 0 is its own, times how much of the old it replaces. */
function collect(layers: readonly Statistics[], forward: () => unknown): readonly Tensor[] {
  for (const { mean, variance, batches } of layers) {
    for (const cell of [mean, variance, batches]) cell.assign(Tensor.zerosLike(cell));
  }
  forward();
  for (const layer of layers) {
    const [mean, variance] = [layer.mean.detach().div(layer.share), layer.variance.detach().div(layer.share)];
    layer.sums = layer.sums ? [layer.sums[0].add(mean), layer.sums[1].add(variance)] : [mean, variance];
  }
  return layers.flatMap(({ sums }) => sums ?? []);
}
