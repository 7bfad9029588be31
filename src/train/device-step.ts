/** Batches on a device whose numbers come later: a step is made, and taken back if they turn out to be none. */
import { Scope } from '../backend/scope.ts';
import type { Batch, Tensors } from '../data/dataset.ts';
import type { OptimizerState } from '../optim/optimizer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { BatchStep, type StepLoss } from './batch-step.ts';
import { type Metrics, updateMetrics } from './metric-choice.ts';
import { listOf } from './network.ts';
import { fetched, sent } from './place.ts';
import { cellsOf, Snapshot } from './snapshot.ts';
import { NotFinite, type StepResult } from './train-step.ts';

/** What comes back of a step. */
interface Read {
  readonly loss: StepLoss;
  /** None where no metric asks for them. */
  readonly outputs: readonly Tensor[];
}

/** What there was before a batch. */
interface Before {
  readonly place: string;
  readonly x: Tensors;
  readonly cells: Snapshot;
  readonly optimizer: OptimizerState;
  /** What was made for the batch, and what it replaced. */
  readonly scope: Scope;
}

/**
 * Trains on a device. Nothing is read but one loss a batch, and the outputs where metrics ask for them. A gradient that is
 * none shows in the loss of the next batch, or at the end of the epoch; then its step is taken back.
 */
export class DeviceStep extends BatchStep {
  /** The last batch, whose update may still be taken back. */
  private last: Before | undefined;

  override async run(batch: Batch<Tensors, Tensors>, metrics: Metrics, place: string): Promise<StepLoss> {
    const before = this.begin(batch.x, place);
    const { x, y, sampleWeight } = batch;
    let read: Read;
    try {
      const weights = sampleWeight && { sampleWeight: sampleWeight.to('gpu') };
      const result = before.scope.run(() => this.compute({ x: sent(x, 'gpu'), y: sent(y, 'gpu'), ...weights }, place));
      read = await this.read(result, metrics);
    } catch (error) {
      this.takeBack(before);
      throw this.attempted(error, x, place);
    }
    if (!Number.isFinite(read.loss.value)) await this.refuse(batch, before, read.loss.value);
    this.forgetLast();
    before.scope.free();
    this.last = before;
    if (read.outputs.length > 0) {
      const targets = this.step.objective.aligned(read.outputs, await fetched(listOf(y)));
      this.attempt(x, place, () => updateMetrics(metrics, read.outputs, targets));
    }
    return read.loss;
  }

  /** The update by what is left belongs to the last batch. */
  override finish(place: string): void {
    if (this.last) this.last.scope.run(() => super.finish(place));
  }

  private begin(x: Tensors, place: string): Before {
    const scope = new Scope();
    const { optimizer, collected, module } = this.step;
    return scope.run(() => ({
      place,
      x,
      scope,
      cells: new Snapshot([...cellsOf(module), ...collected]),
      optimizer: optimizer.stateDict(),
    }));
  }

  /** All that is asked for of a step, and nothing else. */
  private async read({ loss, parts, outputs }: StepResult, metrics: Metrics): Promise<Read> {
    const scored = metrics.perOutput.flat().length > 0;
    const [numbers, given] = await Promise.all([
      Promise.all([loss, ...parts].map(async (one) => Number((await one.data())[0]))),
      fetched(scored ? outputs : []),
    ]);
    const [value, ...ofParts] = numbers as [number, ...number[]];
    return { loss: { value, parts: ofParts }, outputs: given };
  }

  /** A loss that is none: by the update before, by a label that is no class, or by itself. */
  private async refuse({ x, y }: Batch<Tensors, Tensors>, before: Before, value: number): Promise<never> {
    this.takeBack(before);
    await this.checkLast();
    this.attempt(x, before.place, () => this.checkLabels(y));
    throw this.attempted(new NotFinite('loss', value), x, before.place);
  }

  /** @throws TrainingError where the gradient of the last batch was none; then its step is taken back. */
  override async settle(): Promise<void> {
    await this.checkLast();
    this.forgetLast();
  }

  private async checkLast(): Promise<void> {
    const { last } = this;
    if (!last || (await this.isFinite())) return;
    this.last = undefined;
    this.takeBack(last);
    throw this.attempted(new NotFinite('gradient', Number.NaN), last.x, last.place);
  }

  /** Whether all parameters and buffers are finite, as far as reading their sums tells. */
  private async isFinite(): Promise<boolean> {
    const scope = new Scope();
    const sums = scope.run(() => cellsOf(this.step.module).map((cell) => cell.detach().abs().sum()));
    try {
      const numbers = await Promise.all(sums.map((sum) => sum.data()));
      return numbers.every(([sum]) => Number.isFinite(sum));
    } finally {
      scope.free();
    }
  }

  private takeBack({ cells, optimizer, scope }: Before): void {
    this.restore(cells, optimizer);
    scope.free();
    scope.freeReplaced();
  }

  private forgetLast(): void {
    this.last?.scope.free();
    this.last?.scope.freeReplaced();
    this.last = undefined;
  }
}
