/** Learning rates, and momenta against them, that rise and fall. */
import { ArgumentError } from '../../core/errors.ts';
import { atLeastZero, wholeNumber } from '../hyper.ts';
import { Curve, ofGroup, type PerGroup } from './curve.ts';
import { optionsOf, type ScheduleArguments } from './schedule.ts';

/** How the momentum goes, where the optimizer has one: low while the rate is high. */
export interface CycleMomentumOptions {
  /** Whether it goes at all; default true. */
  readonly cycleMomentum?: boolean;
  /** The momentum at the greatest rate. */
  readonly baseMomentum?: PerGroup;
  /** The momentum at the least rate. */
  readonly maxMomentum?: PerGroup;
}

/** Options of OneCycleLR; `baseMomentum` is 0.85 and `maxMomentum` 0.95 if left out. */
export interface OneCycleLROptions extends CycleMomentumOptions {
  /** The greatest rate. */
  readonly maxLr: PerGroup;
  /** How many steps the training has. */
  readonly steps: number;
  /** The part of the steps in which the rate rises; default 0.3. */
  readonly pctStart?: number;
  /** Along a cosine or a straight line; default `'cos'`. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** The first rate is maxLr / divFactor; default 25. */
  readonly divFactor?: number;
  /** The last rate is the first / finalDivFactor; default 10,000. */
  readonly finalDivFactor?: number;
  /** Whether it falls to the first rate as fast as it rose, and only then to the last; default false. */
  readonly threePhase?: boolean;
}

/** A stretch of steps, from one number to another; 1 is the greatest rate and the least momentum. */
interface Phase {
  readonly end: number;
  readonly rate: readonly [from: 'first' | 'max' | 'last', to: 'first' | 'max' | 'last'];
  readonly momentum: readonly [from: 'base' | 'max', to: 'base' | 'max'];
}

/**
 * One rise to a large rate and one long fall to a tiny one, from step 0 to step `steps` − 1 (Smith and Topin 2019). The
 * group's own rate has no part in it. The last rate stays.
 */
export class OneCycleLR extends Curve {
  readonly type = 'OneCycleLR';
  private readonly options: Required<OneCycleLROptions>;
  private readonly phases: readonly Phase[];

  constructor(...given: ScheduleArguments<OneCycleLROptions>) {
    super();
    const options = { ...oneCycle, ...optionsOf('OneCycleLR', given) };
    const { steps, pctStart, threePhase } = options;
    wholeNumber('OneCycleLR', 'steps', steps, 1);
    checkRates('OneCycleLR', 'maxLr', options.maxLr);
    if (!(pctStart >= 0 && pctStart <= (threePhase ? 0.5 : 1))) {
      throw new ArgumentError(`OneCycleLR: pctStart must be from 0 to ${threePhase ? 0.5 : 1}; got ${pctStart}`);
    }
    if (options.annealStrategy !== 'cos' && options.annealStrategy !== 'linear') {
      throw new ArgumentError(
        `OneCycleLR: annealStrategy must be 'cos' or 'linear'; got ${JSON.stringify(options.annealStrategy)}`,
      );
    }
    for (const name of ['divFactor', 'finalDivFactor'] as const) {
      if (!(options[name] > 0)) throw new ArgumentError(`OneCycleLR: ${name} must be above 0; got ${options[name]}`);
    }
    checkMomenta('OneCycleLR', options);
    this.options = options;
    const rise: Phase = { end: pctStart * steps - 1, rate: ['first', 'max'], momentum: ['max', 'base'] };
    this.phases = threePhase
      ? [
          rise,
          { end: 2 * pctStart * steps - 2, rate: ['max', 'first'], momentum: ['base', 'max'] },
          { end: steps - 1, rate: ['first', 'last'], momentum: ['max', 'max'] },
        ]
      : [rise, { end: steps - 1, rate: ['max', 'last'], momentum: ['base', 'max'] }];
    this.made(given);
  }

  /** @internal */
  protected override get perGroup(): Readonly<Record<string, PerGroup>> {
    const { maxLr, baseMomentum, maxMomentum } = this.options;
    return { maxLr, baseMomentum, maxMomentum };
  }

  at(step: number, _base: number, group: number = 0): number {
    const { divFactor, finalDivFactor } = this.options;
    const max = ofGroup(this.options.maxLr, group);
    const first = max / divFactor;
    const rates = { first, max, last: first / finalDivFactor };
    const [phase, done] = this.phaseAt(step);
    return this.between(rates[phase.rate[0]], rates[phase.rate[1]], done);
  }

  override momentumAt(step: number, group: number = 0): number | undefined {
    const { cycleMomentum, baseMomentum, maxMomentum } = this.options;
    if (!cycleMomentum) return undefined;
    const momenta = { base: ofGroup(baseMomentum, group), max: ofGroup(maxMomentum, group) };
    const [phase, done] = this.phaseAt(step);
    return this.between(momenta[phase.momentum[0]], momenta[phase.momentum[1]], done);
  }

  private phaseAt(given: number): [phase: Phase, done: number] {
    const last = this.phases.length - 1;
    const step = Math.min(given, this.options.steps - 1);
    const i = this.phases.findIndex(({ end }, at) => step <= end || at === last);
    const [start, { end }] = [i === 0 ? 0 : this.phases[i - 1]!.end, this.phases[i]!];
    return [this.phases[i]!, end === start ? 1 : (step - start) / (end - start)];
  }

  private between(from: number, to: number, done: number): number {
    if (this.options.annealStrategy === 'linear') return from + (to - from) * done;
    return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * done));
  }
}

const oneCycle = {
  pctStart: 0.3,
  annealStrategy: 'cos',
  divFactor: 25,
  finalDivFactor: 1e4,
  threePhase: false,
  cycleMomentum: true,
  baseMomentum: 0.85,
  maxMomentum: 0.95,
} as const;

/** Options of CyclicLR; `baseMomentum` is 0.8 and `maxMomentum` 0.9 if left out. */
export interface CyclicLROptions extends CycleMomentumOptions {
  /** The least rate. */
  readonly baseLr: PerGroup;
  /** The greatest rate. */
  readonly maxLr: PerGroup;
  /** How many steps it rises; default 2000. */
  readonly stepSizeUp?: number;
  /** How many steps it falls; default as many as it rises. */
  readonly stepSizeDown?: number;
  /** Whether cycles stay as they are, have half the height of the one before, or shrink by gamma each step; default `'triangular'`. */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange';
  /** For `'expRange'`; default 1. */
  readonly gamma?: number;
  /** The height of a cycle as a part of the greatest, by the number of the cycle (from 1) and the step; instead of `mode`. */
  readonly scale?: (cycle: number, step: number) => number;
}

/** Up and down in straight lines, over and over (Smith 2017). The group's own rate has no part in it. */
export class CyclicLR extends Curve {
  readonly type = 'CyclicLR';
  private readonly options: Required<CycleMomentumOptions & Pick<CyclicLROptions, 'baseLr' | 'maxLr'>>;
  private readonly up: number;
  private readonly period: number;
  private readonly scale: (cycle: number, step: number) => number;

  constructor(...given: ScheduleArguments<CyclicLROptions>) {
    super();
    const options = { ...cyclic, ...optionsOf('CyclicLR', given) };
    const { stepSizeUp, stepSizeDown = stepSizeUp, mode, gamma } = options;
    checkRates('CyclicLR', 'baseLr', options.baseLr);
    checkRates('CyclicLR', 'maxLr', options.maxLr);
    wholeNumber('CyclicLR', 'stepSizeUp', stepSizeUp, 1);
    wholeNumber('CyclicLR', 'stepSizeDown', stepSizeDown, 1);
    atLeastZero('CyclicLR', 'gamma', gamma);
    checkMomenta('CyclicLR', options);
    if (!Object.hasOwn(scales, mode)) {
      throw new ArgumentError(
        `CyclicLR: mode must be one of ${Object.keys(scales).join(', ')}; got ${JSON.stringify(mode)}`,
      );
    }
    this.options = options;
    this.up = stepSizeUp;
    this.period = stepSizeUp + stepSizeDown;
    this.scale = options.scale ?? scales[mode](gamma);
    this.made(given);
  }

  /** @internal */
  protected override get perGroup(): Readonly<Record<string, PerGroup>> {
    const { baseLr, maxLr, baseMomentum, maxMomentum } = this.options;
    return { baseLr, maxLr, baseMomentum, maxMomentum };
  }

  at(step: number, _base: number, group: number = 0): number {
    const [base, max] = [ofGroup(this.options.baseLr, group), ofGroup(this.options.maxLr, group)];
    return base + (max - base) * this.heightAt(step);
  }

  override momentumAt(step: number, group: number = 0): number | undefined {
    const { cycleMomentum, baseMomentum, maxMomentum } = this.options;
    if (!cycleMomentum) return undefined;
    const [base, max] = [ofGroup(baseMomentum, group), ofGroup(maxMomentum, group)];
    return max - (max - base) * this.heightAt(step);
  }

  private heightAt(step: number): number {
    const since = step % this.period;
    const height = since <= this.up ? since / this.up : (this.period - since) / (this.period - this.up);
    return height * this.scale(Math.floor(step / this.period) + 1, step);
  }
}

const cyclic = {
  stepSizeUp: 2000,
  mode: 'triangular',
  gamma: 1,
  cycleMomentum: true,
  baseMomentum: 0.8,
  maxMomentum: 0.9,
} as const;

type Scale = (cycle: number, step: number) => number;

const scales: Readonly<Record<NonNullable<CyclicLROptions['mode']>, (gamma: number) => Scale>> = {
  triangular: () => () => 1,
  triangular2: () => (cycle) => 0.5 ** (cycle - 1),
  expRange: (gamma) => (_cycle, step) => gamma ** step,
};

function checkRates(type: string, name: string, given: PerGroup): void {
  for (const rate of typeof given === 'number' ? [given] : (given ?? [Number.NaN])) atLeastZero(type, name, rate);
}

function checkMomenta(type: string, { baseMomentum, maxMomentum }: Required<CycleMomentumOptions>): void {
  for (const [name, given] of Object.entries({ baseMomentum, maxMomentum })) {
    for (const momentum of typeof given === 'number' ? [given] : given) {
      if (momentum > 0 && momentum < 1) continue;
      throw new ArgumentError(`${type}: ${name} must be above 0 and below 1; got ${momentum}`);
    }
  }
}
