/** Learning rates that fall by steps, by powers, or by the inverse of time. */
import { ArgumentError } from '../../core/errors.ts';
import { atLeastZero, wholeNumber } from '../hyper.ts';
import { Curve } from './curve.ts';
import { type OptionalScheduleArguments, optionsOf, type ScheduleArguments } from './schedule.ts';

/** Options of StepLR. */
export interface StepLROptions {
  /** How many steps the rate stays. */
  readonly stepSize: number;
  /** What it is multiplied by then; default 0.1. */
  readonly gamma?: number;
}

/** Multiplies the rate by gamma every `stepSize` steps. */
export class StepLR extends Curve {
  readonly type = 'StepLR';
  private readonly stepSize: number;
  private readonly gamma: number;

  constructor(...given: ScheduleArguments<StepLROptions>) {
    super();
    const { stepSize, gamma = 0.1 } = optionsOf('StepLR', given);
    this.stepSize = wholeNumber('StepLR', 'stepSize', stepSize, 1);
    this.gamma = atLeastZero('StepLR', 'gamma', gamma);
    this.made(given);
  }

  at(step: number, base: number): number {
    return base * this.gamma ** Math.floor(step / this.stepSize);
  }
}

/** Options of MultiStepLR. */
export interface MultiStepLROptions {
  /** The steps at which the rate falls. */
  readonly milestones: readonly number[];
  /** What it is multiplied by then; default 0.1. */
  readonly gamma?: number;
}

/** Multiplies the rate by gamma at each milestone. */
export class MultiStepLR extends Curve {
  readonly type = 'MultiStepLR';
  private readonly milestones: readonly number[];
  private readonly gamma: number;

  constructor(...given: ScheduleArguments<MultiStepLROptions>) {
    super();
    const { milestones, gamma = 0.1 } = optionsOf('MultiStepLR', given);
    if (!Array.isArray(milestones)) {
      throw new ArgumentError(`MultiStepLR: milestones must be a list of steps; got ${String(milestones)}`);
    }
    this.milestones = milestones.map((step: number) => wholeNumber('MultiStepLR', 'milestones', step, 0));
    this.gamma = atLeastZero('MultiStepLR', 'gamma', gamma);
    this.made(given);
  }

  at(step: number, base: number): number {
    return base * this.gamma ** this.milestones.filter((milestone) => milestone <= step).length;
  }
}

/** Options of ExponentialLR. */
export interface ExponentialLROptions {
  /** What the rate is multiplied by at every step. */
  readonly gamma: number;
}

/** lr·gammaᵗ. */
export class ExponentialLR extends Curve {
  readonly type = 'ExponentialLR';
  private readonly gamma: number;

  constructor(...given: ScheduleArguments<ExponentialLROptions>) {
    super();
    this.gamma = atLeastZero('ExponentialLR', 'gamma', optionsOf('ExponentialLR', given).gamma);
    this.made(given);
  }

  at(step: number, base: number): number {
    return base * this.gamma ** step;
  }
}

/** Options of PolynomialLR. */
export interface PolynomialLROptions {
  /** After how many steps the rate is 0; default 5. */
  readonly steps?: number;
  /** Default 1, a straight line. */
  readonly power?: number;
}

/** lr·(1 − t / steps)^power, and 0 after the last step. */
export class PolynomialLR extends Curve {
  readonly type = 'PolynomialLR';
  private readonly steps: number;
  private readonly power: number;

  constructor(...given: OptionalScheduleArguments<PolynomialLROptions>) {
    super();
    const { steps = 5, power = 1 } = optionsOf('PolynomialLR', given);
    this.steps = wholeNumber('PolynomialLR', 'steps', steps, 1);
    this.power = atLeastZero('PolynomialLR', 'power', power);
    this.made(given);
  }

  at(step: number, base: number): number {
    return base * (1 - Math.min(step, this.steps) / this.steps) ** this.power;
  }
}

/** Options of InverseTimeLR. */
export interface InverseTimeLROptions {
  /** How fast the rate falls: to a half after 1 / beta steps. */
  readonly beta: number;
}

/** αₜ = α / (1 + β·(t − 1)) for t from 1 on: the rate falls as the harmonic series does. */
export class InverseTimeLR extends Curve {
  readonly type = 'InverseTimeLR';
  private readonly beta: number;

  constructor(...given: ScheduleArguments<InverseTimeLROptions>) {
    super();
    this.beta = atLeastZero('InverseTimeLR', 'beta', optionsOf('InverseTimeLR', given).beta);
    this.made(given);
  }

  at(step: number, base: number): number {
    return base / (1 + this.beta * step);
  }
}
