/** Learning rates that begin as a part of what they will be. */
import { atLeastZero, wholeNumber } from '../hyper.ts';
import { Curve } from './curve.ts';
import { type OptionalScheduleArguments, optionsOf } from './schedule.ts';

/** Options of ConstantLR. */
export interface ConstantLROptions {
  /** What the rate is multiplied by at first; default 1/3. */
  readonly factor?: number;
  /** For how many steps; default 5. */
  readonly steps?: number;
}

/** A part of the rate for some steps, then all of it. */
export class ConstantLR extends Curve {
  readonly type = 'ConstantLR';
  private readonly factor: number;
  private readonly steps: number;

  constructor(...given: OptionalScheduleArguments<ConstantLROptions>) {
    super();
    const { factor = 1 / 3, steps = 5 } = optionsOf('ConstantLR', given);
    this.factor = atLeastZero('ConstantLR', 'factor', factor);
    this.steps = wholeNumber('ConstantLR', 'steps', steps, 0);
    this.made(given);
  }

  at(step: number, base: number): number {
    return step < this.steps ? base * this.factor : base;
  }
}

/** Options of LinearLR. */
export interface LinearLROptions {
  /** What the rate is multiplied by at first; default 1/3. */
  readonly startFactor?: number;
  /** What it is multiplied by at the end; default 1. */
  readonly endFactor?: number;
  /** How many steps there are between; default 5. */
  readonly steps?: number;
}

/** Goes in a straight line from one part of the rate to another, and stays there. */
export class LinearLR extends Curve {
  readonly type = 'LinearLR';
  private readonly startFactor: number;
  private readonly endFactor: number;
  private readonly steps: number;

  constructor(...given: OptionalScheduleArguments<LinearLROptions>) {
    super();
    const { startFactor = 1 / 3, endFactor = 1, steps = 5 } = optionsOf('LinearLR', given);
    this.startFactor = atLeastZero('LinearLR', 'startFactor', startFactor);
    this.endFactor = atLeastZero('LinearLR', 'endFactor', endFactor);
    this.steps = wholeNumber('LinearLR', 'steps', steps, 1);
    this.made(given);
  }

  at(step: number, base: number): number {
    const done = Math.min(step, this.steps) / this.steps;
    return base * (this.startFactor + (this.endFactor - this.startFactor) * done);
  }
}
