/** What the optimizers around Adam are set by. */
import { atLeastZero, belowOne } from './hyper.ts';
import type { RateOptions } from './update-rule.ts';

/** Options that all of Adam's kin take. */
export interface MomentOptions extends RateOptions {
  /** How much of the first and the second moment stays at each step. */
  readonly betas?: readonly [number, number];
  /** Keeps the divisor from 0. */
  readonly eps?: number;
  /** weightDecay·p is added to the gradient, or, decoupled, p shrinks by lr·weightDecay. */
  readonly weightDecay?: number;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

/** @internal */
export type MomentHyper = Required<Omit<MomentOptions, 'lr'>>;

/** @internal The same, checked and with defaults. */
export function completeMoments(
  where: string,
  options: Partial<MomentHyper>,
  standard: { readonly betas?: readonly [number, number]; readonly eps?: number; readonly weightDecay?: number } = {},
): MomentHyper {
  const { betas = standard.betas ?? [0.9, 0.999], eps = standard.eps ?? 1e-8 } = options;
  const { weightDecay = standard.weightDecay ?? 0, maximize = false } = options;
  belowOne(where, 'betas[0]', betas[0]);
  belowOne(where, 'betas[1]', betas[1]);
  atLeastZero(where, 'eps', eps);
  atLeastZero(where, 'weightDecay', weightDecay);
  return { betas, eps, weightDecay, maximize };
}
