/** The losses. */
export { type BceOptions, type BceWithLogitsOptions, bce, bceWithLogits } from './binary.ts';
export type { ClassOptions } from './class-index.ts';
export { type ContrastiveOptions, type InfoNceOptions, infoNce, ntXent } from './contrastive.ts';
export { type CrossEntropyOptions, crossEntropy, type NllOptions, nll } from './cross-entropy.ts';
export { type CtcOptions, ctc } from './ctc.ts';
export {
  type CosineOptions,
  cosineEmbedding,
  cosineSimilarity,
  type DistanceOptions,
  pairwiseDistance,
  type TripletOptions,
  tripletMargin,
} from './distance.ts';
export { type GaussianKlOptions, gaussianKl, type KlDivOptions, klDiv } from './divergence.ts';
export {
  type GanKind,
  type GanOptions,
  type GradientPenaltyOptions,
  ganDiscriminator,
  ganGenerator,
  gradientPenalty,
} from './gan.ts';
export { type BinaryFocalOptions, binaryFocal, type DiceOptions, dice, type FocalOptions, focal } from './imbalance.ts';
export { type GaussianNllOptions, gaussianNll, type PoissonNllOptions, poissonNll } from './likelihood.ts';
export {
  type HingeOptions,
  hinge,
  hingeEmbedding,
  type MarginOptions,
  type MultiLabelSoftMarginOptions,
  type MultiMarginOptions,
  marginRanking,
  multiLabelMargin,
  multiLabelSoftMargin,
  multiMargin,
  softMargin,
} from './margin.ts';
export type { LossOptions, Reduction } from './reduction.ts';
export {
  type HuberOptions,
  huber,
  l1,
  logCosh,
  type MapeOptions,
  mape,
  mse,
  msle,
  type SmoothL1Options,
  smoothL1,
} from './regression.ts';
