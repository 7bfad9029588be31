/** Learning rates by a function of the user's. */
import { ArgumentError } from '../../core/errors.ts';
import { Curve } from './curve.ts';
import { optionsOf, type ScheduleArguments } from './schedule.ts';

/** A factor by the number of steps done. */
export type StepFactor = (step: number) => number;

/** Options of LambdaLR and MultiplicativeLR. */
export interface LambdaLROptions {
  /** One function for all groups, or one for each. */
  readonly factor: StepFactor | readonly StepFactor[];
}

/**
 * lr·factor(t).
 * @example new optim.LambdaLR(optimizer, { factor: (step) => 1 / Math.sqrt(step + 1) });
 */
export class LambdaLR extends Curve {
  readonly type = 'LambdaLR';
  private readonly factor: StepFactor | readonly StepFactor[];

  constructor(...given: ScheduleArguments<LambdaLROptions>) {
    super();
    this.factor = checkFactor('LambdaLR', optionsOf('LambdaLR', given).factor);
    this.made(given);
  }

  /** @internal */
  protected override get perGroup(): Readonly<Record<string, readonly unknown[]>> {
    return typeof this.factor === 'function' ? {} : { factor: this.factor };
  }

  at(step: number, base: number, group: number = 0): number {
    return base * factorOf(this.factor, group)(step);
  }
}

/** lr·factor(1)·factor(2)·…·factor(t): each step multiplies the rate. */
export class MultiplicativeLR extends Curve {
  readonly type = 'MultiplicativeLR';
  private readonly factor: StepFactor | readonly StepFactor[];
  /** Products up to some step, per group, since most calls ask for the next. */
  private readonly known: { step: number; product: number }[] = [];

  constructor(...given: ScheduleArguments<LambdaLROptions>) {
    super();
    this.factor = checkFactor('MultiplicativeLR', optionsOf('MultiplicativeLR', given).factor);
    this.made(given);
  }

  /** @internal */
  protected override get perGroup(): Readonly<Record<string, readonly unknown[]>> {
    return typeof this.factor === 'function' ? {} : { factor: this.factor };
  }

  at(step: number, base: number, group: number = 0): number {
    const known = this.known[group];
    let { step: from, product } = known && known.step <= step ? known : { step: 0, product: 1 };
    while (from < step) product *= factorOf(this.factor, group)(++from);
    this.known[group] = { step, product };
    return base * product;
  }
}

function factorOf(factor: StepFactor | readonly StepFactor[], group: number): StepFactor {
  return typeof factor === 'function' ? factor : factor[group]!;
}

function checkFactor(type: string, factor: LambdaLROptions['factor']): LambdaLROptions['factor'] {
  const all: readonly unknown[] = typeof factor === 'function' ? [factor] : factor;
  if (Array.isArray(all) && all.length > 0 && all.every((f) => typeof f === 'function')) return factor;
  throw new ArgumentError(
    `${type}: factor must be a function of the step, or one for each group; got ${String(factor)}`,
  );
}
