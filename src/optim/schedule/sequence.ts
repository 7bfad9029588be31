/** Schedules made of schedules: one after another, or at once. */
import { ArgumentError, StateError } from '../../core/errors.ts';
import { atLeastZero, wholeNumber } from '../hyper.ts';
import { LinearLR } from './ramp.ts';
import { numberOf, numbersOf, optionsOf, Schedule, type ScheduleArguments, type ScheduleState } from './schedule.ts';

/** What schedules of schedules share: all begin with the same rates. */
abstract class Parts extends Schedule {
  protected readonly parts: readonly Schedule[];
  protected bases: readonly number[] = [];
  protected count: number = 0;

  protected constructor(type: string, parts: readonly Schedule[]) {
    super();
    if (!Array.isArray(parts) || parts.length === 0 || !parts.every((part) => part instanceof Schedule)) {
      throw new ArgumentError(`${type}: schedules must be a list of schedules; got ${String(parts)}`);
    }
    const driving = parts.find((part) => part.isAttached);
    if (driving) {
      throw new ArgumentError(
        `${type}: a schedule in it drives an optimizer by itself; got such a ${driving.type}; make it without: new ${driving.type}({ … })`,
      );
    }
    this.parts = parts;
  }

  override get needsScore(): boolean {
    return this.parts.some((part) => part.needsScore);
  }

  /** @internal */
  begin(bases: readonly number[]): void {
    for (const part of this.parts) part.begin(bases);
    this.bases = bases;
    this.count = 0;
  }

  stateDict(): ScheduleState {
    const parts = this.parts.map((part) => part.stateDict());
    return { type: this.type, values: { bases: this.bases, step: this.count }, parts };
  }

  /** @internal */
  check(state: ScheduleState): void {
    numbersOf(this.type, state, 'bases');
    numberOf(this.type, state, 'step');
    const fits = state.parts.length === this.parts.length;
    if (!fits || !this.parts.every((part, i) => part.type === state.parts[i]!.type)) {
      throw new StateError(
        `${this.type}.loadStateDict: the schedules in it differ; got ${state.parts.map(({ type }) => type).join(', ')} for ${this.parts.map(({ type }) => type).join(', ')}`,
      );
    }
    for (const [i, part] of this.parts.entries()) part.check(state.parts[i]!);
  }

  /** @internal */
  restore(state: ScheduleState): void {
    this.bases = numbersOf(this.type, state, 'bases');
    this.count = numberOf(this.type, state, 'step');
    for (const [i, part] of this.parts.entries()) part.restore(state.parts[i]!);
  }
}

/** Options of SequentialLR. */
export interface SequentialLROptions {
  /** Made without an optimizer. */
  readonly schedules: readonly Schedule[];
  /** The steps at which the next schedule begins, rising; one fewer than there are schedules. */
  readonly milestones: readonly number[];
}

/**
 * One schedule after another, each from its own step 0 and with the group's own rate.
 * @example
 * new optim.SequentialLR(optimizer, {
 *   schedules: [new optim.ConstantLR({ factor: 0.1, steps: 10 }), new optim.ExponentialLR({ gamma: 0.9 })],
 *   milestones: [10],
 * });
 */
export class SequentialLR extends Parts {
  readonly type: string = 'SequentialLR';
  private readonly milestones: readonly number[];

  constructor(...given: ScheduleArguments<SequentialLROptions>) {
    const { schedules, milestones } = optionsOf('SequentialLR', given);
    super('SequentialLR', schedules);
    const count = Array.isArray(milestones) ? milestones.length : undefined;
    if (count !== schedules.length - 1) {
      throw new ArgumentError(
        `SequentialLR: there must be one milestone between two schedules; got ${count} for ${schedules.length} schedules`,
      );
    }
    milestones.forEach((step, i) => {
      wholeNumber('SequentialLR', 'milestones', step, (milestones[i - 1] ?? 0) + 1);
    });
    this.milestones = milestones;
    this.made(given);
  }

  /** Which schedule it is the turn of. */
  private get turn(): number {
    return this.milestones.filter((milestone) => milestone <= this.count).length;
  }

  private get now(): Schedule {
    return this.parts[this.turn]!;
  }

  get rates(): readonly number[] {
    return this.now.rates;
  }

  override get momenta(): readonly number[] | undefined {
    return this.now.momenta;
  }

  /** @internal */
  advance(score: number | undefined): void {
    const before = this.turn;
    this.count += 1;
    // the next begins at its step 0, where it has been since the beginning
    if (this.turn === before) this.now.advance(score);
  }
}

/** Options of WarmupLR. */
export interface WarmupLROptions {
  /** How many steps the rate takes to its full size. */
  readonly steps: number;
  /** The part of the rate that it starts with; default 1 / (steps + 1), the first of equal parts. */
  readonly startFactor?: number;
  /** What follows, from its step 0; the rate stays if left out. */
  readonly next?: Schedule;
}

/**
 * Raises the rate in a straight line before another schedule begins.
 * @example new optim.WarmupLR(optimizer, { steps: 100, next: new optim.CosineAnnealingLR({ steps: 900 }) });
 */
export class WarmupLR extends Parts {
  readonly type = 'WarmupLR';
  private readonly sequence: SequentialLR;

  constructor(...given: ScheduleArguments<WarmupLROptions>) {
    const { steps, startFactor = 1 / (steps + 1), next } = optionsOf('WarmupLR', given);
    wholeNumber('WarmupLR', 'steps', steps, 1);
    atLeastZero('WarmupLR', 'startFactor', startFactor);
    const rise = new LinearLR({ startFactor, steps });
    const sequence = new SequentialLR(
      next ? { schedules: [rise, next], milestones: [steps] } : { schedules: [rise], milestones: [] },
    );
    super('WarmupLR', [sequence]);
    this.sequence = sequence;
    this.made(given);
  }

  get rates(): readonly number[] {
    return this.sequence.rates;
  }

  override get momenta(): readonly number[] | undefined {
    return this.sequence.momenta;
  }

  /** @internal */
  advance(score: number | undefined): void {
    this.count += 1;
    this.sequence.advance(score);
  }
}

/** Options of ChainedScheduler. */
export interface ChainedSchedulerOptions {
  /** Made without an optimizer. */
  readonly schedules: readonly Schedule[];
}

/** Several schedules at once: the factors by which each of them changes the rate are multiplied. */
export class ChainedScheduler extends Parts {
  readonly type = 'ChainedScheduler';

  constructor(...given: ScheduleArguments<ChainedSchedulerOptions>) {
    super('ChainedScheduler', optionsOf('ChainedScheduler', given).schedules);
    this.made(given);
  }

  get rates(): readonly number[] {
    const all = this.parts.map((part) => part.rates);
    return this.bases.map((base, i) =>
      base === 0 ? 0 : all.reduce((product, rates) => product * (rates[i]! / base), base),
    );
  }

  override get momenta(): readonly number[] | undefined {
    return this.parts.map((part) => part.momenta).findLast((momenta) => momenta !== undefined);
  }

  /** @internal */
  advance(score: number | undefined): void {
    this.count += 1;
    for (const part of this.parts) part.advance(score);
  }
}
