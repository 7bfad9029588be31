/** Which of two epochs is better, by one score. */
import { ArgumentError } from '../core/errors.ts';
import type { EpochRecord } from './history.ts';

/** Options of everything that compares epochs. */
export interface MonitorOptions {
  /** The score to compare; default `'valLoss'`. */
  readonly monitor?: string;
  /** Whether less or more is better; default more, but for losses and errors. */
  readonly mode?: 'min' | 'max' | undefined;
  /** How much better it must be to count; default 0. */
  readonly minDelta?: number;
}

/** Watches one score. */
export class Monitor {
  private readonly score: string;
  private readonly sign: number;
  private readonly minDelta: number;
  private best: number = Number.NEGATIVE_INFINITY;

  /** @throws ArgumentError for a mode that is none or a negative `minDelta`. */
  constructor(where: string, { monitor = 'valLoss', mode, minDelta = 0 }: MonitorOptions) {
    if (mode !== undefined && mode !== 'min' && mode !== 'max') {
      throw new ArgumentError(`${where}: mode must be 'min' or 'max'; got ${JSON.stringify(mode)}`);
    }
    if (!(minDelta >= 0)) throw new ArgumentError(`${where}: minDelta must be at least 0; got ${minDelta}`);
    this.score = monitor;
    this.sign = (mode ?? (/loss$|error$/i.test(monitor) ? 'min' : 'max')) === 'min' ? -1 : 1;
    this.minDelta = minDelta;
  }

  /** Forgets what it has seen. */
  reset(): void {
    this.best = Number.NEGATIVE_INFINITY;
  }

  /**
   * Whether this epoch is the best so far; one whose score is NaN never is.
   * @throws ArgumentError where the record does not have the score.
   */
  improves(where: string, record: EpochRecord): boolean {
    const value = scoreOf(where, record, this.score);
    const gain = this.sign * value;
    // A first score counts whatever minDelta is.
    if (!(this.best === Number.NEGATIVE_INFINITY ? gain > this.best : gain > this.best + this.minDelta)) return false;
    this.best = gain;
    return true;
  }
}

/** One score of an epoch. @throws ArgumentError where the record does not have it. */
export function scoreOf(where: string, record: EpochRecord, score: string): number {
  const value = record[score];
  if (value !== undefined) return value;
  const names = Object.keys(record).filter((name) => name !== 'epoch' && name !== 'seconds');
  throw new ArgumentError(
    `${where}: there is no such score to monitor; got ${JSON.stringify(score)}; this training has ${names.join(', ')}${names.some((name) => name.startsWith('val')) ? '' : '; pass validation data for val…'}`,
  );
}
