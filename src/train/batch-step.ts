/** One batch: forward, backward and update, or nothing at all. */
import { TrainingError, TsgradError } from '../core/errors.ts';
import type { Batch, Tensors } from '../data/dataset.ts';
import type { OptimizerState } from '../optim/optimizer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Metrics, updateMetrics } from './metric-choice.ts';
import { listOf } from './network.ts';
import { cellsOf, Snapshot } from './snapshot.ts';
import { NotFinite, type StepResult, type TrainStep } from './train-step.ts';

/** Refuses labels that are no classes of these outputs: those of the data, or those given. */
export type LabelCheck = (outputs: readonly Tensor[], targets?: Tensors) => void;

/** The loss of one batch, and those of its outputs where there are several. */
export interface StepLoss {
  readonly value: number;
  readonly parts: readonly number[];
}

/** Trains a module batch by batch, with an update after each or after some. */
export class BatchStep {
  protected readonly step: TrainStep;
  private readonly every: number;
  private readonly cells: readonly Tensor[];
  private readonly labelCheck: LabelCheck;
  /** Batches since the last update. */
  private waiting: number = 0;

  /**
   * @param step over a module that is built.
   * @param every how many batches make an update.
   * @param labelCheck called once with tensors in the shapes of the outputs: what it throws leaves everything as it is.
   */
  constructor(step: TrainStep, every: number, labelCheck: LabelCheck) {
    this.step = step;
    this.every = every;
    this.cells = cellsOf(step.module);
    this.labelCheck = labelCheck;
    if (step.outputs) labelCheck(step.outputs);
    else step.check = labelCheck;
    if (every > 1) step.forget();
  }

  /** Whether gradients wait for an update. */
  get isWaiting(): boolean {
    return this.waiting > 0;
  }

  /**
   * Trains on one batch; the metrics see what the model gave before its update.
   * @param place where training is, for messages: `epoch 1, batch 500`.
   * @returns the batch's loss, penalties of regularized parameters included, and those of several outputs.
   * @throws TrainingError for a loss or gradient that is no number. Where the step fails, parameters, buffers and optimizer
   * are as before.
   */
  run(batch: Batch<Tensors, Tensors>, metrics: Metrics, place: string): StepLoss | Promise<StepLoss> {
    const { loss, parts, outputs, targets } = this.compute(batch, place);
    this.attempt(batch.x, place, () => updateMetrics(metrics, outputs, targets));
    return { value: loss.item(), parts: parts.map((part) => part.item()) };
  }

  /** Forward and backward, and an update if it is time. */
  protected compute({ x, y, sampleWeight }: Batch<Tensors, Tensors>, place: string): StepResult {
    const { step } = this;
    const result = this.attempt(x, place, () =>
      (this.every > 1 ? step.part : step.whole).run([x, y, sampleWeight], (f) => this.orNothing(f)),
    );
    if (this.every > 1) {
      this.waiting += 1;
      if (this.waiting === this.every) this.update(x, place);
    }
    return result;
  }

  /** Whatever is known only later is known now. @throws TrainingError as `run`. */
  settle(): void | Promise<void> {}

  /** Looks at the labels of one batch, once the outputs are known. */
  protected checkLabels(y: Tensors): void {
    if (this.step.outputs) this.labelCheck(this.step.outputs, y);
  }

  /** The update by the batches since the last one, where there are any. */
  finish(place: string): void {
    if (this.waiting > 0) this.update([], place);
  }

  private update(x: Tensors, place: string): void {
    this.attempt(x, place, () => this.step.update.run([], (f) => this.orNothing(f)));
    this.waiting = 0;
  }

  protected attempt<R>(x: Tensors, place: string, f: () => R): R {
    try {
      return f();
    } catch (error) {
      throw this.attempted(error, x, place);
    }
  }

  /** An error as it is told. */
  protected attempted(error: unknown, x: Tensors, place: string): unknown {
    if (error instanceof NotFinite) return this.diverged(error, x, place);
    if (error instanceof TsgradError && !(error instanceof TrainingError)) locate(error, place);
    return error;
  }

  /** In eager mode: values are immutable, so keeping them copies nothing. */
  private orNothing<R>(f: () => R): R {
    const { optimizer, collected } = this.step;
    const cells = new Snapshot([...this.cells, ...collected]);
    const state = optimizer.stateDict();
    try {
      return f();
    } catch (error) {
      this.restore(cells, state);
      throw error;
    }
  }

  protected restore(cells: Snapshot, state: OptimizerState): void {
    const { optimizer, module } = this.step;
    cells.restore();
    optimizer.loadStateDict(state);
    for (const p of module.parameters()) p.grad = undefined;
    optimizer.zeroGrad();
  }

  private diverged({ what, found }: NotFinite, x: Tensors, place: string): TrainingError {
    const clean = listOf(x).every((one) => one.isFinite().all().item() === 1);
    const rate = `try a lower learning rate (now ${this.step.optimizer.lr}), or clipNorm: 1`;
    const root = what === 'gradient' ? ', and look for roots, logarithms and quotients at 0' : '';
    const advice = clean ? rate + root : 'the batch holds NaN or infinite inputs: look at the data';
    return new TrainingError(
      `fit: the ${what} is no number any more; got ${found} in ${place}; ${advice}; the parameters are as before the bad step`,
    );
  }
}

function locate(error: TsgradError, place: string): void {
  const before = error.message;
  error.message = `fit, ${place}: ${before}`;
  if (error.stack) error.stack = error.stack.replace(before, () => error.message); // the trace quotes the message
}
