/** Learning rates that fall along a cosine. */
import { atLeastZero, wholeNumber } from '../hyper.ts';
import { Curve } from './curve.ts';
import { optionsOf, type ScheduleArguments } from './schedule.ts';

/** Options of CosineAnnealingLR. */
export interface CosineAnnealingLROptions {
  /** How many steps the rate takes to fall; it would rise again after them. */
  readonly steps: number;
  /** The least rate; default 0. */
  readonly etaMin?: number;
}

/** etaMin + (lr − etaMin)·(1 + cos(π·t / steps)) / 2 (Loshchilov and Hutter 2017, without restarts). */
export class CosineAnnealingLR extends Curve {
  readonly type = 'CosineAnnealingLR';
  private readonly steps: number;
  private readonly etaMin: number;

  constructor(...given: ScheduleArguments<CosineAnnealingLROptions>) {
    super();
    const { steps, etaMin = 0 } = optionsOf('CosineAnnealingLR', given);
    this.steps = wholeNumber('CosineAnnealingLR', 'steps', steps, 1);
    this.etaMin = atLeastZero('CosineAnnealingLR', 'etaMin', etaMin);
    this.made(given);
  }

  at(step: number, base: number): number {
    return cosine(step / this.steps, base, this.etaMin);
  }
}

/** Options of CosineAnnealingWarmRestarts. */
export interface CosineAnnealingWarmRestartsOptions {
  /** How many steps there are to the first restart. */
  readonly steps: number;
  /** How many times as long each period is as the one before; default 1. */
  readonly stepsFactor?: number;
  /** The least rate; default 0. */
  readonly etaMin?: number;
}

/** Falls along a cosine and starts again at the full rate, in periods that may grow (Loshchilov and Hutter 2017). */
export class CosineAnnealingWarmRestarts extends Curve {
  readonly type = 'CosineAnnealingWarmRestarts';
  private readonly steps: number;
  private readonly stepsFactor: number;
  private readonly etaMin: number;

  constructor(...given: ScheduleArguments<CosineAnnealingWarmRestartsOptions>) {
    super();
    const { steps, stepsFactor = 1, etaMin = 0 } = optionsOf('CosineAnnealingWarmRestarts', given);
    this.steps = wholeNumber('CosineAnnealingWarmRestarts', 'steps', steps, 1);
    this.stepsFactor = wholeNumber('CosineAnnealingWarmRestarts', 'stepsFactor', stepsFactor, 1);
    this.etaMin = atLeastZero('CosineAnnealingWarmRestarts', 'etaMin', etaMin);
    this.made(given);
  }

  at(step: number, base: number): number {
    if (this.stepsFactor === 1) return cosine((step % this.steps) / this.steps, base, this.etaMin);
    let [since, period] = [step, this.steps];
    while (since >= period) {
      since -= period;
      period *= this.stepsFactor;
    }
    return cosine(since / period, base, this.etaMin);
  }
}

function cosine(done: number, from: number, to: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * done))) / 2;
}
