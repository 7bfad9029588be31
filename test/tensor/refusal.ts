/** Calls that must be refused, each with the class of its error and what its message says. */
import { expect, it } from 'vitest';
import type { TsgradError } from '../../src/core/errors.ts';

/** A call, its error's class, and a part of its message. */
export type Refusal = readonly [call: () => unknown, Kind: new (message: string) => TsgradError, message: string];

/** A test per call; the message is its name. */
export function refuses(refusals: readonly Refusal[]): void {
  it.each(refusals.map(([call, Kind, message]) => ({ call, Kind, message })))('$message', ({ call, Kind, message }) => {
    expect(call).toThrow(Kind);
    expect(call).toThrow(message);
  });
}
