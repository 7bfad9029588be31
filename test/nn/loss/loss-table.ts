/** The table of all losses, a row per way to call one; tests walk it. */
import { Generator } from '../../../src/core/random.ts';
import * as nn from '../../../src/nn/loss/index.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { avoiding, between, indices, numbers, signed, spread } from '../../tensor/samples.ts';

/** A loss with inputs at which its gradients can be checked. */
export interface LossRow {
  readonly name: string;
  readonly loss: (inputs: readonly Tensor[], options: nn.LossOptions) => Tensor;
  /** Mostly input and target; those that are floats are varied. */
  readonly inputs: () => readonly Tensor[];
}

type OfTwo = (x: Tensor, y: Tensor, options: nn.LossOptions) => Tensor;
type OfThree = (x: Tensor, y: Tensor, z: Tensor, options: nn.LossOptions) => Tensor;

/** The name is that of the loss, and after a comma how it is called. */
function row(name: string, inputs: () => readonly [Tensor, Tensor], loss: OfTwo): LossRow {
  return { name, inputs, loss: ([x, y], options) => loss(x!, y!, options) };
}

function row3(name: string, inputs: () => readonly [Tensor, Tensor, Tensor], loss: OfThree): LossRow {
  return { name, inputs, loss: ([x, y, z], options) => loss(x!, y!, z!, options) };
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
/** ±1, scores of either sign whose distance from ±1 is not near 0. */
const signs = indices([1, -1, 1, -1, -1, 1], [2, 3]);
const sided = (): [Tensor, Tensor] => [avoiding([-1, 0, 1], -2, 2, [2, 3]), signs];
const logPs = (): [Tensor, Tensor] => [signed([2, 3]), between(0.1, 0.9, [2, 3], 5)];
const vectors = (): [Tensor, Tensor] => [signed([3, 4]), signed([3, 4], 5)];
const triplets = (): [Tensor, Tensor, Tensor] => [signed([3, 4]), signed([3, 4], 5), signed([3, 4], 9)];
const masks = (): [Tensor, Tensor] => [between(0.1, 0.9, [2, 3, 4]), between(0.1, 0.9, [2, 3, 4], 5)];
const spoken = (): [Tensor, Tensor] => [signed([3, 5, 4]), indices([1, 1, 3, 2, 3, 0], [3, 2])];

const ofNumbers: readonly LossRow[] = [
  row('mse', pair, nn.mse),
  row('l1', pair, nn.l1),
  row('huber', pair, nn.huber),
  row('smoothL1', pair, nn.smoothL1),
  row('huber, delta ½', pair, (x, y, options) => nn.huber(x, y, { delta: 0.5, ...options })),
  row('smoothL1, beta ½', pair, (x, y, options) => nn.smoothL1(x, y, { beta: 0.5, ...options })),
  row('smoothL1, beta 0', pair, (x, y, options) => nn.smoothL1(x, y, { beta: 0, ...options })),
  row('logCosh', pair, nn.logCosh),
  row('mape', pair, nn.mape),
  row('msle', () => [between(0.1, 2, [2, 3]), between(0.1, 2, [2, 3], 5)], nn.msle),
  row('poissonNll', () => [signed([2, 3]), between(0, 4, [2, 3], 5)], nn.poissonNll),
  row(
    'poissonNll, of rates, full',
    () => [between(0.1, 3, [2, 3]), avoiding([1], 0, 4, [2, 3], 5)],
    (x, y, options) => nn.poissonNll(x, y, { logInput: false, full: true, ...options }),
  ),
  row3('gaussianNll', () => [...pair(), between(0.2, 2, [2, 3])], nn.gaussianNll),
  row3(
    'gaussianNll, a variance a row, full',
    () => [...pair(), between(0.2, 2, [2])],
    (x, y, v, options) => nn.gaussianNll(x, y, v, { full: true, ...options }),
  ),
];

const ofProbabilities: readonly LossRow[] = [
  row('bce', binary, nn.bce),
  row('bce, weighted', binary, (x, y, options) => nn.bce(x, y, { weight, ...options })),
  row('bceWithLogits', logits, nn.bceWithLogits),
  row('bceWithLogits, weighted', logits, (x, y, options) =>
    nn.bceWithLogits(x, y, { weight: [[2], [3]], posWeight: weight, ...options }),
  ),
  row('klDiv', logPs, nn.klDiv),
  row(
    'klDiv, of a log target',
    () => [signed([2, 3]), signed([2, 3], 5)],
    (x, y, options) => nn.klDiv(x, y, { logTarget: true, ...options }),
  ),
  row('gaussianKl', vectors, nn.gaussianKl),
  row3('gaussianKl, of two', triplets, (mean, logVar, priorMean, options) =>
    nn.gaussianKl(mean, logVar, { priorMean, priorLogVar: 0.7, ...options }),
  ),
  row('binaryFocal', logits, nn.binaryFocal),
  row('binaryFocal, alike', logits, (x, y, options) => nn.binaryFocal(x, y, { gamma: 1.5, alpha: null, ...options })),
  row('dice', masks, nn.dice),
  row('dice, of one class', binary, (x, y, options) => nn.dice(x, y, { smooth: 0, ...options })),
];

const ofClasses: readonly LossRow[] = [
  row('crossEntropy', classes, nn.crossEntropy),
  row('crossEntropy, weighted, smoothed', classes, (x, y, options) =>
    nn.crossEntropy(x, y, { weight, labelSmoothing: 0.2, ...options }),
  ),
  row('crossEntropy, of pixels, one ignored', pixels, nn.crossEntropy),
  row('crossEntropy, of probabilities', logits, nn.crossEntropy),
  row('crossEntropy, of probabilities, weighted, smoothed', logits, (x, y, options) =>
    nn.crossEntropy(x, y, { weight, labelSmoothing: 0.2, ...options }),
  ),
  row('nll', classes, nn.nll),
  row('nll, weighted, one ignored', pixels, (x, y, options) => nn.nll(x, y, { weight, ...options })),
  row('focal', classes, nn.focal),
  row('focal, weighted, one ignored', pixels, (x, y, options) => nn.focal(x, y, { gamma: 0.5, weight, ...options })),
  row('multiMargin', () => [spread([4, 3]), indices([2, 0, 1, 1])], nn.multiMargin),
  row(
    'multiMargin, squared, weighted',
    () => [spread([4, 3]), indices([2, 0, 1, 1])],
    (x, y, options) => nn.multiMargin(x, y, { p: 2, margin: 0.8, weight, ...options }),
  ),
  row('multiLabelMargin', () => [spread([2, 4]), indices([3, 1, -1, 0, 2, -1, -1, -1], [2, 4])], nn.multiLabelMargin),
  row('multiLabelSoftMargin', logits, nn.multiLabelSoftMargin),
  row('multiLabelSoftMargin, weighted', logits, (x, y, options) =>
    nn.multiLabelSoftMargin(x, y, { weight, ...options }),
  ),
  row('ctc', spoken, (x, y, options) => nn.ctc(x.logSoftmax(-1), y, options)),
  row('ctc, lengths', spoken, (x, y, options) =>
    nn.ctc(x.logSoftmax(-1), y, { inputLengths: [5, 3, 4], targetLengths: [2, 2, 1], ...options }),
  ),
];

const ofSides: readonly LossRow[] = [
  row('hinge', sided, nn.hinge),
  row('hinge, squared', sided, (x, y, options) => nn.hinge(x, y, { squared: true, margin: 1.2, ...options })),
  row('softMargin', sided, nn.softMargin),
  row('hingeEmbedding', sided, nn.hingeEmbedding),
  row3('marginRanking', () => [...pair(), signs], nn.marginRanking),
  row3('tripletMargin', triplets, nn.tripletMargin),
  row3('tripletMargin, swapped, cubic', triplets, (a, p, n, options) =>
    nn.tripletMargin(a, p, n, { p: 3, swap: true, margin: 2, ...options }),
  ),
  row3(
    'cosineEmbedding',
    () => [...vectors(), indices([1, -1, 1])],
    (a, b, y, options) => nn.cosineEmbedding(a, b, y, { margin: -0.9, ...options }),
  ),
  row('infoNce', vectors, nn.infoNce),
  row('infoNce, symmetric', vectors, (a, b, options) =>
    nn.infoNce(a, b, { symmetric: true, temperature: 0.5, ...options }),
  ),
  row3(
    'infoNce, negatives',
    () => [...vectors(), signed([2, 4], 9)],
    (a, b, negatives, options) => nn.infoNce(a, b, { negatives, ...options }),
  ),
  row('ntXent', vectors, nn.ntXent),
];

const kinds = ['nonSaturating', 'leastSquares', 'hinge', 'wasserstein'] as const;
const games: readonly LossRow[] = [
  ...kinds.map((kind) =>
    row(`ganDiscriminator, ${kind}`, sided, (x, y, options) =>
      nn.ganDiscriminator(x, y.cast(x.dtype).mul(0.3), { kind, ...options }),
    ),
  ),
  ...kinds.map(
    (kind): LossRow => ({
      name: `ganGenerator, ${kind}`,
      inputs: () => [signed([2, 3])],
      loss: ([x], options) => nn.ganGenerator(x!, { kind, ...options }),
    }),
  ),
  {
    name: 'gradientPenalty, by the weights of the critic',
    inputs: () => [signed([4, 3])],
    loss: ([w], options) =>
      nn.gradientPenalty((x) => x.matmul(w!).tanh().sum({ dim: 1 }), signed([3, 4], 5), signed([3, 4], 9), {
        generator: new Generator(3),
        ...options,
      }),
  },
];

export const lossTable: readonly LossRow[] = [...ofNumbers, ...ofProbabilities, ...ofClasses, ...ofSides, ...games];
