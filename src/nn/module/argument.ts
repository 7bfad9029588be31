/** Checks of the numbers that layers are made with. */
import { ArgumentError } from '../../core/errors.ts';

/** A whole number of at least 1. */
export function checkCount(where: string, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new ArgumentError(`${where}: ${name} must be a whole number of at least 1; got ${value}`);
}

/** A number from 0 to 1. */
export function checkFraction(where: string, name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new ArgumentError(`${where}: ${name} must be from 0 to 1; got ${value}`);
}

/** A number above 0. */
export function checkEps(where: string, eps: number): number {
  if (eps > 0 && eps < Infinity) return eps;
  throw new ArgumentError(`${where}: eps must be above 0; got ${eps}`);
}
