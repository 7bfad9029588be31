/** What a model is trained for: a loss for each output, and what they count. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Tensors } from '../data/dataset.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type LossChoice, type LossFunction, type LossName, lossOf } from './loss-choice.ts';
import { listOf } from './network.ts';
import { classWeights, weightedMean } from './sample-weight.ts';

/** A loss by name or as a function; in a list one for each output. */
export type LossOption = LossName | LossFunction | readonly (LossName | LossFunction)[];

/** What samples count. */
export interface Weighting {
  /** [B, …] */
  readonly sampleWeight?: Tensor | undefined;
  /** One for each class. */
  readonly classWeight?: readonly number[] | undefined;
}

/** How bad a batch is. */
export interface Assessment {
  /** All losses together. */
  readonly loss: Tensor;
  /** Those of several outputs one by one, as they are before they are weighted. */
  readonly parts: readonly Tensor[];
  /** The outputs, one by one. */
  readonly outputs: readonly Tensor[];
  /** What each output is compared with, in its shape where the loss takes it so. */
  readonly targets: readonly Tensor[];
}

/** The losses of a model. */
export class Objective {
  /** One for all outputs, or one for each. */
  readonly choices: readonly LossChoice[];
  readonly weights: readonly number[] | undefined;
  /** Whether it was given for a list of outputs. */
  readonly listed: boolean;

  /** @throws ArgumentError for a name that is none, or weights that fit no outputs. */
  constructor(loss: LossOption, weights: readonly number[] | undefined) {
    this.listed = typeof loss !== 'string' && typeof loss !== 'function' && Array.isArray(loss);
    this.choices = (typeof loss === 'string' || typeof loss === 'function' ? [loss] : [...loss]).map(lossOf);
    this.weights = weights;
    if (this.choices.length === 0) throw new ArgumentError('Model: loss must name at least one; got an empty list');
    if (weights === undefined) return;
    if (!Array.isArray(weights) || !weights.every((w) => Number.isFinite(w) && w >= 0)) {
      throw new ArgumentError(`Model: lossWeights must be numbers of at least 0; got ${String(weights)}`);
    }
    if (this.listed && weights.length !== this.choices.length) {
      throw new ArgumentError(
        `Model: lossWeights must be one for each loss; got ${weights.length} for ${this.choices.length} losses`,
      );
    }
  }

  /** Above which output number `k` means yes, where there is one a sample. */
  threshold(k: number): number {
    return this.choice(k)?.threshold ?? 0.5;
  }

  /** Whether output number `k` is compared with class indices. */
  takesLabels(k: number): boolean {
    return this.choice(k)?.takesLabels ?? false;
  }

  private choice(k: number): LossChoice | undefined {
    return this.choices[this.listed ? k : 0];
  }

  /** @throws ShapeError where outputs, targets, losses and weights are not equally many. */
  assess(output: Tensors, target: Tensors, weighting: Weighting = {}): Assessment {
    const [outputs, given] = [listOf(output), listOf(target)];
    this.check(outputs.length, given.length);
    const targets = this.aligned(outputs, given);
    const counts = this.countsOf(output, target, weighting);
    const parts = targets.map((y, k) => {
      const { of, each } = this.choice(k)!;
      return counts ? weightedMean(each(outputs[k]!, y), counts) : of(outputs[k]!, y);
    });
    const weighted = parts.map((part, k) => (this.weights ? part.mul(this.weights[k]!) : part));
    const loss = weighted.reduce((sum, part) => sum.add(part));
    return { loss, parts: parts.length > 1 ? parts : [], outputs, targets };
  }

  /** What each output is compared with, in its shape where the loss takes it so. */
  aligned(outputs: readonly Tensor[], target: Tensors): readonly Tensor[] {
    return listOf(target).map((y, k) => this.choice(k)!.align(outputs[k]!, y));
  }

  private countsOf(output: Tensors, target: Tensors, { sampleWeight, classWeight }: Weighting): Tensor | undefined {
    if (classWeight === undefined) return sampleWeight;
    const ofClasses = classWeights(classWeight, output, target, this.choice(0)!);
    if (sampleWeight === undefined) return ofClasses;
    const missing = ofClasses.rank - sampleWeight.rank;
    return ofClasses.mul(
      sampleWeight.reshape([...sampleWeight.shape, ...new Array<number>(Math.max(0, missing)).fill(1)]),
    );
  }

  private check(outputs: number, targets: number): void {
    if (targets !== outputs) {
      throw new ShapeError(
        `the model has ${outputs} outputs; got ${targets} targets; y must be a list with a tensor for each output`,
      );
    }
    if (this.listed && this.choices.length !== outputs) {
      throw new ArgumentError(`the model has ${outputs} outputs; got ${this.choices.length} losses; give one for each`);
    }
    if (this.weights && this.weights.length !== outputs) {
      throw new ArgumentError(
        `the model has ${outputs} outputs; got ${this.weights.length} lossWeights; give one for each`,
      );
    }
  }
}
