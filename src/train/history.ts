/** What training has shown so far: one record per epoch. */

/** Scores by name: `loss` and the metrics; those of the validation data as `valLoss`, `valAccuracy`, … */
export type Scores = Readonly<Record<string, number>>;

/** One epoch, with its scores as means over the epoch's samples. */
export interface EpochRecord {
  /** From 1, over all calls of `fit`. */
  readonly epoch: number;
  readonly loss: number;
  /** The learning rate at the end of the epoch. */
  readonly lr: number;
  /** How long the epoch took, validation included. */
  readonly seconds: number;
  /** A metric, or a score of the validation data such as `valLoss`. */
  readonly [score: string]: number;
}

/** The names that a metric cannot have. */
export const reservedNames: readonly string[] = ['epoch', 'loss', 'lr', 'seconds'];

/**
 * The epochs of one call of `fit`.
 * @example
 * const history = await model.fit(train, { epochs: 3, validation });
 * history.of('valLoss'); // [0.21, 0.17, 0.15]
 */
export class History {
  readonly epochs: readonly EpochRecord[];
  /** Why training ended before its last epoch: `'aborted'`, `'earlyStopping'`, or what a callback gave to `stop`. */
  readonly stopped: string | undefined;

  constructor(epochs: readonly EpochRecord[], stopped?: string) {
    this.epochs = epochs;
    this.stopped = stopped;
  }

  /** One score over the epochs; NaN for an epoch without it. */
  of(score: string): number[] {
    return this.epochs.map((record) => record[score] ?? Number.NaN);
  }

  /** The record of the last epoch, if there is one. */
  get last(): EpochRecord | undefined {
    return this.epochs.at(-1);
  }
}

/** The scores as those of validation data: `loss` becomes `valLoss`. */
export function validationScores(scores: Scores): Scores {
  return Object.fromEntries(
    Object.entries(scores).map(([name, value]) => [`val${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]),
  );
}
