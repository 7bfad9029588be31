/** Checks of hyper-parameters. */
import { ArgumentError } from '../core/errors.ts';

/** A number of at least 0. */
export function atLeastZero(where: string, name: string, value: number): number {
  if (value >= 0 && value < Infinity) return value;
  throw new ArgumentError(`${where}: ${name} must be a number of at least 0; got ${value}`);
}

/** A number from 0 up to but without 1. */
export function belowOne(where: string, name: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new ArgumentError(`${where}: ${name} must be at least 0 and less than 1; got ${value}`);
}

/** A whole number of at least `least`. */
export function wholeNumber(where: string, name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ArgumentError(`${where}: ${name} must be a whole number of at least ${least}; got ${value}`);
}
