/** One batch: forward, backward and update, or nothing at all. */
import { TrainingError, TsgradError } from '../core/errors.ts';
import type { Batch, Tensors } from '../data/dataset.ts';
import type { Module } from '../nn/module/module.ts';
import { constrainAll, penaltyOf } from '../nn/parametrize/weight-rules.ts';
import { clipGradNorm, clipGradValue } from '../optim/clip.ts';
import type { Optimizer, OptimizerState } from '../optim/optimizer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Metrics, updateMetrics } from './metric-choice.ts';
import { listOf, run } from './network.ts';
import type { Objective } from './objective.ts';
import { cellsOf, Snapshot } from './snapshot.ts';

/** How gradients are bounded before the update. */
export interface ClipOptions {
  /** The greatest norm of all gradients together. */
  readonly clipNorm?: number | undefined;
  /** The greatest size of each element of a gradient. */
  readonly clipValue?: number | undefined;
}

/** How a step differs from its defaults. */
export interface StepOptions extends ClipOptions {
  /**
   * What samples of each class count in the training loss, [classes]: each loss is multiplied with the weight of its class,
   * and the mean is over all samples, as in Keras. Validation counts them all alike.
   */
  readonly classWeight?: readonly number[] | undefined;
}

/** The loss of one batch, and those of its outputs where there are several. */
export interface StepLoss {
  readonly value: number;
  readonly parts: readonly number[];
}

/** Trains a module batch by batch. */
export class BatchStep {
  private readonly module: Module;
  private readonly optimizer: Optimizer;
  private readonly objective: Objective;
  private readonly clip: ClipOptions;
  private readonly classWeight: readonly number[] | undefined;
  private readonly parameters: readonly Tensor[];
  private readonly layers: readonly Module[];
  private readonly cells: readonly Tensor[];
  /** Called with the first outputs, before anything has changed. */
  private check: ((outputs: readonly Tensor[]) => void) | undefined;
  /** Before the last step, which may turn out to have been the bad one. */
  private earlier: { readonly cells: Snapshot; readonly optimizer: OptimizerState } | undefined;

  /**
   * @param module built, since its parameters are looked up once.
   * @param check called with the first outputs: what it throws leaves everything as it is.
   */
  constructor(
    module: Module,
    optimizer: Optimizer,
    objective: Objective,
    { classWeight, ...clip }: StepOptions,
    check: (outputs: readonly Tensor[]) => void,
  ) {
    this.module = module;
    this.optimizer = optimizer;
    this.objective = objective;
    this.clip = clip;
    this.classWeight = classWeight;
    this.check = check;
    this.parameters = module.parameters();
    this.layers = module.namedModules().map(([, layer]) => layer);
    this.cells = cellsOf(module);
  }

  /**
   * Trains on one batch; the metrics see what the model gave before its update.
   * @param place where training is, for messages: `epoch 1, batch 500`.
   * @returns the batch's loss, penalties of regularized parameters included, and those of several outputs.
   * @throws TrainingError for a loss that is no number. Whatever is thrown, parameters, buffers and optimizer are as before.
   */
  run({ x, y, sampleWeight }: Batch<Tensors, Tensors>, metrics: Metrics, place: string): StepLoss {
    const before = { cells: new Snapshot(this.cells), optimizer: this.optimizer.stateDict() };
    try {
      const output = run(this.module, x);
      this.check?.(listOf(output));
      this.check = undefined;
      const {
        loss: fit,
        parts,
        outputs,
        targets,
      } = this.objective.assess(output, y, {
        sampleWeight,
        classWeight: this.classWeight,
      });
      const penalty = penaltyOf(this.parameters, this.layers);
      const loss = penalty ? fit.add(penalty) : fit;
      const value = loss.item();
      const values = parts.map((part) => part.item());
      if (!Number.isFinite(value)) throw this.diverged(value, x, place);
      loss.backward();
      this.bound();
      this.optimizer.step();
      constrainAll(this.parameters);
      this.optimizer.zeroGrad();
      updateMetrics(metrics, outputs, targets);
      this.earlier = before;
      return { value, parts: values };
    } catch (error) {
      this.goBack(before);
      if (error instanceof TsgradError && !(error instanceof TrainingError)) locate(error, place);
      throw error;
    }
  }

  private bound(): void {
    const { clipNorm, clipValue } = this.clip;
    if (clipValue !== undefined) clipGradValue(this.parameters, clipValue);
    if (clipNorm !== undefined) clipGradNorm(this.parameters, clipNorm);
  }

  /** A finite loss can have a gradient that is not: then the step before spoilt the parameters, and goes too. */
  private goBack(before: { readonly cells: Snapshot; readonly optimizer: OptimizerState }): void {
    const to = this.earlier !== undefined && !before.cells.isFinite() ? this.earlier : before;
    to.cells.restore();
    // groups that were added since then stay
    const { groups } = to.optimizer;
    const added = before.optimizer.groups.slice(groups.length);
    this.optimizer.loadStateDict({ ...to.optimizer, groups: [...groups, ...added] });
    this.optimizer.zeroGrad();
  }

  private diverged(loss: number, x: Tensors, place: string): TrainingError {
    const clean = listOf(x).every((one) => one.isFinite().all().item() === 1);
    const advice = clean
      ? `try a lower learning rate (now ${this.optimizer.lr}), or clipNorm: 1`
      : 'the batch holds NaN or infinite inputs: look at the data';
    return new TrainingError(
      `fit: the loss is no number any more; got ${loss} in ${place}; ${advice}; the parameters are as before the bad step`,
    );
  }
}

function locate(error: TsgradError, place: string): void {
  const before = error.message;
  error.message = `fit, ${place}: ${before}`;
  if (error.stack) error.stack = error.stack.replace(before, () => error.message); // the trace quotes the message
}
