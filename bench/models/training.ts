/** One training step, as user code writes it. */
import { nn, Tensor } from '../../src/index.ts';
import type { ArrayBatch } from './batches.ts';

/** What a step needs of an optimizer. */
export interface Updates {
  step(): void;
  zeroGrad(): void;
}

/** Uploads the batch, goes forward and backward, and updates; `shape` is that of the inputs. Gives the loss. */
export function trainStep(model: nn.Layer, optimizer: Updates, batch: ArrayBatch, shape: readonly number[]): Tensor {
  const x = Tensor.from(batch.inputs, { shape });
  const y = Tensor.from(batch.labels);
  const loss = nn.crossEntropy(model.forward(x), y);
  loss.backward();
  optimizer.step();
  optimizer.zeroGrad();
  return loss;
}
