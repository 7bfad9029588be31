/** One training step, as user code writes it, as it stands or compiled. */
import { jit, nn, Tensor } from '../../src/index.ts';
import type { ArrayBatch } from './batches.ts';

/** What a step needs of an optimizer. */
export interface Updates {
  step(): void;
  zeroGrad(): void;
}

/** The ways to train. */
export const trainingModes = ['eager', 'jit'] as const;

/** Uploads a batch, goes forward and backward, and updates; `shape` is that of the inputs. Gives the loss. */
export type TrainStep = (batch: ArrayBatch) => Tensor;

/** The step of a model. */
export function trainer(
  model: nn.Layer,
  optimizer: Updates,
  shape: readonly number[],
  mode: (typeof trainingModes)[number],
): TrainStep {
  const train = (x: Tensor, y: Tensor): Tensor => {
    const loss = nn.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss;
  };
  const step = mode === 'jit' ? jit(train) : train;
  return ({ inputs, labels }) => step(Tensor.from(inputs, { shape }), Tensor.from(labels));
}
