/** A layer that passes its input on and puts a penalty on it. */
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';
import { currentRun, isRehearsing } from '../module/running.ts';
import type { Regularizer } from './weight-rules.ts';

/**
 * The identity. A penalty on what passed through in the last call of the model, divided by the size of the batch, is part
 * of `module.regularization()` and of the loss in `Model.fit`, as of Keras' activityRegularizer. Where a layer is shared,
 * the penalties of one call add up.
 * @example new nn.Sequential(new nn.Dense(64, { activation: 'relu' }), new nn.ActivityRegularization(nn.regularizer.l1(1e-4)))
 */
export class ActivityRegularization extends Module {
  readonly regularizer: Regularizer;
  private run: object | undefined;
  private kept: Tensor | undefined;

  constructor(regularizer: Regularizer) {
    super();
    this.regularizer = regularizer;
  }

  /** @internal It has no state: what it keeps is of one call. */
  protected override members(): Iterable<readonly [string, unknown]> {
    return [];
  }

  /** @internal */
  override get activityPenalty(): Tensor | undefined {
    return this.kept;
  }

  forward(x: Tensor): Tensor {
    if (isRehearsing()) return x;
    const penalty = this.regularizer(x).div(x.shape[0] ?? 1);
    const run = currentRun();
    this.kept = this.kept && this.run === run ? this.kept.add(penalty) : penalty;
    this.run = run;
    return x;
  }
}
