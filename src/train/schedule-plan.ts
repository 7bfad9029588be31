/** When a schedule takes its steps while a model trains. */
import { ArgumentError } from '../core/errors.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { Schedule, type ScheduleState } from '../optim/schedule/schedule.ts';
import type { EpochRecord } from './history.ts';
import { scoreOf } from './monitor.ts';

/** Options of `fit` that concern the schedule. */
interface Options {
  readonly schedule?: Schedule;
  readonly scheduleEvery?: 'epoch' | 'batch';
  readonly scheduleMonitor?: string;
}

/** A schedule, and when its steps are due. */
export class SchedulePlan {
  readonly schedule: Schedule;
  private readonly every: 'epoch' | 'batch';
  private readonly monitor: string;

  private constructor(schedule: Schedule, every: 'epoch' | 'batch', monitor: string) {
    this.schedule = schedule;
    this.every = every;
    this.monitor = monitor;
  }

  /** @throws ArgumentError for what is no schedule, or options that it leaves no use for. */
  static of({ schedule, scheduleEvery, scheduleMonitor }: Options, validated: boolean): SchedulePlan | undefined {
    if (schedule === undefined) {
      for (const [name, value] of Object.entries({ scheduleEvery, scheduleMonitor })) {
        if (value !== undefined) throw new ArgumentError(`fit: ${name} needs a schedule; got ${value} without one`);
      }
      return undefined;
    }
    const every = scheduleEvery ?? 'epoch';
    if (!(schedule instanceof Schedule)) {
      throw new ArgumentError(
        `fit: schedule must be one of optim's; got ${schedule === null ? 'null' : typeof schedule}`,
      );
    }
    if (every !== 'epoch' && every !== 'batch') {
      throw new ArgumentError(`fit: scheduleEvery must be 'epoch' or 'batch'; got ${JSON.stringify(every)}`);
    }
    if (schedule.needsScore && every === 'batch') {
      throw new ArgumentError(
        `fit: ${schedule.type} needs a score, which there is once an epoch; leave out scheduleEvery`,
      );
    }
    if (!schedule.needsScore && scheduleMonitor !== undefined) {
      throw new ArgumentError(
        `fit: ${schedule.type} looks at no score; got scheduleMonitor ${scheduleMonitor}; leave it out`,
      );
    }
    return new SchedulePlan(schedule, every, scheduleMonitor ?? (validated ? 'valLoss' : 'loss'));
  }

  /** Before the first batch. @param saved the state in the checkpoint that the model came from. */
  begin(optimizer: Optimizer, saved: ScheduleState | undefined): void {
    const { schedule } = this;
    const goesOn = schedule.drives(optimizer);
    if (!goesOn) schedule.attach(optimizer);
    // its rates again, should something else have changed them
    if (saved?.type === schedule.type) schedule.loadStateDict(saved);
    else if (goesOn) schedule.loadStateDict(schedule.stateDict());
  }

  /** After each batch. */
  batchDone(): void {
    if (this.every === 'batch') this.schedule.step();
  }

  /** After each epoch. @param record undefined where validation was cut short, so that there is no score. */
  epochDone(record: EpochRecord | undefined): void {
    if (this.every !== 'epoch') return;
    if (!this.schedule.needsScore) this.schedule.step();
    else if (record) this.schedule.step(scoreOf('fit', record, this.monitor));
  }
}
