/** Schedules whose rates depend on the step alone. */
import { ArgumentError } from '../../core/errors.ts';
import { numberOf, numbersOf, Schedule, type ScheduleState } from './schedule.ts';

/** One number for all groups, or one for each. */
export type PerGroup = number | readonly number[];

/** A schedule that is a function of the step and of a group's own rate. */
export abstract class Curve extends Schedule {
  private bases: readonly number[] = [];
  private count: number = 0;

  /**
   * The learning rate after so many steps.
   * @param base the group's rate at the beginning.
   * @param group which group it is, where they differ in more than the rate.
   */
  abstract at(step: number, base: number, group?: number): number;

  /** The momentum after so many steps; undefined where the schedule leaves it alone. */
  momentumAt(_step: number, _group?: number): number | undefined {
    return undefined;
  }

  /** @internal What it was given per group, by name. */
  protected get perGroup(): Readonly<Record<string, PerGroup | readonly unknown[]>> {
    return {};
  }

  get rates(): readonly number[] {
    return this.bases.map((base, i) => this.at(this.count, base, i));
  }

  override get momenta(): readonly number[] | undefined {
    const momenta = this.bases.map((_, i) => this.momentumAt(this.count, i));
    return momenta.every((momentum) => momentum !== undefined) ? momenta : undefined;
  }

  /** @internal */
  begin(bases: readonly number[]): void {
    for (const [name, given] of Object.entries(this.perGroup)) checkPerGroup(this.type, name, given, bases.length);
    this.bases = bases;
    this.count = 0;
  }

  /** @internal */
  advance(_score: number | undefined): void {
    this.count += 1;
  }

  stateDict(): ScheduleState {
    return { type: this.type, values: { bases: this.bases, step: this.count }, parts: [] };
  }

  /** @internal */
  check(state: ScheduleState): void {
    numbersOf(this.type, state, 'bases');
    numberOf(this.type, state, 'step');
  }

  /** @internal */
  restore(state: ScheduleState): void {
    this.bases = numbersOf(this.type, state, 'bases');
    this.count = numberOf(this.type, state, 'step');
  }
}

/** @internal The number of a group. */
export function ofGroup(given: PerGroup, group: number): number {
  return typeof given === 'number' ? given : given[group]!;
}

/** @internal Refuses a list that does not have one entry a group. */
export function checkPerGroup(type: string, name: string, given: unknown, groups: number): void {
  if (!Array.isArray(given) || given.length === groups) return;
  throw new ArgumentError(`${type}: ${name} must have one entry for each group; got ${given.length} for ${groups}`);
}
