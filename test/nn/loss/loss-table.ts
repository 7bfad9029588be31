/** The table of all losses, a row per way to call one; tests walk it. */
import * as nn from '../../../src/nn/index.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { avoiding, between, indices, numbers, signed } from '../../tensor/samples.ts';

/** A loss with inputs at which its gradients can be checked. */
export interface LossRow {
  readonly name: string;
  readonly loss: (x: Tensor, y: Tensor, options: nn.LossOptions) => Tensor;
  /** Input and target; a float target is varied too. */
  readonly inputs: () => readonly [Tensor, Tensor];
}

/** Both apart by amounts that are not near 0, ½ or 1. */
const pair = (): [Tensor, Tensor] => {
  const y = signed([2, 3], 7);
  return [y.add(avoiding([-1, -0.5, 0, 0.5, 1], -2, 2, [2, 3])), y];
};
const binary = (): [Tensor, Tensor] => [between(0.1, 0.9, [2, 3]), between(0.1, 0.9, [2, 3], 5)];
const logits = (): [Tensor, Tensor] => [signed([2, 3]), between(0.1, 0.9, [2, 3], 5)];
const classes = (): [Tensor, Tensor] => [signed([4, 3]), indices([2, 0, 1, 1])];
const pixels = (): [Tensor, Tensor] => [signed([2, 3, 2]), indices([2, 0, 1, -100], [2, 2])];
const weight = numbers([0.5, 2, 1.5]);

export const lossTable: readonly LossRow[] = [
  { name: 'mse', loss: nn.mse, inputs: pair },
  { name: 'l1', loss: nn.l1, inputs: pair },
  { name: 'huber', loss: (x, y, options) => nn.huber(x, y, { delta: 0.5, ...options }), inputs: pair },
  { name: 'smoothL1', loss: (x, y, options) => nn.smoothL1(x, y, { beta: 0.5, ...options }), inputs: pair },
  { name: 'smoothL1 at beta 0', loss: (x, y, options) => nn.smoothL1(x, y, { beta: 0, ...options }), inputs: pair },
  { name: 'bce', loss: nn.bce, inputs: binary },
  { name: 'bce, weighted', loss: (x, y, options) => nn.bce(x, y, { weight, ...options }), inputs: binary },
  { name: 'bceWithLogits', loss: nn.bceWithLogits, inputs: logits },
  {
    name: 'bceWithLogits, weighted',
    loss: (x, y, options) => nn.bceWithLogits(x, y, { weight: [[2], [3]], posWeight: weight, ...options }),
    inputs: logits,
  },
  { name: 'crossEntropy', loss: nn.crossEntropy, inputs: classes },
  {
    name: 'crossEntropy, weighted, smoothed',
    loss: (x, y, options) => nn.crossEntropy(x, y, { weight, labelSmoothing: 0.2, ...options }),
    inputs: classes,
  },
  { name: 'crossEntropy of pixels, one ignored', loss: nn.crossEntropy, inputs: pixels },
  { name: 'crossEntropy of probabilities', loss: nn.crossEntropy, inputs: logits },
  {
    name: 'crossEntropy of probabilities, weighted, smoothed',
    loss: (x, y, options) => nn.crossEntropy(x, y, { weight, labelSmoothing: 0.2, ...options }),
    inputs: logits,
  },
  { name: 'nll', loss: nn.nll, inputs: classes },
  { name: 'nll, weighted, one ignored', loss: (x, y, options) => nn.nll(x, y, { weight, ...options }), inputs: pixels },
];
