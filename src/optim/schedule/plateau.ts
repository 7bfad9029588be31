/** Learning rates that fall when a score no longer gets better. */
import { ArgumentError } from '../../core/errors.ts';
import { atLeastZero, wholeNumber } from '../hyper.ts';
import { checkPerGroup, ofGroup, type PerGroup } from './curve.ts';
import {
  numberOf,
  numbersOf,
  type OptionalScheduleArguments,
  optionsOf,
  Schedule,
  type ScheduleState,
} from './schedule.ts';

/** Options of ReduceLROnPlateau. */
export interface ReduceLROnPlateauOptions {
  /** Whether less or more is better; default `'min'`. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied by; default 0.1. */
  readonly factor?: number;
  /** How many scores in a row may be no better; default 10. */
  readonly patience?: number;
  /** How much better a score must be to count; default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a part of the best score or a difference to it; default `'rel'`. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** For how many steps after a fall scores do not count as worse; default 0. */
  readonly cooldown?: number;
  /** The least rate; default 0. */
  readonly minLr?: PerGroup;
  /** A fall by no more than this is left out; default 1e-8. */
  readonly eps?: number;
}

const standard = {
  mode: 'min',
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  thresholdMode: 'rel',
  cooldown: 0,
  minLr: 0,
  eps: 1e-8,
} as const;

const type = 'ReduceLROnPlateau';

/**
 * Lowers the rate when the score has not become better for more than `patience` steps. A score that is NaN is no better.
 * @example
 * const schedule = new optim.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 3 });
 * for (…) schedule.step(validationLoss);
 */
export class ReduceLROnPlateau extends Schedule {
  readonly type = 'ReduceLROnPlateau';
  private readonly options: Required<ReduceLROnPlateauOptions>;
  private current: readonly number[] = [];
  private best: number = Infinity;
  private bad: number = 0;
  private cooling: number = 0;

  constructor(...given: OptionalScheduleArguments<ReduceLROnPlateauOptions>) {
    super();
    const options = { ...standard, ...optionsOf(type, given) };
    const { mode, factor, thresholdMode, minLr } = options;
    if (mode !== 'min' && mode !== 'max') {
      throw new ArgumentError(`${type}: mode must be 'min' or 'max'; got ${JSON.stringify(mode)}`);
    }
    if (thresholdMode !== 'rel' && thresholdMode !== 'abs') {
      throw new ArgumentError(`${type}: thresholdMode must be 'rel' or 'abs'; got ${JSON.stringify(thresholdMode)}`);
    }
    if (!(factor >= 0 && factor < 1)) {
      throw new ArgumentError(`${type}: factor must be at least 0 and below 1; got ${factor}`);
    }
    wholeNumber(type, 'patience', options.patience, 0);
    wholeNumber(type, 'cooldown', options.cooldown, 0);
    atLeastZero(type, 'threshold', options.threshold);
    atLeastZero(type, 'eps', options.eps);
    for (const rate of typeof minLr === 'number' ? [minLr] : minLr) atLeastZero(type, 'minLr', rate);
    this.options = options;
    this.made(given);
  }

  get rates(): readonly number[] {
    return this.current;
  }

  override get needsScore(): boolean {
    return true;
  }

  /** @internal */
  begin(bases: readonly number[]): void {
    checkPerGroup(type, 'minLr', this.options.minLr, bases.length);
    this.current = bases;
    this.best = this.options.mode === 'min' ? Infinity : -Infinity;
    this.bad = 0;
    this.cooling = 0;
  }

  /** @internal */
  advance(score: number | undefined): void {
    if (typeof score !== 'number') {
      throw new ArgumentError(`${type}.step: needs a score; got ${String(score)}; call step(loss)`);
    }
    const { patience, cooldown, factor, minLr, eps } = this.options;
    if (this.isBetter(score)) {
      this.best = score;
      this.bad = 0;
    } else this.bad += 1;
    if (this.cooling > 0) {
      this.cooling -= 1;
      this.bad = 0;
    }
    if (this.bad <= patience) return;
    this.current = this.current.map((rate, i) => {
      const less = Math.max(rate * factor, ofGroup(minLr, i));
      return rate - less > eps ? less : rate;
    });
    this.cooling = cooldown;
    this.bad = 0;
  }

  private isBetter(score: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const wanted = thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return sign * score > sign * wanted;
  }

  stateDict(): ScheduleState {
    const { current: bases, best, bad, cooling } = this;
    return { type, values: { bases, best, bad, cooling }, parts: [] };
  }

  /** @internal */
  check(state: ScheduleState): void {
    numbersOf(type, state, 'bases');
    for (const name of ['best', 'bad', 'cooling']) numberOf(type, state, name);
  }

  /** @internal */
  restore(state: ScheduleState): void {
    this.current = numbersOf(type, state, 'bases');
    this.best = numberOf(type, state, 'best');
    this.bad = numberOf(type, state, 'bad');
    this.cooling = numberOf(type, state, 'cooling');
  }
}
