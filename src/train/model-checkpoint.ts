/** Saves the model while it trains. */
import type { Callback, Training } from './callback.ts';
import type { EpochRecord } from './history.ts';
import { Monitor, type MonitorOptions } from './monitor.ts';

/** Options of `ModelCheckpoint`. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** Where to: one path, replaced each time, or one for each epoch. */
  readonly path: string | ((record: EpochRecord) => string);
  /** Whether only epochs are saved that are better than all before; default false. */
  readonly bestOnly?: boolean;
}

/**
 * Saves the model, optimizer and random state included, after each epoch.
 * @example new ModelCheckpoint({ path: ({ epoch }) => `digits-${epoch}.safetensors` })
 */
export class ModelCheckpoint implements Callback {
  private readonly path: (record: EpochRecord) => string;
  private readonly monitor: Monitor | undefined;

  constructor(options: ModelCheckpointOptions) {
    const { path, bestOnly = false } = options;
    this.path = typeof path === 'string' ? () => path : path;
    this.monitor = bestOnly ? new Monitor('ModelCheckpoint', options) : undefined;
  }

  onTrainBegin(): void {
    this.monitor?.reset();
  }

  async onEpochEnd(training: Training, record: EpochRecord): Promise<void> {
    if (this.monitor?.improves('ModelCheckpoint', record) === false) return;
    await training.save(this.path(record));
  }
}
