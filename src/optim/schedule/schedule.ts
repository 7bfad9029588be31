/** The base of schedules: what sets the learning rates of an optimizer step by step. */
import { ArgumentError, StateError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { checkRate } from '../group.ts';
import { Optimizer } from '../optimizer.ts';

/** What a schedule is made with: the optimizer that it drives and options, or options alone, for `fit` and other schedules. */
export type ScheduleArguments<O> = [optimizer: Optimizer, options: O] | [options: O];

/** The same where every option may be left out. */
export type OptionalScheduleArguments<O> = [optimizer: Optimizer, options?: O] | [options?: O];

/** Everything that a schedule knows, as plain JSON but for infinities. */
export interface ScheduleState {
  /** The schedule's class. */
  readonly type: string;
  readonly values: Readonly<Record<string, number | readonly number[]>>;
  /** The states of the schedules in it. */
  readonly parts: readonly ScheduleState[];
}

/**
 * Sets an optimizer's learning rates: at once, those of its step 0, then those of the next with each `step()`. Rates are
 * cells, so a compiled step sees them change. What else sets a rate is overruled at the next step.
 * @example
 * const schedule = new optim.CosineAnnealingLR(optimizer, { steps: 1000 });
 * for (…) { …; optimizer.step(); schedule.step(); }
 */
export abstract class Schedule {
  /** The name of the schedule in saved states. */
  abstract readonly type: string;
  private optimizer: Optimizer | undefined;

  /** The learning rates of the groups now. */
  abstract get rates(): readonly number[];

  /** The momenta of the groups now; undefined where the schedule leaves them alone. */
  get momenta(): readonly number[] | undefined {
    return undefined;
  }

  /** Whether `step` needs a score. */
  get needsScore(): boolean {
    return false;
  }

  /** @internal Starts over, for groups of these learning rates. @throws ArgumentError for more or fewer than it is made for. */
  abstract begin(bases: readonly number[]): void;

  /** @internal Goes one step on. */
  abstract advance(score: number | undefined): void;

  /** All that it knows now. */
  abstract stateDict(): ScheduleState;

  /** @internal Throws a StateError where the state does not fit. */
  abstract check(state: ScheduleState): void;

  /** @internal Takes over a state that has been checked. */
  abstract restore(state: ScheduleState): void;

  /** Starts over with this optimizer: the rates that its groups have now are those that the schedule begins with. */
  attach(optimizer: Optimizer): this {
    if (!(optimizer instanceof Optimizer)) {
      throw new ArgumentError(
        `${this.type}: drives an optimizer; got ${optimizer === null ? 'null' : typeof optimizer}`,
      );
    }
    this.begin(optimizer.groups.map((group) => group.lr));
    this.write(optimizer);
    this.optimizer = optimizer;
    return this;
  }

  /** @internal Whether it drives some optimizer. */
  get isAttached(): boolean {
    return this.optimizer !== undefined;
  }

  /** Whether it drives this optimizer. */
  drives(optimizer: Optimizer): boolean {
    return this.optimizer === optimizer;
  }

  /**
   * Sets the rates of the next step: call it after each `optimizer.step()`, or once an epoch.
   * @param score for ReduceLROnPlateau: the loss, or what else it watches.
   * @throws ArgumentError, and changes nothing, for a rate that is none, or without a score that is needed.
   */
  step(score?: number | Tensor): void {
    const { optimizer } = this;
    if (!optimizer) {
      throw new StateError(
        `${this.type}.step: the schedule has no optimizer; make it with one: new ${this.type}(optimizer, …)`,
      );
    }
    const before = this.stateDict();
    try {
      this.advance(score instanceof Tensor ? score.item() : score);
      this.write(optimizer);
    } catch (error) {
      this.restore(before);
      throw error;
    }
  }

  /**
   * Takes over a state, all of it or, where an error is thrown, nothing; the optimizer, if it has one, gets the rates.
   * @throws StateError if it is of another schedule.
   */
  loadStateDict(state: ScheduleState): void {
    const { optimizer } = this;
    if (state.type !== this.type) {
      throw new StateError(`${this.type}.loadStateDict: the state is of another schedule; got ${state.type}`);
    }
    this.check(state);
    const bases = state.values.bases;
    if (optimizer && Array.isArray(bases) && bases.length !== optimizer.groups.length) {
      throw new StateError(
        `${this.type}.loadStateDict: the number of groups differs; got ${bases.length} for ${optimizer.groups.length}`,
      );
    }
    this.restore(state);
    if (optimizer) this.write(optimizer);
  }

  /** @internal Attaches it to the optimizer that it was made with, if any. */
  protected made(given: ScheduleArguments<unknown> | OptionalScheduleArguments<unknown>): void {
    if (given[0] instanceof Optimizer) this.attach(given[0]);
  }

  private write({ groups }: Optimizer): void {
    const { rates, momenta } = this;
    for (const rate of rates) {
      if (!(rate >= 0 && rate < Infinity)) {
        throw new ArgumentError(`${this.type}: a learning rate must be a number of at least 0; got ${rate}`);
      }
    }
    for (const [i, group] of groups.entries()) {
      const rate = rates[i];
      if (rate === undefined) return; // a group that was added later
      group.lr = checkRate(rate);
      const momentum = momenta?.[i];
      if (momentum !== undefined && group.momentum !== undefined) group.momentum = momentum;
    }
  }
}

/** @internal The options among what a schedule is made with. */
export function optionsOf<O>(type: string, given: ScheduleArguments<O>): O;
export function optionsOf<O>(type: string, given: OptionalScheduleArguments<O>): O | Record<string, never>;
export function optionsOf<O>(
  type: string,
  [first, second]: readonly [(Optimizer | O)?, O?],
): O | Record<string, never> {
  const options = first instanceof Optimizer ? second : first;
  if (options === undefined) return {};
  if (typeof options === 'object' && options !== null) return options;
  throw new ArgumentError(`${type}: takes an optimizer and options, or options alone; got ${String(options)}`);
}

/** @internal A number of a state. */
export function numberOf(type: string, { values }: ScheduleState, name: string): number {
  const value = values[name];
  if (typeof value === 'number') return value;
  throw new StateError(`${type}.loadStateDict: ${name} must be a number; got ${String(value)}`);
}

/** @internal Numbers of a state. */
export function numbersOf(type: string, { values }: ScheduleState, name: string): readonly number[] {
  const value = values[name];
  if (typeof value === 'object' && value.every((x) => typeof x === 'number')) return value;
  throw new StateError(`${type}.loadStateDict: ${name} must be numbers; got ${String(value)}`);
}
