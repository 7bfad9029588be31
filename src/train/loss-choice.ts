/** Losses by name, and what they expect of the target. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { bce, bceWithLogits } from '../nn/loss/binary.ts';
import { crossEntropy, nll } from '../nn/loss/cross-entropy.ts';
import { klDiv } from '../nn/loss/divergence.ts';
import { binaryFocal, dice, focal } from '../nn/loss/imbalance.ts';
import { poissonNll } from '../nn/loss/likelihood.ts';
import {
  hinge,
  hingeEmbedding,
  multiLabelMargin,
  multiLabelSoftMargin,
  multiMargin,
  softMargin,
} from '../nn/loss/margin.ts';
import type { LossOptions } from '../nn/loss/reduction.ts';
import { huber, l1, logCosh, mape, mse, msle, smoothL1 } from '../nn/loss/regression.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** How bad a batch of B outputs is: a mean over its samples, without dims; or the losses of all samples, [B, …], to be averaged. */
export type LossFunction = (output: Tensor, target: Tensor) => Tensor;

/** A loss of `nn`. */
type NamedLoss = (output: Tensor, target: Tensor, options?: LossOptions) => Tensor;

/** A loss of `nn` by its name, with its default options. */
export type LossName =
  | 'mse'
  | 'l1'
  | 'huber'
  | 'smoothL1'
  | 'logCosh'
  | 'mape'
  | 'msle'
  | 'poissonNll'
  | 'bce'
  | 'bceWithLogits'
  | 'binaryFocal'
  | 'klDiv'
  | 'hinge'
  | 'softMargin'
  | 'hingeEmbedding'
  | 'multiLabelMargin'
  | 'multiLabelSoftMargin'
  | 'crossEntropy'
  | 'nll'
  | 'focal'
  | 'multiMargin'
  | 'dice';

/** Losses of a target in the output's shape; the others take class indices. */
type ComparingName = Exclude<LossName, 'crossEntropy' | 'nll' | 'focal' | 'multiMargin' | 'dice'>;

const comparing: Readonly<Record<ComparingName, NamedLoss>> = {
  mse,
  l1,
  huber,
  smoothL1,
  logCosh,
  mape,
  msle,
  poissonNll,
  bce,
  bceWithLogits,
  binaryFocal,
  klDiv,
  hinge,
  softMargin,
  hingeEmbedding,
  multiLabelMargin,
  multiLabelSoftMargin,
};

const losses: Readonly<Record<LossName, NamedLoss>> = {
  ...comparing,
  crossEntropy,
  nll,
  focal,
  multiMargin,
  dice,
};

/** The losses of scores whose sign is the answer. */
const signed: ReadonlySet<LossName> = new Set<LossName>([
  'bceWithLogits',
  'binaryFocal',
  'hinge',
  'softMargin',
  'multiLabelSoftMargin',
]);

/** The names of all losses. */
export const lossNames: readonly LossName[] = Object.keys(losses).filter(isLossName);

function isLossName(name: string): name is LossName {
  return Object.hasOwn(losses, name);
}

/** A loss that is ready to use. */
export interface LossChoice {
  /** Undefined for a function of the user's. */
  readonly name: LossName | undefined;
  /** One number. @throws ShapeError where the user's function gives numbers that are not one for each sample. */
  readonly of: LossFunction;
  /** One number for each sample, [B, …]. @throws ShapeError where the user's function gives a mean over them. */
  readonly each: LossFunction;
  /** The target in the output's shape where they differ by a last dim of 1, as [N, 1] and [N] do. */
  readonly align: (output: Tensor, target: Tensor) => Tensor;
  /** Whether the target holds class indices, but where it has the output's shape. */
  readonly takesLabels: boolean;
  /** Above which an output means yes, where there is one a sample. */
  readonly threshold: number;
}

/** @throws ArgumentError for a name that is none. */
export function lossOf(loss: LossName | LossFunction): LossChoice {
  if (typeof loss === 'function') {
    return {
      name: undefined,
      of: (output, target) => averaged(loss(output, target), output),
      each: (output, target) => perSample(loss(output, target), output),
      align: asGiven,
      takesLabels: false,
      threshold: 0.5,
    };
  }
  if (!isLossName(loss)) {
    throw new ArgumentError(
      `Model: no such loss; got ${JSON.stringify(loss)}; choose one of ${lossNames.join(', ')}, or pass a function`,
    );
  }
  return {
    name: loss,
    of: losses[loss],
    each: (output, target) => losses[loss](output, target, { reduction: 'none' }),
    align: Object.hasOwn(comparing, loss) ? alignLastDim : asGiven,
    takesLabels: !Object.hasOwn(comparing, loss),
    threshold: signed.has(loss) ? 0 : 0.5,
  };
}

function asGiven(_output: Tensor, target: Tensor): Tensor {
  return target;
}

function alignLastDim(output: Tensor, target: Tensor): Tensor {
  if (sameShape(output.shape, [...target.shape, 1])) return target.unsqueeze(-1);
  return sameShape([...output.shape, 1], target.shape) ? target.squeeze(-1) : target;
}

function averaged(loss: Tensor, output: Tensor): Tensor {
  if (loss.size === 1) return loss;
  if (loss.rank > 0 && loss.shape[0] === output.shape[0]) return loss.mean();
  throw new ShapeError(
    `loss: must be one number, or one for each sample; got shape ${shapeText(loss.shape)}; take its mean()`,
  );
}

function perSample(loss: Tensor, output: Tensor): Tensor {
  if (loss.rank > 0 && loss.shape[0] === output.shape[0]) return loss;
  throw new ShapeError(
    `loss: weights need a loss for each sample, [${output.shape[0]}]; got shape ${shapeText(loss.shape)}; leave out the mean, or reduction: 'none'`,
  );
}
