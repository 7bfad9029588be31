/** Stops training that no longer gets better. */
import { ArgumentError } from '../core/errors.ts';
import type { Callback, Training } from './callback.ts';
import type { EpochRecord } from './history.ts';
import { Monitor, type MonitorOptions } from './monitor.ts';
import { cellsOf, Snapshot } from './snapshot.ts';

/** Options of `EarlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Stops when this many epochs in a row were not better; default 0, which is as 1. */
  readonly patience?: number;
  /** Whether the model ends with the parameters of its best epoch, however training ends; default false. */
  readonly restoreBestWeights?: boolean;
}

/**
 * Stops when a score has not become better for `patience` epochs; `history.stopped` is then `'earlyStopping'`.
 * @example
 * await model.fit(train, { epochs: 100, validation, callbacks: [new EarlyStopping({ patience: 3, restoreBestWeights: true })] });
 */
export class EarlyStopping implements Callback {
  private readonly monitor: Monitor;
  private readonly patience: number;
  private readonly restoreBestWeights: boolean;
  private waited: number = 0;
  private best: Snapshot | undefined;
  /** The epoch with the best score so far. */
  bestEpoch: number | undefined;

  /** @throws ArgumentError for a patience that is no whole number of at least 0. */
  constructor(options: EarlyStoppingOptions = {}) {
    const { patience = 0, restoreBestWeights = false } = options;
    if (!Number.isInteger(patience) || patience < 0) {
      throw new ArgumentError(`EarlyStopping: patience must be a whole number of at least 0; got ${patience}`);
    }
    this.monitor = new Monitor('EarlyStopping', options);
    this.patience = patience;
    this.restoreBestWeights = restoreBestWeights;
  }

  onTrainBegin(): void {
    this.monitor.reset();
    this.waited = 0;
    this.best = undefined;
    this.bestEpoch = undefined;
  }

  onEpochEnd(training: Training, record: EpochRecord): void {
    if (this.monitor.improves('EarlyStopping', record)) {
      this.waited = 0;
      this.bestEpoch = record.epoch;
      if (this.restoreBestWeights) this.best = new Snapshot(cellsOf(training.module));
      return;
    }
    this.waited += 1;
    if (this.waited >= this.patience) training.stop('earlyStopping');
  }

  onTrainEnd(): void {
    this.best?.restore();
    this.best = undefined;
  }
}
