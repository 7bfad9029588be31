/** What can look on while a model trains, and step in. */
import type { Module } from '../nn/module/module.ts';
import type { EpochRecord, History, Scores } from './history.ts';

/** The training under way, as callbacks see it. */
export interface Training {
  readonly module: Module;
  /** From 1, over all calls of `fit`. */
  readonly epoch: number;
  /** The epoch that this call of `fit` ends with. */
  readonly epochs: number;
  /** Batches done in this epoch. */
  readonly batch: number;
  /** Batches in an epoch; undefined where the data are a stream and none has ended yet. */
  readonly batches: number | undefined;
  /** The learning rate, which may be set. */
  lr: number;
  /** The means so far over this epoch's samples. */
  scores(): Promise<Scores>;
  /** Ends training after this batch; `reason` is what `history.stopped` will say. */
  stop(reason: string): void;
  /** Saves the model as `model.save` does. */
  save(path: string): Promise<void>;
}

/**
 * Called while `fit` runs; training waits for promises.
 * @example
 * const decay: Callback = { onEpochEnd: (training) => { training.lr *= 0.9; } };
 */
export interface Callback {
  /** Before the first epoch. */
  onTrainBegin?(training: Training): void | Promise<void>;
  onEpochBegin?(training: Training): void | Promise<void>;
  /** After the parameters have changed. */
  onBatchEnd?(training: Training): void | Promise<void>;
  /** After validation; not where that was stopped half-way. */
  onEpochEnd?(training: Training, record: EpochRecord): void | Promise<void>;
  /** After the last epoch, or when training was stopped; not after an error. */
  onTrainEnd?(training: Training, history: History): void | Promise<void>;
}
